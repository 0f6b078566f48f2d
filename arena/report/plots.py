"""The report's plots as inline SVG, byte-stable for the same figures (fixed hash salt, no date)."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

COLOURS = ("#2f6f9f", "#c2562d", "#4c8c4a", "#8a5a9e", "#a07d1c", "#5b6770")
STYLES = [{"color": colour, "marker": marker, "linestyle": dash}
          for marker, dash in (("o", "-"), ("s", "--"), ("^", ":")) for colour in COLOURS] * 3
"""Of lines: where the colours begin again, marks and dashes change."""


def prepare() -> None:
    """Imports what plots are drawn with, fonts and all."""
    svg(figure(1, 1)[0])


def svg(figure: Any) -> str:
    """A figure as SVG text."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, bbox_inches="tight")
    text = buffer.getvalue()
    return text[text.index("<svg"):]


def figure(width: float, height: float) -> tuple[Any, Any]:
    """A new figure, inches, and its axes."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "arena", "svg.fonttype": "none", "font.family": "sans-serif",
                                "font.size": 9.5, "text.parse_math": False,
                                "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#8a9199",
                                "axes.labelcolor": "#30363d",
                                "xtick.color": "#59636e", "ytick.color": "#59636e"})
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height))
    return made, made.subplots()


def legend(axes: Any, beside: bool) -> None:
    """The legend of lines, beside them or where it hides least."""
    place = {"loc": "center left", "bbox_to_anchor": (1.01, 0.5)} if beside else {"loc": "best"}
    axes.legend(frameon=False, fontsize=8.5, **place)


def _small_figures() -> Any:
    """Of a logarithmic axis between its powers of ten, where these are too few; the usual ones are formulas, which
    aren't parsed here."""
    from matplotlib.ticker import LogFormatter

    class Figures(LogFormatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return f"{x:g}" if super().__call__(x, pos) else ""

    return Figures(minor_thresholds=(1.0, 0.4))


def training_curves(curves: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Loss by epoch of every training of the run."""
    from matplotlib.ticker import MaxNLocator

    drawing, axes = figure(6.4, 2.8)
    for (name, loss), style in zip(curves, STYLES, strict=False):
        marker = style["marker"] if len(loss) == 1 else None
        axes.plot(range(1, len(loss) + 1), loss, **{**style, "marker": marker}, linewidth=1.4, label=name)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(_small_figures())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
    axes.set_ylabel("training loss")
    legend(axes, beside=True)
    axes.grid(alpha=0.25)
    return svg(drawing)


def histogram(values: Mapping[str, Sequence[float]], label: str, low: float, high: float) -> str:
    """Several samples over one axis, as outlines."""
    drawing, axes = figure(5.4, 3.0)
    for (name, sample), colour in zip(values.items(), COLOURS, strict=False):
        axes.hist(sample, bins=40, range=(low, high), histtype="stepfilled", alpha=0.35, color=colour, edgecolor=colour,
                  label=f"{name} (n={len(sample)})")
    axes.set_xlabel(label)
    axes.set_ylabel("count")
    axes.legend(frameon=False, fontsize=8.5)
    return svg(drawing)


def lines(curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], across: str, up: str) -> str:
    """Curves y over x by name."""
    drawing, axes = figure(5.4, 3.0)
    for (name, (x, y)), style in zip(curves.items(), STYLES, strict=False):
        axes.plot(x, y, **style, markersize=2.5, linewidth=1.3, label=name)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    legend(axes, beside=len(curves) > 4)
    return svg(drawing)


def bars(values: Mapping[str, Sequence[float]], names: Sequence[str], up: str) -> str:
    """Groups of bars: one group a key of `values`, one bar a name."""
    drawing, axes = figure(7.2, 2.8)
    width = 0.8 / len(names)
    for number, (name, colour) in enumerate(zip(names, COLOURS, strict=False)):
        axes.bar([i + number * width for i in range(len(values))], [row[number] for row in values.values()],
                 width * 0.92, color=colour, label=name)
    axes.set_xticks([i + 0.4 - width / 2 for i in range(len(values))], list(values), rotation=35, ha="right",
                    fontsize=8.5)
    axes.axhline(0.5, color="#8a9199", linestyle="--", linewidth=1)
    axes.set_ylabel(up)
    axes.set_ylim(0, 1.05)
    axes.legend(frameon=False, fontsize=8.5, ncol=3, loc="lower right", bbox_to_anchor=(1, 1))
    return svg(drawing)


def pictures(pairs: Mapping[str, tuple[Any, Any]]) -> str:
    """Images, uint8 (C, H, W), two a name, one above the other."""
    drawing, axes = figure(0.95 * len(pairs), 2.3)
    drawing.delaxes(axes)
    grid = drawing.subplots(2, len(pairs), squeeze=False)
    for column, (name, pair) in enumerate(pairs.items()):
        for row, image in enumerate(pair):
            shown = image.transpose(1, 2, 0)
            grid[row][column].imshow(shown.repeat(3, 2) if shown.shape[2] == 1 else shown, interpolation="nearest")
            grid[row][column].set_axis_off()
        grid[0][column].set_title(name.replace(" ", "\n", 1), fontsize=7)
    return svg(drawing)
