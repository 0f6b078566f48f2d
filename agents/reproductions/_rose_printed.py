"""What Kallas and Furon print: Tables I and II, cell by cell, with the ranges of rarity and the slip behind them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from arena.game.rarity import binomial_rarity

SETS = ("mnist", "fashion-mnist", "cifar10", "transfer")
COUNTS = (40, 64, 128)
CLASSES = 10
FIRST = ("fine-tuned", "dynamic range", "full integer", "float16")
SECOND = ("JPEG 55", "JPEG 65", "JPEG 75", "JPEG 85", "JPEG 95")
TABLE_I = """\
99.3 82.5 99.3 82.5 99.3 82.5 99.3 82.5 86 86
99.1 89.1 99.1 89.1 99.2 89.1 99.2 89.1 167 167
99.1 88.3 99.1 87.5 99.1 87.5 99.1 87.5 308 320
91.8 85.0 91.7 85.0 91.5 85.0 91.8 85.0 91 91
91.9 89.1 91.9 87.5 92.0 87.5 91.7 87.5 155 167
91.7 89.8 91.9 90.6 92.0 90.6 91.8 90.6 326 332
83.2 92.5 83.4 92.5 83.4 92.5 83.4 92.5 110 110
83.4 85.9 83.2 87.5 83.2 87.5 83.1 87.5 149 155
84.0 90.6 83.3 89.8 83.4 89.8 83.3 89.8 326 332
85.1 92.5 85.9 92.5 86.0 92.5 86.0 92.5 110 110
85.1 92.5 86.1 90.6 86.1 90.6 86.1 90.6 167 180
84.9 86.7 85.6 90.6 85.5 90.6 85.5 90.6 302 332"""
TABLE_II = """\
99.3 82.5 99.3 82.5 99.3 82.5 99.3 82.5 99.3 82.5 86 86
99.2 89.1 99.2 89.1 99.2 89.1 99.2 89.1 99.2 89.1 167 167
99.1 87.5 99.0 88.3 99.0 87.5 99.1 87.5 99.1 87.5 308 320
91.0 85.0 91.3 82.5 91.5 85.0 91.9 85.0 91.8 85.0 86 91
91.3 78.1 91.4 84.4 91.6 85.9 91.6 87.5 91.9 87.5 122 155
90.6 83.6 91.1 87.5 91.3 88.3 91.5 90.6 91.8 90.6 285 332
78.2 82.5 78.9 85.0 80.4 85.0 81.4 90.0 82.6 92.5 86 110
78.5 65.6 79.1 64.1 80.1 79.7 81.3 81.3 82.5 85.9 86 149
77.4 57.8 78.9 64.8 79.7 75.8 81.2 78.9 82.7 85.1 131 290
83.6 87.5 84.9 92.5 84.7 90.0 85.3 92.5 85.7 92.5 97 110
83.9 87.5 84.3 87.5 85.0 89.1 85.6 90.6 85.9 90.6 155 167
83.1 81.2 83.7 82.8 84.3 89.8 84.9 90.6 85.2 90.6 263 332"""


@dataclass(frozen=True)
class Line:
    """One line of a table: accuracy and recovery (%) by attack, and the range of rarity (bits)."""

    table: str
    name: str
    count: int
    cells: dict[str, tuple[float, float]]
    ends: tuple[int, int]

    def ours(self, end: int) -> tuple[float, float, float]:
        """Of the lowest recovery (end 0) or the highest: recovery (%), bits with it as printed, rounded up to a whole
        match, and with the whole number of matches that it stands for."""
        shown = (min, max)[end](recovery for _, recovery in self.cells.values())
        exact = self.count * shown / 100
        up, whole = (binomial_rarity(m, self.count, 1 / CLASSES) for m in (math.ceil(exact), round(exact)))
        return shown, up, whole


def lines() -> list[Line]:
    """All 24, in the paper's order."""
    rows = [(name, count) for name in SETS for count in COUNTS]
    return [_line(table, name, count, attacks, text) for table, attacks, whole in
            (("Table I", FIRST, TABLE_I), ("Table II", SECOND, TABLE_II))
            for (name, count), text in zip(rows, whole.splitlines(), strict=True)]


def _line(table: str, name: str, count: int, attacks: tuple[str, ...], text: str) -> Line:
    *cells, low, high = text.split()
    values = list(map(float, cells))
    pairs = zip(values[::2], values[1::2], strict=True)
    return Line(table, name, count, dict(zip(attacks, pairs, strict=True)), (int(low), int(high)))
