"""The figures of the plot."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.calibration import Calibrated

ORDER = 20
TEMPLATE = """\
{% call box("how often innocents reach R bits") %}<table><tr><th class="n">R, {{ term("bits") }}</th>
<th class="n">promised</th><th class="n">innocents</th><th class="n">99 % interval, from</th><th class="n">to</th>
<th class="n">independent draws</th><th>promise</th></tr>
{% for level in levels %}
<tr><td class="n">{{ level.bits }}</td>
{% for share in (level.promised, level.share, level.low, level.high) %}<td class="n">{{ "%.1e"|format(share) }}</td>
{% endfor %}
<td class="n">{{ "%.0f"|format(level.draws) }}</td>
<td class="{{ 'no' if level.broken else 'ok' }}">{{ "broken" if level.broken else "kept" }}</td></tr>
{% endfor %}
</table>{% endcall %}
<p class="soft">Broken is a promise whose interval lies above it when all R share the 1 %. Draws are as many as would
give the same spread were they independent.</p>
"""


def draw(page: Calibrated) -> str:
    return drawn(TEMPLATE, levels=page.found.levels)
