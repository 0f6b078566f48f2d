"""The forgeries that were made, beside the law."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.forging import Forging

HEADING = "Forged here"
ORDER = 20
TEMPLATE = """\
{% call box("forgeries made") %}<table><tr><th class="n">{{ term("level") }}</th>
<th class="n">{{ term("rarity") }}, bits</th><th class="n">forgeries</th><th class="n">tries each</th>
<th class="n">standard error</th><th class="n">tries by law</th><th class="n">measured over law</th>
<th class="n">hash compressions</th><th class="n">seconds each</th></tr>
{% for p in points %}
<tr><td class="n">{{ p.level }}</td><td class="n">{{ p.rarity|bits }}</td><td class="n">{{ p.n }}</td>
<td class="n">{{ p.tries|scientific }}</td>
<td class="n">{{ p.tries_error|scientific if p.tries_error == p.tries_error else "-" }}</td>
<td class="n">{{ p.law|scientific }}</td><td class="n">{{ "%.2f"|format(p.ratio) if p.law else "-" }}</td>
<td class="n">{{ p.compressions|scientific }}</td><td class="n">{{ "%.3g"|format(p.seconds) }}</td></tr>
{% endfor %}
</table>{% endcall %}
<p class="soft">By law a claim of R bits takes 2<sup>R</sup> tries on average at levels 2 and 3; below, tries don't grow
with the rarity. A single forgery has no standard error.</p>
"""


def applies(page: Forging) -> bool:
    return bool(page.priced.points)


def draw(page: Forging) -> str:
    return drawn(TEMPLATE, points=page.priced.points)
