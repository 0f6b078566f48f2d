"""A paper's figure played again, as data: the numbers that a page draws (`arena.report.figure`), and that rows.json
keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Kind = Literal["svg", "lines", "training", "histogram", "bars"]
BINS = 40


@dataclass(frozen=True)
class Figure:
    """A plot: where in the paper, what it shows, and its numbers by name, of which `kind` says how they are drawn; or
    SVG text of one's own.

    `lines`: (x, y) of each curve. `training`: {"error": ..., "loss": ...} of each, one number an epoch. `histogram`:
    counts in `BINS` bins over `span`. `bars`: one number for each of `names`.
    """

    where: str
    title: str
    svg: str = ""
    kind: Kind = "svg"
    values: Mapping[str, Any] = field(default_factory=dict)
    across: str = ""
    up: str = ""
    names: Sequence[str] = field(default_factory=list)
    span: Sequence[float] = field(default_factory=list)

    @classmethod
    def lines(cls, where: str, title: str, curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], across: str,
              up: str) -> Figure:
        """Curves y over x by name."""
        values = {name: [list(map(float, axis)) for axis in curve] for name, curve in curves.items()}
        return cls(where, title, kind="lines", values=values, across=across, up=up)

    @classmethod
    def training(cls, where: str, title: str, curves: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> Figure:
        """(test error in %, training loss) by epoch, by name."""
        values = {name: {"error": list(map(float, error)), "loss": list(map(float, loss))}
                  for name, (error, loss) in curves.items()}
        return cls(where, title, kind="training", values=values, across="epoch", up="test error (%)")

    @classmethod
    def histogram(cls, where: str, title: str, samples: Mapping[str, Sequence[float]], across: str, low: float,
                  high: float) -> Figure:
        """How several samples lie over one axis; what lies beyond its ends is counted in the bin at the end."""
        values = {name: np.histogram(np.clip(sample, low, high), BINS, (low, high))[0].tolist()
                  for name, sample in samples.items()}
        return cls(where, title, kind="histogram", values=values, across=across, up="count", span=[low, high])

    @classmethod
    def bars(cls, where: str, title: str, values: Mapping[str, Sequence[float]], names: Sequence[str],
             up: str) -> Figure:
        """Groups of bars: one group a key of `values`, one bar a name."""
        return cls(where, title, kind="bars", values={key: list(map(float, row)) for key, row in values.items()}, up=up,
                   names=list(names))
