"""What this machine does a second, what machine it is, and the figures as files."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.forging import Forging

HEADING = "Machine"
ORDER = 30
TEMPLATE = """\
{% call box("rates") %}<table><tr><th>rate</th><th class="n">a second</th><th class="n">lowest</th>
<th class="n">highest</th><th class="n">runs</th></tr>
{% for name, rate in rates.items() %}<tr><td>{{ name }}</td>
{% for value in (rate.value, rate.low, rate.high) %}<td class="n">{{ value|scientific }}</td>{% endfor %}
<td class="n">{{ rate.n }}</td></tr>{% endfor %}
</table>{% endcall %}
{{ facts("machine", machine) }}
<p>{{ links(files) }}</p>
"""


def draw(page: Forging) -> str:
    return drawn(TEMPLATE, rates=page.priced.rates.in_words(), machine=page.priced.machine, files=page.files)
