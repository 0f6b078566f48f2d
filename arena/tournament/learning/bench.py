"""Where settings are tried: real matches, in the tournament's own journal, so that none is played twice."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arena.executors.executor import Executor
from arena.tournament.answers.analysis import Analysis
from arena.tournament.cells import Cell
from arena.tournament.engine import Engine
from arena.tournament.journal import Journal
from arena.tournament.match import WORK
from arena.tournament.plan import Plan
from arena.tournament.rows import Row
from arena.tournament.spec import Spec
from arena.workshop.options import Options


@dataclass(frozen=True)
class Played:
    """What was asked for: a small tournament of its own, its rows, why some cells can't be played, and whether the
    matches allowed were too few for it."""

    spec: Spec
    rows: Sequence[Row]
    misfits: Mapping[Cell, str]
    short: bool

    @property
    def analysis(self) -> Analysis:
        return Analysis(self.spec, self.rows, self.misfits)


@dataclass
class Bench:
    """Plays small tournaments, each with the first `least` seeds of its spec; `games` is the most that are played in
    all, `planner` says what can be played."""

    executor: Executor
    journal: Journal
    options: Options
    folder: Path
    games: int
    planner: Callable[[Spec], Plan]
    work: str = WORK
    spent: set[str] = field(default_factory=set)

    def play(self, spec: Spec) -> Generator[Row, None, Played]:
        """Yields the rows that are played now; those that the journal has are among what is given back."""
        plan = self.planner(spec)
        mine = {plan.pairing(cell, number).key for cell in plan.cells for number in range(spec.seeds.least)}
        room = max(0, self.games - len(self.spent - mine))
        engine = Engine(plan, self.executor, self.journal, self.options, lambda rows, room: [], room, self.work,
                        self.folder)
        yield from engine.play()
        self.spent |= {row.key for row in engine.played}
        return Played(spec, engine.played, plan.misfits, len(engine.played) < len(mine))
