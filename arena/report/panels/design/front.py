"""The front: what a setting costs against what the worst thief leaves of its evidence."""

from __future__ import annotations

import math
from typing import Any

from arena.report.panels import drawn
from arena.report.panels.design import Design
from arena.report.plots import COLOURS, figure, legend, svg
from arena.tournament.answers.design import Point
from arena.tournament.statistics.intervals import Interval

HEADING = "What it costs, and what is left"
ORDER = 10
TEMPLATE = """\
<div class="plots">{{ picture(plot, caption) }}</div>
"""
SAYS = ("Each setting with the intervals of both; filled: on the front; dashed: what the mark may cost. A setting is "
        "taken only where its whole bar is left of that line.")


def applies(page: Design) -> bool:
    return bool(page.known)


def draw(page: Design) -> str:
    drawing, axes = figure(7.6, 4.0)
    best = page.designed.recommended
    _points(axes, page.known)
    front = [point for point in page.known if point.front]
    axes.plot([100 * point.cost.value for point in front], [point.rarity.value for point in front], "-",
              color=COLOURS[0], linewidth=1, alpha=0.6, label="front")
    if best is not None:
        axes.plot([100 * best.cost.value], [best.rarity.value], "*", markersize=16, color=COLOURS[1],
                  label=f"to take: {best.name}")
    axes.axvline(100 * page.designed.most, color=COLOURS[5], linestyle="--", linewidth=1,
                 label=f"at most {page.designed.limit}")
    axes.set_xlabel("accuracy that the mark costs (points)")
    axes.set_ylabel("rarity after the worst attack (bits)")
    legend(axes, beside=True)
    return drawn(TEMPLATE, plot=svg(drawing), caption=SAYS)


def _points(axes: Any, points: list[Point]) -> None:
    for point in points:
        axes.errorbar([100 * point.cost.value], [point.rarity.value], xerr=_reach(point.cost, 100),
                      yerr=_reach(point.rarity, 1, 0.0), fmt="o", color=COLOURS[0], ecolor="#8a919980", elinewidth=1,
                      markerfacecolor=COLOURS[0] if point.front else "white")
        axes.annotate(point.name, (100 * point.cost.value, point.rarity.value), xytext=(5, 4),
                      textcoords="offset points", fontsize=8)


def _reach(interval: Interval, unit: float, least: float = -math.inf) -> Any:
    """Bars below (not under `least`) and above, none where an end is not known."""
    ends = interval.value - max(interval.low, least), interval.high - interval.value
    return [[unit * end] for end in ends] if all(map(math.isfinite, ends)) else None
