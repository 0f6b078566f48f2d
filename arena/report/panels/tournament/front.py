"""Plots: what a mark costs against what it withstands, and what thieves lose by what they do."""

from __future__ import annotations

from typing import Any

import numpy as np

from arena.report.panels import drawn
from arena.report.panels.tournament import Tournament
from arena.report.plots import COLOURS, figure, legend, svg
from arena.tournament.cells import Cell

HEADING = "What marks cost, and what thieves lose"
ORDER = 30
STYLE = "figure { margin: 0 }"
TEMPLATE = """\
<div class="plots">{% for svg, caption in plots %}
<figure>{{ svg|safe }}<figcaption class="soft">{{ caption }}</figcaption></figure>{% endfor %}</div>
"""


def draw(page: Tournament) -> str:
    plots: list[tuple[str, str]] = []
    for task in page.tasks:
        where = f"{task}, {page.policy}"
        plots += [(_front(page, task), f"{where}: accuracy that a mark costs against the share granted after the worst "
                                       "thief; filled: on the Pareto front"),
                  (_robustness(page, task), f"{where}: share still granted to the owner against thieves who lose no "
                                            "more accuracy than that")]
    return drawn(TEMPLATE, plots=plots)


def _front(page: Tournament, task: str) -> str:
    drawing, axes = figure(5.2, 3.2)
    for number, (scheme, cost, least, best) in enumerate(page.analysis.front(task, page.policy)):
        colour = COLOURS[number % len(COLOURS)]
        axes.plot([100 * cost], [least], "o", markersize=8, color=colour, markerfacecolor=colour if best else "none",
                  label=scheme)
    axes.set_xlabel("accuracy that the mark costs (points)")
    axes.set_ylabel("least share granted")
    axes.set_ylim(-0.05, 1.05)
    _legend(axes)
    return svg(drawing)


def _robustness(page: Tournament, task: str) -> str:
    drawing, axes = figure(5.2, 3.2)
    for number, scheme in enumerate(page.analysis.spec.schemes):
        losses, kept = _curve(page, task, scheme)
        if len(losses):
            axes.step(100 * losses, kept, where="post", color=COLOURS[number % len(COLOURS)],
                      linestyle="-" if number < len(COLOURS) else "--", label=scheme)
    axes.set_xlabel("accuracy that the thief gives up (points, at most)")
    axes.set_ylabel("least share granted")
    axes.set_ylim(-0.05, 1.05)
    _legend(axes)
    return svg(drawing)


def _curve(page: Tournament, task: str, scheme: str) -> tuple[Any, Any]:
    """(accuracy lost, least share granted among thieves who lose no more), over the thieves in order."""
    analysis, found = page.analysis, []
    for thief in analysis.thieves:
        summary = analysis.cell(Cell(task, scheme, thief), page.policy)
        if rows := analysis.finished(summary.cell):
            lost = float(np.mean([row.figures["stolen"] - row.figures["deployed"] for row in rows]))
            found.append((max(0.0, lost), summary.granted.value))
    ordered = np.array(sorted(found)).reshape(-1, 2)
    return ordered[:, 0], np.minimum.accumulate(ordered[:, 1]) if len(ordered) else ordered[:, 1]


def _legend(axes: Any) -> None:
    if axes.get_legend_handles_labels()[0]:
        legend(axes, beside=True)
