"""How much was played, and what was varied."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.sweep import Sweep

ORDER = 0
TEMPLATE = """\
<p class="sub">{{ combinations }} combination{{ "s" if combinations != 1 }} of
{% for path in paths %}<code>{{ path }}</code>{{ " and " if not loop.last }}{% else %}nothing varied{% endfor %},
seed{{ "s" if seeds|length > 1 }} {{ seeds|join(", ")|truncate(80) }}: {{ done }} of {{ asked }} matches played
{%- if failed %}, <span class="no">{{ failed }} of them failed</span>{% endif %}.
{% if changes %}Set throughout: <code>{{ changes|join(", ") }}</code>.{% endif %}</p>
"""


def draw(page: Sweep) -> str:
    plan, rows = page.table.plan, [row for rows in page.table.of.values() for row in rows]
    return drawn(TEMPLATE, combinations=len(plan.combinations), paths=page.table.paths, seeds=plan.spec.seeds.numbers,
                 asked=len(plan.cells) * plan.spec.seeds.least, done=len(rows), changes=plan.spec.changes,
                 failed=sum(not row.finished for row in rows))
