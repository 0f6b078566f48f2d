"""Which setting of a scheme should an owner take: the front of what a mark costs against what the worst thief leaves.

A setting costs the accuracy that the host has less with the mark than without. What it is worth is the rarity of the
evidence after the worst of the attacks: of each seed the least that any attack leaves, so that a thief who could try
them all on this very host does no better. Both are means over seeds with Student's interval; a setting is recommended
only where the upper end of what it costs is within what the owner would lose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from arena.tournament.answers.analysis import Analysis
from arena.tournament.cells import Cell
from arena.tournament.games.league import pareto
from arena.tournament.learning.bench import Bench
from arena.tournament.learning.drawing import Drawing
from arena.tournament.learning.learners import Learner
from arena.tournament.rows import Row
from arena.tournament.spec import Spec
from arena.tournament.statistics.intervals import Interval, mean

AROUND = 3
"""One of so many settings is tried around the best of the others."""
UNKNOWN = mean([])


@dataclass(frozen=True)
class Point:
    """A setting (empty: as the file has it): the accuracy that it costs (a share), the rarity that the worst attack
    leaves (bits), which attack that is and what it costs the thief (a share), whether it is on the front; `reason` says
    why nothing is known."""

    name: str
    setting: Mapping[str, Any]
    cost: Interval = UNKNOWN
    rarity: Interval = UNKNOWN
    worst: str = ""
    lost: float = 0.0
    front: bool = False
    reason: str = ""

    @property
    def known(self) -> bool:
        return self.rarity.n > 0

    @property
    def said(self) -> str:
        """Its parameters in words."""
        return ", ".join(f"{name} = {value}" for name, value in self.setting.items()) or "as the file has it"


@dataclass(frozen=True)
class Designed:
    """All settings that were tried of a scheme, and the one to take where at most `most` of the accuracy may be lost;
    `left` are attacks that are not among the worst, each with the reason."""

    scheme: str
    task: str
    most: float
    points: Sequence[Point]
    attacks: Sequence[str]
    left: Mapping[str, str] = field(default_factory=dict)

    def fits(self, point: Point) -> bool:
        """Whether what it costs, with its interval, is within what may be lost."""
        return point.known and point.cost.high <= self.most

    @property
    def recommended(self) -> Point | None:
        """Of those that fit the one that leaves most; of equals the one that costs least."""
        return max((point for point in self.points if self.fits(point)), default=None,
                   key=lambda point: (point.rarity.value, point.rarity.low, -point.cost.value))

    @property
    def nearest(self) -> Point | None:
        """Whose cost, with its interval, is least."""
        return min((point for point in self.points if point.known), default=None, key=lambda point: point.cost.high)

    @property
    def limit(self) -> str:
        """What may be lost, in words."""
        return f"{100 * self.most:g} point{'s' * (100 * self.most != 1)}"

    @property
    def sentence(self) -> str:
        """In words."""
        if (best := self.recommended) is not None:
            return (f"Take {best.name} ({best.said}): it costs {_points(best.cost)}, and after the worst of "
                    f"{len(self.attacks)} attacks ({best.worst}) {_bits(best.rarity)} are left, the most among the "
                    f"{sum(map(self.fits, self.points))} of {len(self.points)} settings that cost at most "
                    f"{self.limit} with their interval.")
        if (near := self.nearest) is None:
            why = next((point.reason for point in self.points if point.reason), "nothing was tried")
            return f"No setting of {self.scheme} could be played: {why}."
        return (f"No setting of {self.scheme} is recommended: none of {len(self.points)} costs at most "
                f"{self.limit} with its interval. The nearest is {near.name} ({near.said}), which costs "
                f"{_points(near.cost)}; more seeds make intervals narrower.")


def _points(cost: Interval) -> str:
    return f"{100 * cost.value:.2f} points ({100 * cost.low:.2f} to {100 * cost.high:.2f}, n = {cost.n})"


def _bits(rarity: Interval) -> str:
    return f"{rarity.value:.1f} bits ({max(0.0, rarity.low):.1f} to {rarity.high:.1f}, n = {rarity.n})"


@dataclass
class Designing:
    """Tries settings of a scheme against the thieves of a tournament on one of its tasks: as the file has it, spread
    over all that is searched, then around the best. `thief` is what a thief's attack may cost him in accuracy to be
    counted (None: whatever it costs)."""

    spec: Spec
    learner: Learner
    bench: Bench
    trials: int
    most: float
    task: str
    thief: float | None = None

    def __post_init__(self) -> None:
        self._thieves = Analysis(self.spec, ()).thieves
        self._drawing = Drawing(self.learner, self.spec.seeds.first)
        self._settings: dict[str, dict[str, Any]] = {}
        self._rows: list[Row] = []
        self._misfits: dict[Cell, str] = {}

    def play(self) -> Generator[Row, None, Designed]:
        """Yields rows as they come; gives what came of it."""
        few = self.trials // AROUND
        yield from self._try([self.learner.name], {self.learner.name: {}})
        yield from self._draw(self._drawing.explore(self.trials - few - 1, self._settings))
        found = self.designed()
        best = found.recommended or found.nearest
        if best is not None and best.name in self._drawing.points:
            yield from self._draw(self._drawing.refine(best.name, few, self._settings))
        else:
            yield from self._draw(self._drawing.explore(few, self._settings))
        return self.designed()

    def _draw(self, names: Sequence[str]) -> Generator[Row, None, None]:
        yield from self._try(names, self._drawing.settings)

    def _try(self, names: Sequence[str], settings: Mapping[str, dict[str, Any]]) -> Generator[Row, None, None]:
        if not names:
            return
        schemes = {name: self.learner.playing(settings[name]) for name in names}
        played = yield from self.bench.play(replace(
            self.spec, schemes=schemes, forgeries={}, tasks={self.task: self.spec.tasks[self.task]},
            attacks={name: self.spec.attacks[name] for name in self._thieves}))
        self._settings |= {name: settings[name] for name in names}
        self._rows += played.rows
        self._misfits |= played.misfits

    def designed(self) -> Designed:
        """What is known so far."""
        whole = replace(self.spec, schemes=dict.fromkeys(self._settings))
        analysis = Analysis(whole, self._rows, self._misfits)
        idle = self._idle(analysis)
        thieves = [name for name in self._thieves if name not in idle]
        points = [self._point(analysis, name, thieves) for name in self._settings]
        on = pareto([(-point.cost.value, point.rarity.value) for point in points]) if points else ()
        return Designed(self.learner.name, self.task, self.most,
                        [replace(point, front=bool(best)) for point, best in zip(points, on, strict=True)], thieves,
                        idle)

    def _idle(self, analysis: Analysis) -> dict[str, str]:
        """Attacks of which no match came to an end, whatever the setting, each with a reason."""
        played = {row.cell.thief for row in self._rows if row.finished}
        return {name: next((why for cell, why in analysis.reasons.items() if cell.thief == name), "not played")
                for name in self._thieves if name not in played} if played else {}

    def _point(self, analysis: Analysis, name: str, thieves: Sequence[str]) -> Point:
        by_seed = self._by_seed(analysis, name, thieves)
        whole = [rows for rows in by_seed.values() if len(rows) == len(thieves)]
        least = [min(counted, key=_rarity) for rows in whole if (counted := self._count(rows))]
        if not least:
            return Point(name, self._settings[name], reason=self._reason(analysis, name, thieves))
        worst = Counter(row.cell.thief for row in least).most_common(1)[0][0]
        lost = np.mean([_lost(row) for row in least if row.cell.thief == worst])
        sure = self.spec.sampling.confidence
        return Point(name, self._settings[name],
                     mean([row.figures["unmarked"] - row.figures["marked"] for row in least], sure),
                     mean([_rarity(row) for row in least], sure), worst, float(lost))

    def _by_seed(self, analysis: Analysis, name: str, thieves: Sequence[str]) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = {}
        for thief in thieves:
            for row in analysis.finished(Cell(self.task, name, thief)):
                found.setdefault(row.seed, []).append(row)
        return found

    def _count(self, rows: Sequence[Row]) -> list[Row]:
        """The matches of thieves whose attack cost them no more than it may."""
        return [row for row in rows if self.thief is None or _lost(row) <= self.thief]

    def _reason(self, analysis: Analysis, name: str, thieves: Sequence[str]) -> str:
        why = [f"against {cell.thief}: {said}" for cell, said in analysis.reasons.items() if cell.scheme == name
               and cell.thief in thieves]
        return why[0] if why else "no seed has a match with every attack, or no attack is one that a thief can afford"


def _lost(row: Row) -> float:
    """What the attack cost the thief."""
    return row.figures["stolen"] - row.figures["deployed"]


def _rarity(row: Row) -> float:
    """Bits."""
    return row.figures["rarity"]
