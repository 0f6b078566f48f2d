"""The figures."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.reproduction import Paper

HEADING = "Figures"
ORDER = 20
TEMPLATE = """\
<div class="plots">{% for f in figures %}{{ picture(f.svg, f.where ~ ": " ~ f.title) }}{% endfor %}</div>
"""


def applies(page: Paper) -> bool:
    return bool(page.figures)


def draw(page: Paper) -> str:
    return drawn(TEMPLATE, figures=page.figures)
