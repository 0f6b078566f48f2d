"""Which match it was, and how far it got."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.run import Run

ORDER = 0
TEMPLATE = """\
<p class="sub">{% if result.seed is not none %}Seed {{ result.seed }} · {% endif %}{{ result.status }}
{%- if result.status != "finished" %} (what follows is as far as it got){% endif %} ·
transcript {{ result.transcript[:16] }}</p>
"""


def draw(run: Run) -> str:
    return drawn(TEMPLATE, result=run.result)
