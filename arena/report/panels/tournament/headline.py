"""What an owner should commit to, and how sure that is: before all else."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.tournament import Tournament

ORDER = 0
STYLE = "body { max-width: 1280px } .headline { font-size: 1.15em }"
TEMPLATE = """\
{% for each in headlines %}
<p class="{{ 'headline' if loop.first else 'sub' }}"><b>{{ each.policy }}</b>: {{ each.sentence }}</p>
{% else %}<p class="no">No answer yet: too little was played.</p>{% endfor %}
<p class="soft">{{ rows }} matches, {{ failed }} of them failed; intervals are of {{ confidence }}, by drawing whole
seeds again. False grants under {{ policy }}: {{ wrong }} of {{ innocent.n }}, which shows at most
{{ (100 * innocent.high)|round(1) }} %: no number of seeds shows more; the rarity of the evidence carries that
claim.</p>
"""


def draw(page: Tournament) -> str:
    analysis = page.analysis
    false = analysis.false_grants(page.policy)
    return drawn(TEMPLATE, headlines=page.headlines, rows=len(analysis.rows), policy=page.policy, innocent=false,
                 failed=sum(not row.finished for row in analysis.rows),
                 wrong=round(false.value * false.n) if false.n else 0,
                 confidence=f"{analysis.spec.sampling.confidence:.0%}")
