"""Sweeps from Python: one scenario, every combination of some of its values, every seed.

    import arena
    sweep = arena.sweep("who.yaml", seeds=range(1, 6), vary={"agents.mallory.attacks": [[], ["fine-tune"]]})
    for row in sweep.play(): ...              # rows as they come; a second call goes on where it was stopped
    sweep.rows(), sweep.table.lines, sweep.report("who.html")
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from arena.base.files import write_atomically
from arena.base.machine import machine
from arena.base.shipped import located
from arena.executors.executor import Executor
from arena.face.folders import MATCHES, PAGE, beside, check_folder, folder_of, save_lines
from arena.face.machine import Place, options
from arena.face.seats import is_executor, seats
from arena.scenario.scenario import Changes
from arena.tournament import journal
from arena.tournament.engine import Engine
from arena.tournament.rows import Row
from arena.tournament.sweep.asked import Asked, asked
from arena.tournament.sweep.match import WORK
from arena.tournament.sweep.plan import SweepPlan, planned
from arena.tournament.sweep.table import Table
from arena.workshop.options import Options

RECORD, LINES = "sweep.json", "rows.csv"


def sweep(scenario: Place, *, seeds: str | int | Iterable[int] = 5,
          vary: Mapping[str, Iterable[Any]] | Sequence[str] = (), changes: Changes = (), out: Place | None = None,
          executor: str | Mapping[str, Any] | Executor = "local", limits: Mapping[str, Any] | None = None,
          keep: str = "failures", store: Place | None = None, data: Place | None = None,
          device: str = "auto") -> Sweep:
    """A sweep of the scenario in a file, not played yet; ArenaError for what can't be right.

    `seeds` as numbers, `1-5`, `1,4,9` or a count; `vary` maps paths to the values that each takes (or texts
    PATH=LIST), `changes` hold for all matches; `limits` are those of a match (`match`, `memory`, `attempts`), `keep`
    says whose folders stay (`failures`, `all`, `none`). With `out` the journal stays there, and what it holds is not
    played again; without, nothing is left behind."""
    own = executor if is_executor(executor) else None
    found = asked(located(scenario), seeds, vary, changes, limits, "local" if own else executor, keep)
    folder, kept = folder_of(out, "sweep")
    return Sweep(found, folder, options(store, data, device, 1), own, kept)


@dataclass(eq=False)
class Sweep:
    """What was asked, with a folder for its journal. What is asked of it is derived from the rows that are there."""

    spec: Asked
    folder: Path
    options: Options
    executor: Executor | None = None
    kept: Any = field(default=None, repr=False)

    @cached_property
    def plan(self) -> SweepPlan:
        """What will be played, and what can't be, and why; nothing is trained."""
        with self._executor() as executor:
            return planned(self.spec, executor, self.options.data_folder)

    def play(self) -> Iterator[Row]:
        """Plays what isn't in the journal yet; rows as they come. Whoever stops it can go on later."""
        check_folder(self.folder, RECORD, "sweep", {"file": str(self.spec.path.resolve())},
                     "another scenario was swept there ({file})")
        plan = self.plan
        write_atomically(self.folder / RECORD, self._record())
        with self._executor() as executor, self._journal() as book:
            yield from Engine(plan, executor, book, self.options, lambda rows, room: [], len(plan.cells) *
                              plan.spec.seeds.least, WORK, self.folder.resolve()).play()

    @contextmanager
    def _journal(self) -> Iterator[journal.Journal]:
        book = journal.Journal(self.folder)
        self._rows = book.rows
        try:
            yield book
        finally:
            book.close()

    def _executor(self) -> AbstractContextManager[Executor]:
        return seats(self.spec.executor, self.spec.limits, self.executor)

    # What is there

    @cached_property
    def _rows(self) -> list[Row]:
        return journal.kept(self.folder)

    @property
    def table(self) -> Table:
        """A line for each combination and claim (`lines`)."""
        return Table(self.plan, list(self._rows))

    def results(self) -> list[Row]:
        """The latest row of every match that was asked for and played."""
        return [row for rows in self.table.of.values() for row in rows]

    def rows(self) -> list[dict[str, Any]]:
        """One plain mapping a match and claim, with each varied value under its path."""
        return list(self.table.matches())

    def report(self, path: Place) -> Path:
        """Writes the sweep's page; gives its path."""
        from arena.report.sweep import render

        kept = beside(self.folder, Path(path))
        write_atomically(Path(path), render(self.spec.title, self.table, kept).encode())
        return Path(path)

    def save(self) -> Path:
        """Writes what is derived beside the journal: sweep.json, rows.csv, report.html; gives the page's path."""
        from arena.report import html

        write_atomically(self.folder / RECORD, self._record([line.as_data() for line in self.table.lines]))
        save_lines(self.folder / LINES, self.rows())
        html.write_kept(self.folder / MATCHES)
        return self.report(self.folder / PAGE)

    def _record(self, table: Sequence[Mapping[str, Any]] = ()) -> bytes:
        found = {"version": 1, "title": self.spec.title, "file": str(self.spec.path.resolve()), "machine": machine(),
                 "changes": list(self.spec.changes), "seeds": list(self.spec.seeds.numbers),
                 "vary": {one.path: list(one.values) for one in self.spec.varied}, "table": list(table)}
        return (json.dumps(found, indent=1, allow_nan=False) + "\n").encode()
