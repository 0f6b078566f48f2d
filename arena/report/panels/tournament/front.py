"""Plots: what a mark costs against what it withstands, and what thieves lose by what they do."""

from __future__ import annotations

from typing import Any

import numpy as np

from arena.report.panels import drawn
from arena.report.panels.tournament import Tournament
from arena.report.plots import COLOURS, figure, legend, svg
from arena.tournament.answers.analysis import WORTH
from arena.tournament.cells import Cell

HEADING = "What marks cost, and what thieves lose"
ORDER = 30
TEMPLATE = """\
<div class="plots">{% for svg, caption in plots %}
{{ picture(svg, caption) }}{% endfor %}</div>
"""


def draw(page: Tournament) -> str:
    plots: list[tuple[str, str]] = []
    for task in page.tasks:
        where = f"{task}, {page.policy}"
        plots += [(_front(page, task), f"{where}: accuracy that a mark costs against the share granted after the worst "
                                       f"thief who loses at most {100 * WORTH:g} points; filled: on the Pareto front"),
                  (_robustness(page, task), f"{where}: share still granted to the owner against thieves who lose no "
                                            "more accuracy than that (lines that coincide stand a hair apart)")]
    return drawn(TEMPLATE, plots=plots)


def _front(page: Tournament, task: str) -> str:
    drawing, axes = figure(5.2, 3.2)
    for number, point in enumerate(page.analysis.front(task, page.policy)):
        colour, cost, least = COLOURS[number % len(COLOURS)], point.cost, point.least
        reach = [[each.value - each.low, each.high - each.value] for each in (cost, least)]
        axes.errorbar([100 * cost.value], [least.value], np.array([reach[1]]).T,
                      100 * np.array([reach[0]]).T if cost.n > 1 else None, color=colour, linewidth=1, markersize=8,
                      marker="o" if number < len(COLOURS) else "s", label=point.scheme,
                      markerfacecolor=colour if point.best else "none")
    axes.set_xlim(*_around([100 * point.cost.value for point in page.analysis.front(task, page.policy)]))
    axes.set_xlabel("accuracy that the mark costs (points)")
    axes.set_ylabel("least share granted")
    axes.set_ylim(-0.05, 1.05)
    _legend(axes)
    return svg(drawing)


def _around(values: list[float]) -> tuple[float, float]:
    """Where an axis ends on which bars may be much longer than what they are about."""
    return min(values, default=0.0) - 1, max(values, default=0.0) + 1


def _robustness(page: Tournament, task: str) -> str:
    drawing, axes = figure(5.2, 3.2)
    for number, scheme in enumerate(page.analysis.spec.schemes):
        losses, kept = _curve(page, task, scheme)
        if len(losses):
            axes.step(100 * losses, kept + 0.006 * number, where="post", color=COLOURS[number % len(COLOURS)],
                      linestyle="-" if number < len(COLOURS) else "--", label=scheme)
    axes.set_xlim(-0.3, 20)
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
