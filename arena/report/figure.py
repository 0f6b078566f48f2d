"""Draws the figures of a reproduction from their numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.report.plots import COLOURS, bars, figure, legend, lines, svg

if TYPE_CHECKING:
    from arena.reproduction.figure import Figure


def svg_of(shown: Figure) -> str:
    """A figure as SVG text."""
    return shown.svg or DRAWN[shown.kind](shown)


def _lines(shown: Figure) -> str:
    return lines(shown.values, shown.across, shown.up)


def _bars(shown: Figure) -> str:
    return bars(shown.values, shown.names, shown.up)


def _training(shown: Figure) -> str:
    """Test error on the left, solid; training loss on the right, dashed and logarithmic (Uchida et al., figures 1 and
    4)."""
    drawing, axes = figure(5.4, 3.0)
    right = axes.twinx()
    for (name, curve), colour in zip(shown.values.items(), COLOURS, strict=False):
        epochs = range(1, len(curve["error"]) + 1)
        axes.plot(epochs, curve["error"], color=colour, linewidth=1.3, label=name)
        right.plot(epochs, curve["loss"], color=colour, linewidth=1.0, linestyle="--")
    axes.set_xlabel(shown.across)
    axes.set_ylabel(shown.up)
    right.set_ylabel("training loss (dashed)")
    right.set_yscale("log")
    right.yaxis.set_major_formatter("{x:g}")
    right.yaxis.set_minor_formatter("{x:g}")
    legend(axes, beside=False)
    return svg(drawing)


def _histogram(shown: Figure) -> str:
    (drawing, axes), (low, high) = figure(5.4, 3.0), shown.span
    for (name, counts), colour in zip(shown.values.items(), COLOURS, strict=False):
        axes.stairs(counts, np.linspace(low, high, len(counts) + 1), fill=True, alpha=0.35, color=colour,
                    edgecolor=colour, label=f"{name} (n={sum(counts)})")
    axes.set_xlabel(shown.across)
    axes.set_ylabel(shown.up)
    legend(axes, beside=False)
    return svg(drawing)


DRAWN: Mapping[str, Callable[[Figure], str]] = {"lines": _lines, "bars": _bars, "training": _training,
                                                "histogram": _histogram, "svg": lambda shown: shown.svg}


def as_data(shown: Figure) -> dict[str, Any]:
    """What rows.json says of a figure: its numbers."""
    return {"where": shown.where, "title": shown.title, "kind": shown.kind, "values": dict(shown.values),
            "across": shown.across, "up": shown.up, "names": list(shown.names), "span": list(shown.span)}
