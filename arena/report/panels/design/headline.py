"""Which setting to take, or why none: before all else."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.design import Design

ORDER = 0
STYLE = "body { max-width: 1180px }"
TEMPLATE = """\
<p class="headline {{ '' if best else 'no' }}">{{ sentence }}</p>
<p class="soft">{{ count }} settings, {{ seeds }} seeds each, on {{ task }}, against {{ attacks|join(", ") }}. Means
over seeds with Student's interval ({{ confidence }}); nobody corrected them for the choice of the best. Of every seed
the least that any of the attacks leaves is counted.</p>
{% for name, why in left.items() %}<p class="no">{{ name }} is not among the attacks: {{ why }}</p>{% endfor %}
"""


def draw(page: Design) -> str:
    found = page.designed
    seeds = max((point.rarity.n for point in found.points), default=0)
    return drawn(TEMPLATE, sentence=found.sentence, best=found.recommended, count=len(found.points), seeds=seeds,
                 task=found.task, attacks=found.attacks, left=found.left, confidence=f"{page.confidence:.0%}")
