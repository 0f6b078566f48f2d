"""Who spent what: the ledger, and the seconds beside it."""

from __future__ import annotations

from arena.game.ledger import Spending, bits
from arena.report.panels import drawn
from arena.report.panels.run import Run

HEADING = "Who spent what"
ORDER = 70
TEMPLATE = """\
{% call box("who spent what") %}<table><tr><th>agent</th><th>role</th><th class="n">forward passes</th>
<th class="n">gradients</th>
<th class="n">hash compressions</th><th class="n">images queried</th><th class="n">operations</th>
<th class="n">bits</th><th class="n">seconds here</th><th class="n">processor seconds</th></tr>
{% for name, role, spent, work, clock in spending %}
<tr><td>{{ name }}</td><td>{{ role }}</td><td class="n">{{ spent.forwards|number }}</td>
<td class="n">{{ spent.gradients|number }}</td><td class="n">{{ spent.compressions|number }}</td>
<td class="n">{{ spent.queries|number }}</td><td class="n">{{ spent.operations|scientific }}</td>
<td class="n">{{ work|bits }}</td>
<td class="n">{{ "%.1f"|format(clock.wall) if clock else "-" }}</td>
<td class="n">{{ "%.1f"|format(clock.processor) if clock else "-" }}</td></tr>
{% endfor %}
</table>{% endcall %}
<p class="soft">A forward pass counts its FLOPs, a gradient twice that on top, a compression 2,000 operations. What the
store had kept is charged as if it were made; seconds are what this run took, processor seconds what the kernel counted
for the agent's process: they bound what no ledger sees, such as a strategy's own loops over hashes.</p>
"""


def draw(run: Run) -> str:
    result = run.result
    return drawn(TEMPLATE, spending=[(name, result.roles[name], spent, _bits(spent), result.clocks.get(name))
                                     for name, spent in result.spending.items()])


def _bits(spent: Spending) -> float | None:
    return bits(spent.operations) if spent.operations else None
