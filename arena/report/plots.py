"""The report's plots as inline SVG, byte-stable for the same figures (fixed hash salt, no date)."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from arena.match.result import StageRecord

COLOURS = ("#2f6f9f", "#c2562d", "#4c8c4a", "#8a5a9e", "#a07d1c", "#5b6770")
STYLES = [{"color": colour, "marker": marker, "linestyle": dash}
          for marker, dash in (("o", "-"), ("s", "--"), ("^", ":")) for colour in COLOURS] * 3
"""Of lines: where the colours begin again, marks and dashes change."""


def prepare() -> None:
    """Imports what plots are drawn with, fonts and all."""
    _svg(_figure(1, 1)[0])


def _svg(figure: Any) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, bbox_inches="tight")
    text = buffer.getvalue()
    return text[text.index("<svg"):]


def _figure(width: float, height: float) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "arena", "svg.fonttype": "none", "font.family": "sans-serif",
                                "font.size": 9.5, "text.parse_math": False,
                                "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#8a9199",
                                "axes.labelcolor": "#30363d",
                                "xtick.color": "#59636e", "ytick.color": "#59636e"})
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    return figure, figure.subplots()


def _name(axes: Any, count: int) -> None:
    """The legend of `count` lines; of many it stands beside them."""
    axes.legend(frameon=False, fontsize=8.5,
                **({"loc": "center left", "bbox_to_anchor": (1.01, 0.5)} if count > 4 else {"loc": "best"}))


def accuracy_against_recovery(stages: Sequence[StageRecord], owners: Sequence[str], bound: float | None) -> str:
    """Accuracy and the owners' rarity along each deployment's stages: one line an agent and key, one point a stage,
    numbered; empty where no owner's key was tried."""
    curves: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for stage in stages:
        for claimant, evidence in stage.evidence.items():
            if claimant in owners:
                curves.setdefault((stage.deployer, claimant), []).append((evidence.rarity, 100 * stage.accuracy))
    if not curves:
        return ""
    figure, axes = _figure(6.4, 3.4)
    for ((deployer, owner), points), style in zip(curves.items(), STYLES, strict=False):
        axes.plot(*zip(*points, strict=True), **style, markersize=5, linewidth=1.2,
                  label=f"{deployer} (key of {owner})")
        for number, point in enumerate(points):
            axes.annotate(str(number), point, xytext=(5, 5 + 9 * (number % 2)), textcoords="offset points",
                          color=style["color"], fontsize=8.5)
    if bound is not None:
        axes.axvline(bound, color="#8a9199", linestyle="--", linewidth=1)
        axes.text(bound, 1.0, f" bound {bound:g} bits", transform=axes.get_xaxis_transform(), va="bottom", ha="left",
                  fontsize=8.5, color="#59636e")
    axes.set_xlabel("rarity of the owner's key (bits)")
    axes.set_ylabel("test accuracy (%)")
    axes.set_xlim(left=min(0, *axes.get_xlim()))
    low = min(accuracy for points in curves.values() for _, accuracy in points)
    axes.set_ylim(low - max(1.0, 0.15 * (100 - low)), 100.5)
    _name(axes, len(curves))
    axes.grid(alpha=0.25)
    return _svg(figure)


def training_curves(curves: Sequence[tuple[str, Sequence[float]]]) -> str:
    """Loss by epoch of every training of the run."""
    figure, axes = _figure(6.4, 2.8)
    for (name, loss), style in zip(curves, STYLES, strict=False):
        marker = style["marker"] if len(loss) == 1 else None
        axes.plot(range(1, len(loss) + 1), loss, **{**style, "marker": marker}, linewidth=1.4, label=name)
    axes.set_yscale("log")
    axes.set_xlabel("epoch")
    axes.set_ylabel("training loss")
    _name(axes, len(curves))
    axes.grid(alpha=0.25)
    return _svg(figure)


def histogram(values: Mapping[str, Sequence[float]], label: str, low: float, high: float) -> str:
    """Several samples over one axis, as outlines."""
    figure, axes = _figure(5.4, 3.0)
    for (name, sample), colour in zip(values.items(), COLOURS, strict=False):
        axes.hist(sample, bins=40, range=(low, high), histtype="stepfilled", alpha=0.35, color=colour, edgecolor=colour,
                  label=f"{name} (n={len(sample)})")
    axes.set_xlabel(label)
    axes.set_ylabel("count")
    axes.legend(frameon=False, fontsize=8.5)
    return _svg(figure)


def lines(curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], across: str, up: str) -> str:
    """Curves y over x by name."""
    figure, axes = _figure(5.4, 3.0)
    for (name, (x, y)), style in zip(curves.items(), STYLES, strict=False):
        axes.plot(x, y, **style, markersize=2.5, linewidth=1.3, label=name)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    _name(axes, len(curves))
    return _svg(figure)


def bars(values: Mapping[str, Sequence[float]], names: Sequence[str], up: str) -> str:
    """Groups of bars: one group a key of `values`, one bar a name."""
    figure, axes = _figure(7.2, 2.8)
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
    return _svg(figure)
