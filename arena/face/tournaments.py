"""Tournaments from Python: planned, played, resumed, solved.

    from arena import Tournament
    played = Tournament.load("who.yaml", out="runs/who")
    for row in played.play(): ...             # rows as they come; a second call goes on where it was stopped
    played.stackelberg("digits", "strict"), played.cell("rose", "prune", policy="strict").granted
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from arena.base.errors import ArenaError
from arena.base.files import write_atomically
from arena.base.machine import machine
from arena.base.shipped import TOURNAMENTS, located
from arena.executors.executor import Executor
from arena.face.folders import MATCHES, PAGE, beside, check_folder, folder_of, save_lines
from arena.face.machine import Place, options
from arena.face.seats import changed, is_executor, seats
from arena.tournament import journal, spec
from arena.tournament.answers.analysis import Analysis, CellSummary, Headline, Point, adaptive
from arena.tournament.cells import Cell
from arena.tournament.engine import Engine, each_cell_alike
from arena.tournament.games.game import Game
from arena.tournament.games.solution import Solution, independent
from arena.tournament.learning import spaces
from arena.tournament.learning.bench import Bench
from arena.tournament.learning.learners import Ask, Learner
from arena.tournament.learning.learning import Learning
from arena.tournament.learning.learnt import Learnt
from arena.tournament.learning.learnt import read as read_learnt
from arena.tournament.plan import Plan, planned
from arena.tournament.rows import Row
from arena.tournament.statistics.intervals import Interval
from arena.workshop.options import Options

RECORD, ANALYSIS, TABLE, ARRAYS = "tournament.json", "analysis.json", "games.csv", "payoffs.npz"


@dataclass(eq=False)
class Tournament:
    """A tournament file with a folder for its journal. What is asked of it is derived from the rows that are there.
    Who learns joins the strategies of `spec`; `learnt` says how, and `learning` while it goes on."""

    spec: spec.Spec
    folder: Path
    options: Options
    executor: Executor | None = None
    games: int = 0
    kept: Any = field(default=None, repr=False)
    learnt: Learnt | None = field(default=None, init=False, repr=False)
    learning: Learning | None = field(default=None, init=False, repr=False)
    _rows: list[Row] = field(default_factory=list, init=False, repr=False)
    _plan: Plan | None = field(default=None, init=False, repr=False)
    _current: dict[str, bool] = field(default_factory=dict, init=False, repr=False)
    _analysed: tuple[Any, Analysis] | None = field(default=None, init=False, repr=False)

    @classmethod
    def load(cls, path: Place, *, out: Place | None = None, seeds: int | None = None, games: int | None = None,
             executor: str | Mapping[str, Any] | Executor | None = None, store: Place | None = None,
             data: Place | None = None, device: str = "auto") -> Tournament:
        """The tournament in a file, or of that name among Arena's own; ArenaError with file:line:col for what can't be
        right. `seeds` is how many every cell is played with at least and at most, `games` the most matches in all;
        without `out` nothing is left behind."""
        if games is not None and games < 1:
            raise ArenaError(f"{games} games: at least 1")
        found = changed(spec.load(located(path, TOURNAMENTS)), seeds, executor)
        folder, kept = folder_of(out, "tournament")
        made = cls(found, folder, options(store, data, device, 1), executor if is_executor(executor) else None,
                   games or found.sampling.games, kept)
        made._rows = journal.kept(folder)
        made._joined(read_learnt(folder, found))
        return made

    def __post_init__(self) -> None:
        self._file = self.spec

    def _joined(self, found: Learnt | None) -> None:
        """Those who learnt are among the strategies, or nobody is who isn't in the file."""
        self.learnt, self.spec = found, found.grown(self._file) if found else self._file

    def plan(self) -> Plan:
        """What will be played, and what can't be, and why; nothing is trained."""
        with self._executor() as executor:
            self._learners(executor)
            return self._planned(executor)

    def play(self) -> Iterator[Row]:
        """Plays what isn't in the journal yet; rows as they come. Whoever stops it can go on later."""
        check_folder(self.folder, RECORD, "tournament", {"file": str(self.spec.path.resolve())},
                     "another tournament was played there ({file})")
        with self._executor() as executor:
            self._joined(None)
            plan, learners = self._planned(executor), self._learners(executor)
            book = journal.Journal(self.folder)
            self._rows = book.rows
            try:
                write_atomically(self.folder / RECORD, (json.dumps(self._record(), indent=1) + "\n").encode())
                if learners:
                    plan = yield from self._learn(learners, executor, book)
                yield from self._engine(plan, executor, book).play()
            finally:
                self._rows = list(book.rows)
                book.close()

    def _engine(self, plan: Plan, executor: Executor, book: journal.Journal) -> Engine:
        rule = adaptive(self.spec, plan.misfits) if self.spec.sampling.rule == "adaptive" else each_cell_alike(plan)
        tried = {row.key for row in book.rows if row.key in self._spent and row.cell not in plan.files}
        return Engine(plan, executor, book, self.options, rule, max(0, self.games - len(tried)),
                      folder=self.folder.resolve())

    @property
    def _spent(self) -> set[str]:
        return self.learning.bench.spent if self.learning is not None else set()

    def _learners(self, executor: Executor) -> list[Learner]:
        """Who learns, and what; ArenaError at its place for what can't be searched."""
        def blame(ask: Ask, parameter: str, text: str) -> ArenaError:
            return self.spec.file.error(("learn", ask.side, ask.name, *(("search", parameter) if parameter else ())),
                                        text)

        asks = list(self.spec.learn.asks())
        return spaces.learners(asks, self.spec.path, executor, blame) if asks else []

    def _learn(self, learners: Sequence[Learner], executor: Executor,
               book: journal.Journal) -> Generator[Row, None, Plan]:
        """Lets them learn; the plan of the tournament with those who joined."""
        bench = Bench(executor, book, self.options, self.folder.resolve(), self.games,
                      lambda each: planned(each, executor, self.options.data_folder, strict=False))
        self.learning = Learning(self._file, learners, bench)
        self._joined((yield from self.learning.play()))
        assert self.learnt is not None
        self.learnt.save(self.folder)
        return self._planned(executor)

    def _executor(self) -> AbstractContextManager[Executor]:
        return seats(self.spec.executor, self.spec.limits, self.executor)

    def _planned(self, executor: Executor) -> Plan:
        self._plan = planned(self.spec, executor, self.options.data_folder)
        self._current = {}
        return self._plan

    def _record(self) -> dict[str, Any]:
        return {"version": 1, "title": self.spec.title, "file": str(self.spec.path.resolve()), "machine": machine(),
                "schemes": list(self.spec.schemes), "attacks": list(self.spec.attacks),
                "forgeries": list(self.spec.forgeries), "policies": list(self.spec.policies),
                "seeds": asdict(self.spec.seeds)}

    # What is there

    def results(self) -> list[Row]:
        """The latest row of every cell and seed that was played as the file, the strategies and the user's own files
        are now, as far as was looked (`plan`, `play`); before that, as they were last."""
        latest = {(row.cell, row.seed): row for row in self._rows if self._plan is None or self._is_current(row)}
        return list(latest.values())

    def _is_current(self, row: Row) -> bool:
        """Whether that match would be played now, as it was; or was played for a learner."""
        if row.key not in self._current:
            plan, number = self._plan, row.seed - self.spec.seeds.first
            assert plan is not None
            self._current[row.key] = (not self._played(row.cell) or (row.cell in plan.files and number >= 0
                                      and plan.pairing(row.cell, number).key == row.key))
        return self._current[row.key]

    @property
    def analysis(self) -> Analysis:
        """The tables and games of what is there; the same until there is more."""
        misfits = self._plan.misfits if self._plan is not None else {}
        known = len(self._rows), self.spec, misfits
        if self._analysed is None or self._analysed[0] != known:
            rows = [row for row in self.results() if self._played(row.cell)]
            self._analysed = known, Analysis(self.spec, rows, misfits)
        return self._analysed[1]

    def _played(self, cell: Cell) -> bool:
        """Whether a cell is one of the tournament's: settings that were tried and didn't join are none."""
        known = self.spec
        return (cell.task in known.tasks and cell.scheme in known.schemes
                and cell.other in (known.attacks if cell.thief else known.forgeries))

    def cell(self, scheme: str, other: str, *, policy: str = "", task: str = "") -> CellSummary:
        """What a cell gave; ArenaError for one that isn't in the file."""
        kind = "thief" if other in self.spec.attacks else "forgery"
        cell = Cell(task or self.task, scheme, **{kind: other})
        if scheme not in self.spec.schemes or other not in {**self.spec.attacks, **self.spec.forgeries}:
            raise ArenaError(f"no cell {scheme} x {other} in {self.spec.path}")
        return self.analysis.cell(cell, policy or self.policy)

    @property
    def task(self) -> str:
        return next(iter(self.spec.tasks))

    @property
    def policy(self) -> str:
        return next(iter(self.spec.policies))

    def payoffs(self, task: str = "", policy: str = "") -> Game:
        """Owners against thieves, as they were sampled."""
        return self.analysis.game(task or self.task, policy or self.policy)

    def nash(self, task: str = "", policy: str = "") -> Solution:
        """An equilibrium (lexicographic Lemke-Howson)."""
        return self.analysis.solve("lemke-howson", task or self.task, policy or self.policy)

    def correlated(self, task: str = "", policy: str = "") -> Solution:
        """The correlated equilibrium of greatest welfare."""
        return self.analysis.solve("correlated", task or self.task, policy or self.policy)

    def stackelberg(self, task: str = "", policy: str = "") -> Headline:
        """What an owner should commit to, and how sure that is."""
        return self.analysis.headline(task or self.task, policy or self.policy)

    def exploitability(self, schemes: Mapping[str, float], task: str = "", policy: str = "") -> Interval:
        """What anybody gains at most by deviating where owners mix like this and thieves answer best."""
        analysis = self.analysis
        game = analysis.solvable(task or self.task, policy or self.policy)
        x = np.array([schemes.get(name, 0.0) for name in game.rows])
        if not x.sum() > 0:
            raise ArenaError(f"none of {', '.join(schemes)} was played")
        x /= x.sum()
        y = np.eye(len(game.columns))[int(np.argmax(x @ game.means[1]))]
        independent("given", game.payoffs(), x, y)
        return analysis._bootstrap.regret(game, x, y)

    def league(self, task: str = "", policy: str = "") -> Sequence[Any]:
        """Schemes by what each keeps against the thief's answer; ties are ties."""
        return self.analysis.league(self.analysis.solvable(task or self.task, policy or self.policy))

    def pareto(self, task: str = "", policy: str = "") -> list[Point]:
        """What each scheme's mark costs, the least share granted to it, and who is on the front."""
        return self.analysis.front(task or self.task, policy or self.policy)

    def rows(self, policy: str = "") -> Iterator[dict[str, Any]]:
        """One plain mapping a match."""
        return self.analysis.table(policy or self.policy)

    def headlines(self) -> list[Headline]:
        """One for each task and policy that has enough."""
        return self.analysis.headlines

    def report(self, path: Place) -> Path:
        """Writes the tournament's page; gives its path."""
        from arena.report.tournament import render

        kept = beside(self.folder, Path(path))
        write_atomically(Path(path), render(self.spec.title, self.analysis, kept, self.learnt).encode())
        return Path(path)

    def document(self, folder: Place) -> Path:
        """Writes FOLDER/NAME/table.md, who outlives what, with its picture (docs/results); gives the page's path."""
        from arena.report.outlived import Outlived

        name = self.spec.path.stem
        shown, place = Outlived(self.analysis, self.spec.title, f"arena tournament {name}"), Path(folder, name)
        place.mkdir(parents=True, exist_ok=True)
        write_atomically(place / "outlived.svg", shown.picture.encode())
        write_atomically(place / "table.md", f"{shown.markdown}\n![claims granted](outlived.svg)\n".encode())
        return place / "table.md"

    def save(self) -> Path:
        """Writes what is derived beside the journal: analysis.json, games.csv, payoffs.npz, report.html; gives the
        page's path."""
        from arena.report import html

        said = [{**asdict(each), "sentence": each.sentence} for each in self.headlines()]
        write_atomically(self.folder / ANALYSIS, (json.dumps(said, indent=1) + "\n").encode())
        self._save_tables()
        html.write_kept(self.folder / MATCHES)
        return self.report(self.folder / PAGE)

    def _save_tables(self) -> None:
        save_lines(self.folder / TABLE, [line for policy in self.spec.policies for line in self.rows(policy)])
        games = {f"{task}/{policy}": self.payoffs(task, policy).samples
                 for task in self.spec.tasks for policy in self.spec.policies}
        np.savez_compressed(self.folder / ARRAYS, **games)  # type: ignore[arg-type]
