"""Reproductions: a paper's tables and figures beside ours, row by row, on one page.

A reproduction is a strategy like others (agents/reproductions/NAME.py): it gets a `Studio` and yields rows and figures.
It also plays the scenarios in scenarios/NAME. Two profiles: quick (for two cores) and full (for a GPU, which says
what of the paper's it keeps).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import mean, stdev
from typing import ClassVar, Literal, TypeVar

from arena.base.draws import Draws, master_of, world_of
from arena.executors.together import together
from arena.hosts.task import Task
from arena.reproduction.figure import Figure
from arena.strategies.strategy import Strategy
from arena.workshop.options import Options
from arena.workshop.workshop import Workshop

__all__ = ["Figure", "Reproduction", "Row", "Shown", "Studio"]

T = TypeVar("T")
R = TypeVar("R")
EVERY = 15.0
"""Seconds between two lines of progress."""


@dataclass(frozen=True)
class Row:
    """One line of the page: where in the paper, what, the paper's number, ours with n and spread, what differs; `holds`
    says whether what was asked for is so (None: nothing was asked)."""

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


State = Literal["reproduced", "smaller", "not"]


@dataclass(frozen=True)
class Shown:
    """What became of a table or figure of the paper: reproduced, reproduced smaller (how), or not (why)."""

    where: str
    state: State
    how: str = ""

    def __post_init__(self) -> None:
        if self.state != "reproduced" and not self.how:
            raise ValueError(f"{self.where}: {self.state}: it must be said how or why")


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

    def workshop(self, seed: int, agent: str = "alice", task: Task | None = None, watched: int = 0) -> Workshop:
        """The workshop of one agent in one scenario seed; what it trains is stored and shared with scenarios of the
        same task. The accuracy on so many test images is `watched` meanwhile."""
        options = replace(self.options, world=world_of(master_of(seed)), alone=True, watched=watched)
        return Workshop(task or self.task, Draws.of(seed, agent).secret, agent, options, sink=self._progress)

    def together(self, work: Callable[[Studio, T], R], items: Sequence[T]) -> Iterator[R]:
        """What `work` (a module's function) makes of each item, in their order, in a studio whose progress names the
        item. On a processor's cores they are worked on side by side, with one thread each: for many small networks that
        is the faster way, and its bits don't depend on the cores."""
        if self.options.device != "cpu" or self.options.threads == 1:
            yield from (_in(self, work, item) for item in items)
        else:
            yield from together(partial(_in, self.alone, work), items, self.options.threads)

    @property
    def alone(self) -> Studio:
        """The studio as each of those that work together has it: what they made is found in the store under its
        name."""
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
    full: ClassVar[str] = ""
    """What would change with the full profile."""

    def task(self, quick: bool) -> Task:
        """The task that the hosts are for, by profile."""
        raise NotImplementedError

    def rows(self, studio: Studio) -> Iterator[Row | Figure]:
        """What was found, in the order of the paper."""
        raise NotImplementedError

    def shown(self, quick: bool) -> Sequence[Shown]:
        """Every table and figure of the paper, and what becomes of it here."""
        return ()


def overclaimed(shown: Sequence[Shown], found: Sequence[Row | Figure]) -> list[str]:
    """Tables and figures that are said to be reproduced, smaller or not, though nothing that was found is theirs."""
    there = {part for item in found if not isinstance(item, Row) or item.n for part in item.where.split(", ")}
    return [each.where for each in shown
            if each.state != "not" and not any(place == each.where or place.startswith(f"{each.where} (")
                                               for place in there)]


def borne_out(shown: Sequence[Shown], found: Sequence[Row | Figure]) -> tuple[Shown, ...]:
    """What is said to be shown, as far as something of it was found: of the rest, that it was not, and why."""
    claimed = overclaimed(shown, found)
    why = {item.where: item.differs for item in found if isinstance(item, Row) and not item.n and item.differs}
    return tuple(Shown(each.where, "not", why.get(each.where, "nothing of it was found"))
                 if each.where in claimed else each for each in shown)


def spread(values: Sequence[float], form: str = "{:.3g}") -> str:
    """`lowest to highest, s.d. ...` of several measurements; `-` for one."""
    if len(values) < 2:
        return "-"
    return f"{form.format(min(values))} to {form.format(max(values))}, s.d. {form.format(stdev(values))}"


def average(values: Sequence[float], form: str = "{:.3g}") -> str:
    return form.format(mean(values))


