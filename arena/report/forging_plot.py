"""Cost against rarity, measured and by law, for every level: the plot of `arena forge`."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

from arena.pricing.forge import GPU_TRIES, YEAR, Point, Priced
from arena.report.plots import COLOURS, figure

WIDE = 400.0
LEVELS = {0: COLOURS[5], 1: COLOURS[4], 2: COLOURS[0], 3: COLOURS[1]}
"""Of a level's law and of its points."""
START = "points above their law: what it takes to begin a search stands in their seconds"
MARKS = ((1.0, "1 s"), (3600.0, "1 h"), (YEAR, "1 year"), (10 * YEAR, "10 years"), (1e6 * YEAR, "1 M years"))


def _steps(reach: float) -> list[float]:
    """Where the laws are drawn: close together up to 200 bits, beyond which none of them is on the plot, and then as
    far as there are points."""
    near = min(reach, 200.0)
    return [near * i / 200 for i in range(1, 201)] + [near + (reach - near) * i / 200
                                                      for i in range(1, 201) if reach > near]


def _law(xs: list[float], rate: float) -> list[float]:
    """Seconds of 2^x tries; beyond 200 bits, far above the plot, no more than that."""
    return [2 ** min(x, 200.0) / rate for x in xs]


def _draw_laws(axes: Any, priced: Priced, reach: float, machines: int) -> None:
    """What forging should take by each level's law."""
    rates, classes, xs = priced.rates, priced.setting.classes, _steps(reach)
    tries, hard = rates.all_threads.value, rates.hard_hashes.value * priced.setting.threads
    images = [max(x / math.log2(classes), 1) for x in xs]
    axes.plot(xs, [n / rates.gradients.value * 5 for n in images], color=LEVELS[0],
              label="level 0: adversarial images (5 gradients each)")
    axes.plot(xs, [n * (classes / tries + 1 / rates.forwards.value) for n in images], color=LEVELS[1],
              label="level 1: natural images, bits flipped")
    axes.plot(xs, _law(xs, tries), color=LEVELS[2], label="level 2: law, this machine")
    axes.plot(xs, _law(xs, tries * machines), color=LEVELS[2], linestyle=":", linewidth=1,
              label=f"level 2: {machines:,} of it")
    axes.plot(xs, _law(xs, GPU_TRIES), color=COLOURS[3], linestyle="-.", linewidth=1,
              label=f"level 2: one GPU, {GPU_TRIES:.1e} tries/s (assumed)")
    axes.plot(xs, _law(xs, hard), color=LEVELS[3], label="level 3: law, this machine")


def _draw_points(axes: Any, points: Sequence[Point], level: int, colour: str) -> None:
    if not points:
        return
    errors = [0.0 if math.isnan(p.tries_error) else p.seconds * p.tries_error / p.tries for p in points]
    axes.errorbar([p.rarity for p in points], [p.seconds for p in points], color=colour, fmt="o", markersize=5,
                  zorder=5, yerr=errors, label=f"level {level}: forged here (mean, standard error)")


def _around(seconds: Sequence[float]) -> tuple[float, float]:
    """Where the axis of seconds ends: no point lies on it or beyond."""
    known = [each for each in seconds if each > 0]
    return min(1e-6, *(each / 3 for each in known), 1.0), max(1e16, *(each * 3 for each in known), 1.0)


def draw(priced: Priced, machines: int = 1000) -> bytes:
    """The plot as PNG."""
    buffer = io.BytesIO()
    plotted(priced, machines).savefig(buffer, format="png", dpi=140, bbox_inches="tight")
    return buffer.getvalue()


def plotted(priced: Priced, machines: int = 1000) -> Any:
    """The plot as a figure."""
    drawing, axes = figure(8.2, 5.2)
    reach = max(100.0, priced.bound * 1.1, *(point.rarity * 1.05 for point in priced.points))
    _draw_laws(axes, priced, reach, machines)
    for level, colour in LEVELS.items():
        _draw_points(axes, [point for point in priced.points if point.level == level], level, colour)
    axes.axvline(priced.bound, color="#8a9199", linestyle="--", linewidth=1)
    axes.text(priced.bound, 0.98, f" policy: {priced.bound:g} bits", transform=axes.get_xaxis_transform(), va="top",
              fontsize=8.5, color="#59636e")
    for seconds, text in MARKS:
        axes.axhline(seconds, color="#d0d7de", linewidth=0.7, zorder=0)
        axes.text(reach, seconds, text, va="bottom", ha="right", fontsize=8, color="#59636e")
    if reach > WIDE:
        axes.set_xscale("symlog", linthresh=100)
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_ylim(*_around([point.seconds for point in priced.points]))
    axes.set_xlim(-0.02 * reach, reach)
    axes.set_xlabel(f"rarity of the forged claim (bits)\n{START}")
    axes.set_ylabel("seconds")
    axes.legend(frameon=False, fontsize=8.5, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncol=2)
    return drawing
