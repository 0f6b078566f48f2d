"""The figures."""

from __future__ import annotations

from arena.report.figure import svg_of
from arena.report.panels import drawn
from arena.report.panels.reproduction import Paper

HEADING = "Figures"
ORDER = 20
TEMPLATE = """\
<div class="plots">{% for f, svg in figures %}{{ picture(svg, f.where ~ ": " ~ f.title) }}{% endfor %}</div>
"""


def applies(page: Paper) -> bool:
    return bool(page.figures)


def draw(page: Paper) -> str:
    return drawn(TEMPLATE, figures=[(figure, svg_of(figure)) for figure in page.figures])
