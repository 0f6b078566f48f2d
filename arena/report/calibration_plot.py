"""How often innocents reach R bits, beside the 2^-R that rarity promises: the plot of `arena calibrate`."""

from __future__ import annotations

import io
from typing import Any

from arena.calibration.calibration import Calibration
from arena.report.plots import COLOURS, figure

LEAST = 2.0**-14
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
"""Labels are never read as mathematics: exponents are letters."""


def draw(found: Calibration) -> bytes:
    """The plot as PNG."""
    return _png(plotted(found))


def plotted(found: Calibration) -> Any:
    """The plot as a figure."""
    drawing, axes = figure(5.4, 3.4)
    bits = [level.bits for level in found.levels]
    axes.plot([0, *bits], [2.0**-n for n in [0, *bits]], color=COLOURS[5], linestyle="--", linewidth=1.2,
              label="promised: 2⁻ᴿ")
    axes.fill_between(bits, [max(level.low, LEAST / 2) for level in found.levels],
                      [level.high for level in found.levels], color=COLOURS[0], alpha=0.2, linewidth=0,
                      label=f"99 % interval, over {found.over}")
    seen = [level for level in found.levels if level.share]
    axes.plot([level.bits for level in seen], [level.share for level in seen], color=COLOURS[0], marker="o",
              markersize=3.5, linewidth=1.4, label=f"innocents ({len(found.hosts)} hosts x {found.keys} keys)")
    _scales(axes, bits[-1])
    axes.set_title(found.described if len(found.described) <= 70 else found.scheme, fontsize=9.5, loc="left",
                   color="#30363d")
    axes.legend(frameon=False, fontsize=8.5, loc="upper right")
    return drawing


def _png(drawing: Any) -> bytes:
    """In 48 colours, which are enough and a quarter of the size."""
    from PIL import Image

    whole, small = io.BytesIO(), io.BytesIO()
    drawing.savefig(whole, format="png", dpi=110, bbox_inches="tight")
    Image.open(whole).convert("RGB").quantize(48).save(small, format="png", optimize=True)
    return small.getvalue()


def _scales(axes: Any, most: int) -> None:
    axes.set_yscale("log", base=2)
    axes.set_ylim(LEAST, 2)
    axes.set_xlim(0, most + 0.4)
    axes.set_xticks(range(0, most + 1, 2))
    axes.set_yticks([2.0**-n for n in range(0, 15, 2)],
                    ["1", *(f"2⁻{str(n).translate(RAISED)}" for n in range(2, 15, 2))])
    axes.set_xlabel("R (bits)")
    axes.set_ylabel("P(rarity ≥ R)")
    axes.grid(alpha=0.25)
