"""What each forgery should have cost by the Verifier's cost model, and what it did by its forger's ledger."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.run import Run

HEADING = "Forgeries: planned and measured"
ORDER = 50
TEMPLATE = """\
{% call box("forgeries, planned and measured") %}<table><tr><th>forger</th><th>forgery</th>
<th class="n">{{ term("rarity") }} on the copy (bits)</th>
<th class="n">planned (bits of {{ term("work") }})</th>
<th class="n">measured (bits of work)</th>
<th>the plan's {{ term("cheapest forger") }}</th></tr>
{% for f in forgeries %}
<tr><td>{{ f.forger }}</td><td>{{ f.forgery }}</td><td class="n">{{ f.rarity|bits }}</td>
<td class="n">{{ f.planned|bits }}</td><td class="n">{{ f.measured|bits }}</td><td>{{ f.cheapest or "-" }}</td></tr>
{% endfor %}
</table>{% endcall %}
<p class="soft">Planned is what the Verifier's cost model asks for evidence of that rarity, by the cheapest forger
known; measured is what this forger's ledger says. A grinder who gave up, or who searched further than he got, spent
more than his rarity was worth; a forger who finds a cheaper way than the plan's would show here as measured below
planned.</p>
"""


def applies(run: Run) -> bool:
    return bool(run.result.forgeries)


def draw(run: Run) -> str:
    return drawn(TEMPLATE, forgeries=run.result.forgeries)
