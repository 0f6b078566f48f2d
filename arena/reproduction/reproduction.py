"""Reproductions: a paper's tables and figures beside ours, row by row, on one page.

A reproduction is a strategy like others (agents/reproductions/NAME.py): it gets a `Studio` and yields rows and figures. It also plays the
scenarios in scenarios/NAME. Two profiles: quick (two cores, under half an hour) and full (the paper's schedule, for a GPU).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import ClassVar, TypeVar

from arena.base.draws import Draws, master_of, world_of
from arena.base.errors import ArenaError
from arena.executors.together import together
from arena.hosts import datasets
from arena.hosts.store import write_atomically
from arena.scenario import scenario
from arena.strategies import BASES, Strategy, find
from arena.workshop.workshop import Options, Task, Workshop

T = TypeVar("T")
R = TypeVar("R")
EVERY = 15.0
"""Seconds between two lines of progress."""


@dataclass(frozen=True)
class Row:
    """One line of the page: where in the paper, what, the paper's number, ours with n and spread, what differs; `holds` says whether what was
    asked for is so (None: nothing was asked)."""

    where: str
    what: str
    paper: str
    ours: str
    n: int
    spread: str = "-"
    differs: str = ""
    holds: bool | None = None

    def __post_init__(self) -> None:
        if self.holds is not None:  # numpy's booleans are neither `is False` nor JSON
            object.__setattr__(self, "holds", bool(self.holds))


@dataclass(frozen=True)
class Figure:
    """A plot, as SVG text, with what it shows."""

    where: str
    title: str
    svg: str


@dataclass
class Studio:
    """What a reproduction works with: workshops of one kind of task, the profile, how many seeds."""

    task: Task
    options: Options
    quick: bool
    seeds: tuple[int, ...]
    say: Callable[[str], None] = print
    about: str = ""
    said: float = field(default=0.0, init=False, repr=False)

    def workshop(self, seed: int, agent: str = "alice", task: Task | None = None) -> Workshop:
        """The workshop of one agent in one scenario seed; what it trains is stored and shared with scenarios of the same task."""
        options = replace(self.options, world=world_of(master_of(seed)), alone=True)
        return Workshop(task or self.task, Draws.of(seed, agent).secret, agent, options, sink=self._progress)

    def together(self, work: Callable[[Studio, T], R], items: Sequence[T]) -> Iterator[R]:
        """What `work` (a module's function) makes of each item, in their order, in a studio whose progress names the item. On a processor's cores they
        are worked on side by side, with one thread each: for many small networks that is the faster way, and its bits don't depend on the cores."""
        if self.options.device != "cpu" or self.options.threads == 1:
            yield from (_in(self, work, item) for item in items)
        else:
            yield from together(partial(_in, self.alone, work), items, self.options.threads)

    @property
    def alone(self) -> Studio:
        """The studio as each of those that work together has it: what they made is found in the store under its name."""
        return replace(self, options=replace(self.options, threads=1)) if self.options.device == "cpu" else self

    def _progress(self, what: str, done: int, total: int, text: str) -> None:
        now = time.monotonic()
        if now - self.said > EVERY:
            self.said = now
            self.say(f"    {self.about}{what}: {done} of {total} {text}")


def _in(studio: Studio, work: Callable[[Studio, T], R], item: T) -> R:
    return work(replace(studio, about=f"{', '.join(map(str, item)) if isinstance(item, tuple) else item}: "), item)


class Reproduction(Strategy):
    """One paper. Subclasses are named like the folder of its scenarios."""

    kind = "reproductions"
    title: ClassVar[str] = ""
    seeds: ClassVar[int] = 2
    """How many hosts of each kind, when nobody says."""
    throughout: ClassVar[str] = ""
    """What differs from the paper in every row."""

    def task(self, quick: bool) -> Task:
        """The task that the hosts are for, by profile."""
        raise NotImplementedError

    def rows(self, studio: Studio) -> Iterator[Row | Figure]:
        """What was found, in the order of the paper."""
        raise NotImplementedError


BASES[Reproduction.kind] = Reproduction


def spread(values: Sequence[float], form: str = "{:.3g}") -> str:
    """`lowest to highest, s.d. ...` of several measurements; `-` for one."""
    if len(values) < 2:
        return "-"
    return f"{form.format(min(values))} to {form.format(max(values))}, s.d. {form.format(stdev(values))}"


def average(values: Sequence[float], form: str = "{:.3g}") -> str:
    return form.format(mean(values))


def reproduce(name: str, options: Options, out: Path, quick: bool, seeds: int | None = None) -> int:
    """Plays a paper's reproduction, prints its rows as they come, writes OUT/page.html and OUT/rows.json; 1 when something asked for does not hold."""
    from arena.report.reproduction import render

    play: Reproduction = find("reproductions", name)()
    task = play.task(quick)
    datasets.available(task.dataset, options.data_folder)
    studio = Studio(task, options, quick, tuple(range(1, (seeds or play.seeds) + 1)))
    started, rows, figures = time.perf_counter(), [], []
    print(f"{play.title}\n  {'quick' if quick else 'full'} profile: {task.dataset}, {task.network}, seeds 1 to {studio.seeds[-1]}", flush=True)
    for item in play.rows(studio):
        if isinstance(item, Figure):
            figures.append(item)
            continue
        rows.append(item)
        _show(item)
    for row in _scenarios(name, options):
        rows.append(row)
        _show(row)
    seconds = time.perf_counter() - started
    data = {"paper": play.title, "profile": "quick" if quick else "full", "task": asdict(task), "seconds": round(seconds, 1), "throughout": play.throughout,
            "rows": [asdict(r) for r in rows]}
    write_atomically(out / "rows.json", (json.dumps(data, indent=1) + "\n").encode())
    write_atomically(out / "page.html", render(play.title, data, rows, figures).encode())
    print(f"{out / 'page.html'} ({seconds:.0f} s)")
    return 1 if any(row.holds is False for row in rows) else 0


def _show(row: Row) -> None:
    mark = {True: "✓", False: "✗", None: " "}[row.holds]
    print(f"{mark} {row.where}: {row.what}: {row.ours} (paper: {row.paper}; n={row.n}; {row.spread}){'; ' + row.differs if row.differs else ''}", flush=True)


def _scenarios(name: str, options: Options) -> Iterator[Row]:
    """The scenarios of the paper's folder, each played once with its own seed."""
    from arena.game.transcript import read
    from arena.play.match import Game
    from arena.play.observer import Silent
    from arena.report.html import write
    from arena.report.summary import Summary

    folder = Path("scenarios", name)
    if not folder.is_dir() and ":" not in name:
        yield Row("scenario", "none played", "-", "-", 0, differs=f"there is no folder {folder} here")
    for path in sorted(folder.glob("*.yaml")):
        try:
            loaded = scenario.load(path, (), None, options.data_folder)
        except ArenaError as error:
            yield Row("scenario", path.stem, "-", "not played", 0, differs=str(error).splitlines()[0])
            continue
        run = Path("runs", f"{name}-{path.stem}")
        start = time.perf_counter()
        Game(loaded, options, run, Silent()).play()
        outcomes = Summary(read(run)).outcomes()
        met = [o for o in outcomes if o.met]
        missed = "; ".join(f"{o.expectation.pair}: {o.got}" for o in outcomes if not o.met)
        yield Row("scenario", f"{path.stem}: {loaded.title}", "-", f"{len(met)} of {len(outcomes)} verdicts as expected", 1,
                  differs=f"{missed + '; ' if missed else ''}{time.perf_counter() - start:.0f} s, {write(run)}",
                  holds=len(met) == len(outcomes) if outcomes else None)
