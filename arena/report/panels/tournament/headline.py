"""What an owner should commit to, and how sure that is: before all else."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.tournament import Tournament

ORDER = 0
STYLE = "body { max-width: 1280px }"
TEMPLATE = """\
{% for choice in choices %}
<p class="headline">On {{ choice.task }}, judge by <b>{{ choice.policy }}</b>. {{ choice.headline.sentence }}</p>
{% if choice.worth|length > 1 %}<p class="sub">What a verifier gets who is bound to a policy first, before owners
commit and thieves answer: {{ choice.worth|join(", ") }} (0: never wrong; a false grant costs ten).</p>{% endif %}
{% else %}<p class="no">No answer yet: too little was played.</p>{% endfor %}
{% for each in others %}<p class="sub">{{ each.task }}, {{ each.policy }}: {{ each.sentence }}</p>{% endfor %}
<p class="soft">{{ rows }} matches, {{ failed }} of them failed; intervals are of {{ confidence }}, by drawing whole
seeds again, ties against the owner at the lower end and for him at the upper one. False grants under {{ policy }}:
{{ wrong }} of {{ wrongly.n }}, which shows at most {{ (100 * wrongly.high)|round(1) }} %: no number of seeds shows
more; the rarity of the evidence carries that claim.</p>
"""


def draw(page: Tournament) -> str:
    analysis = page.analysis
    wrongly = analysis.false_grants(page.policy)
    return drawn(TEMPLATE, choices=page.choices, rows=len(analysis.rows), policy=page.policy, wrongly=wrongly,
                 others=page.others, failed=sum(not row.finished for row in analysis.rows),
                 wrong=round(wrongly.value * wrongly.n) if wrongly.n else 0,
                 confidence=f"{analysis.spec.sampling.confidence:.0%}")
