"""Plays a plan: what the journal has is not played again, what broke down is tried again, and which cells come next is
asked in waves.

A wave is chosen by the matches of those before it alone, all of them ended, in the plan's order: so the same matches
are played on one process and on a hundred, and by who goes on where another was killed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from arena.base.machine import cores
from arena.executors.executor import Done, Executor, Job
from arena.tournament.cells import Cell
from arena.tournament.journal import Journal
from arena.tournament.match import WORK
from arena.tournament.plan import Pairing, Plan, Playable
from arena.tournament.rows import Row
from arena.workshop.options import Options

More = Callable[[Sequence[Row], int], list[tuple[Cell, int]]]
"""What to play next, given the rows so far and how many at the most: cells, each with the number of its next seed."""
WAVE, GROWTH = 16, 5
"""Matches of a wave: at least so many, and a fifth of those before it."""
BROKEN = ("killed", "late", "large")
"""Ends that say something of the machine, not of the match: they are tried again."""


@dataclass
class Engine:
    """Plays `plan` on `executor` into `journal`; `more` chooses after the first seeds, `games` is the most that are
    played in all. `work` is what plays a match (another for tests)."""

    plan: Playable
    executor: Executor
    journal: Journal
    options: Options
    more: More
    games: int
    work: str = WORK
    folder: Path = field(default_factory=Path)
    _known: dict[str, Row] = field(default_factory=dict, init=False, repr=False)
    _out: dict[str, tuple[Pairing, int]] = field(default_factory=dict, init=False, repr=False)
    _done: dict[str, Row] = field(default_factory=dict, init=False, repr=False)

    def play(self) -> Iterator[Row]:
        """The rows as they come; those of the journal are not among them."""
        self._known = {row.key: row for row in self.journal.rows
                       if row.status not in BROKEN or row.attempt >= self.plan.spec.limits.attempts}
        wave = list(self._first())
        while wave and self._begin(wave):
            for done in self.executor.results():
                if (told := self._row(done)) is not None:
                    self.journal.add(told)
                    yield told
            wave = self.more(self.played, max(WAVE, len(self._done) // GROWTH))

    @property
    def played(self) -> list[Row]:
        """The latest row of every match that was asked for, in the plan's order."""
        place = {cell: number for number, cell in enumerate(self.plan.cells)}
        return sorted(self._done.values(), key=lambda row: (place.get(row.cell, -1), row.seed))

    def _first(self) -> Iterator[tuple[Cell, int]]:
        """The least number of seeds of every cell. The first cell of each scheme goes ahead: it makes the hosts. Two
        seeds of it are played side by side, since they don't wait for the same ones."""
        seen: set[tuple[str, str]] = set()
        ahead, rest = list[Cell](), list[Cell]()
        for cell in self.plan.cells:
            (rest if (cell.task, cell.scheme) in seen else ahead).append(cell)
            seen.add((cell.task, cell.scheme))
        seeds = range(self.plan.spec.seeds.least)
        yield from ((cell, number) for cell in ahead for number in seeds)
        yield from ((cell, number) for number in seeds for cell in rest)

    def _begin(self, wave: Sequence[tuple[Cell, int]]) -> bool:
        """Whether a wave holds a match that wasn't asked for before; those that the journal has are done already."""
        before = len(self._done) + len(self._out)
        for cell, number in wave:
            pairing = self.plan.pairing(cell, number)
            if len(self._done) + len(self._out) < self.games and pairing.key not in self._done:
                self._submit(pairing)
        return len(self._done) + len(self._out) > before

    def _submit(self, pairing: Pairing, attempt: int = 1) -> None:
        if (row := self._known.get(pairing.key)) is not None:
            self._done[pairing.key] = row
            return
        self._out[pairing.key] = pairing, attempt
        spec, options = self.plan.spec, {**asdict(self.options), "parts": list(self.options.parts)}
        self.executor.submit(Job(pairing.key, self.work, {
            "key": pairing.key, "cell": pairing.cell.as_dict(), "seed": pairing.seed,
            "scenario": dict(pairing.scenario), "path": str(spec.path.resolve()), "options": options,
            "keep": spec.keep, "folder": str(self.folder / "matches" / pairing.key[:16])}))

    def _row(self, done: Done) -> Row | None:
        """The line of what ended; None for what isn't ours or was taken back."""
        if done.key not in self._out or done.status == "cancelled":
            self._out.pop(done.key, None)
            return None
        pairing, attempt = self._out.pop(done.key)
        row = self._told(done, pairing, attempt)
        if row.status in BROKEN and attempt < self.plan.spec.limits.attempts:
            self._submit(pairing, attempt + 1)
        else:
            self._done[row.key] = row
        return row

    @staticmethod
    def _told(done: Done, pairing: Pairing, attempt: int) -> Row:
        if done.status == "done":
            return replace(Row.of(done.data), attempt=attempt)
        return Row(pairing.key, pairing.cell, pairing.seed, done.status, error=done.error, seconds=done.seconds,
                   attempt=attempt)


def each_cell_alike(plan: Plan) -> More:
    """Uniform sampling: the cells with the fewest seeds first."""
    def more(rows: Sequence[Row], room: int) -> list[tuple[Cell, int]]:
        counts = Counter(row.cell for row in rows)
        fewest = sorted(plan.cells, key=lambda cell: counts[cell])[:room]
        return [(cell, counts[cell]) for cell in fewest if counts[cell] < plan.spec.seeds.most]
    return more


def executor_of(settings: Any, seconds: float, memory: float) -> Executor:
    """The executor that a file asks for."""

    from arena.executors.executor import Bounds
    from arena.executors.local import LocalProcesses, Serial
    from arena.tournament import spec

    bounds = Bounds(seconds, memory)
    if isinstance(settings, spec.Ray):
        from arena.executors.ray import RayCluster

        return RayCluster(settings.address, settings.slots, bounds)
    if isinstance(settings, spec.Serial):
        return Serial(bounds)
    return LocalProcesses(settings.processes or cores(), bounds)
