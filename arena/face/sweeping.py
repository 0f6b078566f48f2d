"""Sweeps from Python: one scenario, every combination of some of its values, every seed.

    import arena
    sweep = arena.sweep("who.yaml", seeds=range(1, 6), vary={"agents.mallory.attacks": [[], ["fine-tune"]]})
    for row in sweep.play(): ...              # rows as they come; a second call goes on where it was stopped
    sweep.rows(), sweep.table.lines, sweep.report("who.html")
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.base.files import write_atomically
from arena.base.machine import machine
from arena.executors.executor import Executor
from arena.face.machine import Place, options
from arena.isolation.server import warm_up
from arena.scenario.scenario import Changes
from arena.tournament import journal
from arena.tournament.engine import Engine, executor_of
from arena.tournament.rows import Row
from arena.tournament.sweep.asked import Asked, asked
from arena.tournament.sweep.match import WORK
from arena.tournament.sweep.plan import SweepPlan, planned
from arena.tournament.sweep.table import Table
from arena.workshop.options import Options

RECORD, LINES, PAGE, MATCHES = "sweep.json", "rows.csv", "report.html", "matches"


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
    runs = hasattr(executor, "submit")
    found = asked(Path(scenario), seeds, vary, changes, limits, "local" if runs else executor, keep)
    kept = tempfile.TemporaryDirectory(prefix="arena-sweep-") if out is None else None
    folder = Path(kept.name) if kept is not None else Path(str(out))
    return Sweep(found, folder, options(store, data, device, 1), executor if runs else None, kept)  # type: ignore[arg-type]


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
        self._check_folder()
        plan: Any = self.plan  # which has all that the engine asks of one
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

    @contextmanager
    def _executor(self) -> Iterator[Executor]:
        warm_up()
        made = self.executor or executor_of(self.spec.executor, self.spec.limits.match, self.spec.limits.memory)
        try:
            yield made
        finally:
            if made is not self.executor:
                made.close()

    def _check_folder(self) -> None:
        """ArenaError for a folder that holds another sweep, or something else."""
        record = self.folder / RECORD
        if record.is_file():
            before = _read(record)
            if Path(before) != self.spec.path.resolve():
                raise ArenaError(f"{self.folder}: another scenario was swept there ({before})")
        elif self.folder.is_dir() and any(self.folder.iterdir()):
            raise ArenaError(f"{self.folder}: is there already and holds something else than a sweep")

    # What is there

    @cached_property
    def _rows(self) -> list[Row]:
        return list(journal.read(self.folder)) if (self.folder / journal.FILE).is_file() else []

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

        beside = self.folder / MATCHES if Path(path).resolve().parent == self.folder.resolve() else None
        write_atomically(Path(path), render(self.spec.title, self.table, beside).encode())
        return Path(path)

    def save(self) -> Path:
        """Writes what is derived beside the journal: sweep.json, rows.csv, report.html; gives the page's path."""
        from arena.report import html

        write_atomically(self.folder / RECORD, self._record([line.as_data() for line in self.table.lines]))
        if lines := self.rows():
            with (self.folder / LINES).open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(lines[0]))
                writer.writeheader()
                writer.writerows(lines)
        html.write_kept(self.folder / MATCHES)
        return self.report(self.folder / PAGE)

    def _record(self, table: Sequence[Mapping[str, Any]] = ()) -> bytes:
        found = {"version": 1, "title": self.spec.title, "file": str(self.spec.path.resolve()), "machine": machine(),
                 "changes": list(self.spec.changes), "seeds": list(self.spec.seeds.numbers),
                 "vary": {one.path: list(one.values) for one in self.spec.varied}, "table": list(table)}
        return (json.dumps(found, indent=1, allow_nan=False) + "\n").encode()


def _read(record: Path) -> str:
    """Which file a record is of."""
    try:
        return str(json.loads(record.read_text(encoding="utf-8"))["file"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ArenaError(f"{record}: this is no sweep's record") from None
