"""Which setting of a mark an owner should take, measured against thieves (`arena design`).

    import arena
    found = arena.design("who.yaml", scheme="rose", max_loss="1 point", search={"triggers": [16, 128]})
    found.recommended.setting, found.sentence, found.report("rose.html")
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError, suggest
from arena.base.files import write_atomically
from arena.base.machine import machine
from arena.base.shipped import TOURNAMENTS, located
from arena.base.yamlfile import parse
from arena.executors.executor import Executor
from arena.face.folders import PAGE, check_folder, folder_of
from arena.face.machine import Place, options
from arena.face.seats import changed, is_executor, seats
from arena.tournament import spec
from arena.tournament.answers.analysis import Analysis
from arena.tournament.answers.design import Designed, Designing, Point
from arena.tournament.journal import Journal
from arena.tournament.learning import spaces
from arena.tournament.learning.bench import Bench
from arena.tournament.learning.learners import Ask, Learner
from arena.tournament.plan import planned
from arena.tournament.rows import Row
from arena.workshop.options import Options

RECORD = "design.json"
MOST_TRIALS, MOST_GAMES = 10_000, 10**9
LOSS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:points?|%)")
SEARCH = re.compile(r"([A-Za-z][\w-]*)=(.+)")
Search = Mapping[str, Any] | Sequence[str]
"""Parameters and their values, [low, high] or choices, or texts `triggers=16:128`, `order=ascending,random`."""


@dataclass(eq=False)
class Design:
    """A scheme of a tournament's file whose setting is looked for, with a folder for its journal."""

    spec: spec.Spec
    ask: Ask
    most: float
    trials: int
    task: str
    thief: float | None
    folder: Path
    options: Options
    executor: Executor | None = None
    kept: Any = field(default=None, repr=False)
    result: Designed | None = field(default=None, init=False, repr=False)

    @classmethod
    def load(cls, path: Place, *, max_loss: float | str, scheme: str = "", search: Search = (), trials: int = 12,
             seeds: int = 5, task: str = "", thief_loss: float | str | None = None, out: Place | None = None,
             executor: str | Mapping[str, Any] | Executor | None = None, store: Place | None = None,
             data: Place | None = None, device: str = "auto") -> Design:
        """The design of a scheme of the file (`learn.schemes`, or `schemes` with `search`); ArenaError for what can't
        be right. `max_loss` and `thief_loss` are shares, or texts such as `1 point`."""
        if seeds < 2:
            raise ArenaError(f"{seeds} seeds: at least 2, or nothing has an interval")
        if not 1 <= trials <= MOST_TRIALS:
            raise ArenaError(f"{trials} trials: from 1 to {MOST_TRIALS:,}")
        most, thief = loss("max loss", max_loss), None if thief_loss is None else loss("thief loss", thief_loss)
        found = changed(spec.load(located(path, TOURNAMENTS)), seeds, executor)
        if not Analysis(found, ()).thieves:
            raise found.file.error(("attacks",), "no thief is among them: a mark is designed against some")
        ask, where = asked(found, scheme, searched(search)), _task(found, task)
        folder, kept = folder_of(out, "design")
        return cls(found, ask, most, trials, where, thief, folder, options(store, data, device, 1),
                   executor if is_executor(executor) else None, kept)

    def play(self) -> Iterator[Row]:
        """Plays what isn't in the journal yet; rows as they come. Whoever stops it can go on later."""
        check_folder(self.folder, RECORD, "design", {"file": str(self.spec.path.resolve()), "scheme": self.ask.name},
                     "another design was played there ({scheme} of {file})")
        with seats(self.spec.executor, self.spec.limits, self.executor) as executor:
            learner = self._learner(executor)
            book = Journal(self.folder)
            try:
                self._write()
                bench = Bench(executor, book, self.options, self.folder.resolve(), MOST_GAMES,
                              lambda each: planned(each, executor, self.options.data_folder, strict=False))
                designing = Designing(self.spec, learner, bench, self.trials, self.most, self.task, self.thief)
                self.result = yield from designing.play()
            finally:
                book.close()

    @property
    def total(self) -> int:
        """Matches at the most."""
        return self.trials * len(Analysis(self.spec, ()).thieves) * self.spec.seeds.least

    def _learner(self, executor: Executor) -> Learner:
        """The scheme and what is searched of it; ArenaError for what can't be, at its place or on the command line."""
        own = self.ask.name in self.spec.learn.schemes and (
            self.ask.search == self.spec.learn.schemes[self.ask.name].search)

        def blame(ask: Ask, parameter: str, text: str) -> ArenaError:
            place = ("learn", "schemes", ask.name, "search", parameter)
            return self.spec.file.error(place if parameter else place[:3], text) if own else ArenaError(
                f"search: {text}")

        return spaces.learners([self.ask], self.spec.path, executor, blame)[0]

    def _write(self) -> None:
        write_atomically(self.folder / RECORD, (json.dumps(self.as_data(), indent=1, allow_nan=False) + "\n").encode())

    def as_data(self) -> dict[str, Any]:
        """Plain JSON data: what was asked, and what came of it; no number where an interval has no end."""
        found = self.result
        asked_for = {"version": 1, "file": str(self.spec.path.resolve()), "scheme": self.ask.name,
                     "search": dict(self.ask.search), "max_loss": self.most, "thief_loss": self.thief,
                     "trials": self.trials, "seeds": asdict(self.spec.seeds), "task": self.task, "machine": machine()}
        if found is None:
            return asked_for
        best = found.recommended
        return {**asked_for, "sentence": found.sentence, "recommended": best.name if best else None,
                "attacks": list(found.attacks), "left_out": dict(found.left),
                "settings": [_plain(asdict(point)) for point in found.points]}

    # What came of it

    @property
    def recommended(self) -> Point | None:
        """The setting to take; None where none fits."""
        return self.result.recommended if self.result else None

    @property
    def points(self) -> Sequence[Point]:
        """All settings that were tried."""
        return self.result.points if self.result else ()

    @property
    def front(self) -> list[Point]:
        """Those that no other beats in both, cheapest first."""
        return sorted((point for point in self.points if point.front), key=lambda point: point.cost.value)

    @property
    def sentence(self) -> str:
        return self.result.sentence if self.result else "Nothing was played."

    def report(self, path: Place) -> Path:
        """Writes the design's page; gives its path."""
        from arena.report.design import render

        if self.result is None:
            raise ArenaError("nothing was played yet")
        write_atomically(Path(path), render(self.spec.title, self.result, self.spec.sampling.confidence).encode())
        return Path(path)

    def save(self) -> Path:
        """Writes what is derived beside the journal: design.json, report.html; gives the page's path."""
        self._write()
        return self.report(self.folder / PAGE)


def design(path: Place, *, max_loss: float | str, observer: Callable[[int, int], None] = lambda done, total: None,
           **how: Any) -> Design:
    """Looks for the setting of a scheme whose evidence is rarest after the worst of a tournament's attacks, among those
    that cost at most `max_loss` of the host's accuracy with its interval (`Design.load` says what else there is).
    `observer` hears (matches played now, matches at the most); with `out` the folder stays, and the same goes on."""
    made = Design.load(path, max_loss=max_loss, **how)
    for number, _ in enumerate(made.play(), start=1):
        observer(number, made.total)
    if made.kept is None:
        made.save()
    return made


def loss(name: str, given: float | str) -> float:
    """An accuracy as a share, from a share or from `1 point`, `0.5 %`; ArenaError for what is none."""
    text = str(given).strip()
    share = float(found[1]) / 100 if (found := LOSS.fullmatch(text)) else given
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
        raise ArenaError(f"{name} {text!r:.60}: an accuracy with its unit is wanted, such as '1 point' or '0.5 %'")
    return float(share)


def searched(search: Search) -> dict[str, Any]:
    """Parameters and what is searched of them; ArenaError for a text that says neither a range nor choices."""
    if isinstance(search, Mapping):
        return {name: list(values) if isinstance(values, (list, tuple)) else values for name, values in search.items()}
    return dict(map(_searched, search))


def _searched(text: str) -> tuple[str, list[Any]]:
    found = SEARCH.fullmatch(text)
    values = found[2].split(":" if ":" in found[2] else ",") if found else []
    if found is None or len(values) < 2 or not all(value.strip() for value in values) or (
            ":" in found[2] and len(values) > 2):
        raise ArenaError(f"search {text!r:.80}: NAME=LOW:HIGH or NAME=A,B,C is wanted")
    return found[1], [parse(value, f"search {found[1]}").data for value in values]


def asked(found: spec.Spec, scheme: str, search: Mapping[str, Any]) -> Ask:
    """The scheme that is meant and what is searched of it; ArenaError when it isn't clear."""
    learning, names = found.learn.schemes, {**found.schemes, **found.learn.schemes}
    if not scheme and len(learning) != 1:
        raise ArenaError(f"{found.path}: which scheme? {len(learning)} are in learn.schemes{suggest('', names)}")
    name = scheme or next(iter(learning))
    if name not in names:
        raise ArenaError(f"{found.path}: no scheme {name!r:.60}{suggest(name, names)}")
    if name in learning:
        return Ask("schemes", name, learning[name].scheme, search or learning[name].search)
    if not search:
        raise ArenaError(f"{found.path}: {name} is not in learn.schemes: say what is searched, e.g. triggers=16:128")
    if not found.schemes[name]:
        raise ArenaError(f"{found.path}: {name} is an owner without a mark: there is nothing to design")
    return Ask("schemes", name, found.schemes[name], search)


def _task(found: spec.Spec, task: str) -> str:
    if task and task not in found.tasks:
        raise ArenaError(f"{found.path}: no task {task!r:.60}{suggest(task, found.tasks)}")
    return task or next(iter(found.tasks))


def _plain(data: Any) -> Any:
    """Numbers that are not finite as None."""
    if isinstance(data, Mapping):
        return {key: _plain(value) for key, value in data.items()}
    return None if isinstance(data, float) and not abs(data) < float("inf") else data
