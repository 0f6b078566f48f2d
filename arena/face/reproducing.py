"""A paper played again: its numbers beside ours (`arena reproduce`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from arena.base.errors import ArenaError
from arena.base.files import write_atomically
from arena.base.machine import machine
from arena.base.shipped import shipped
from arena.face import onrecord
from arena.face.machine import Place, options
from arena.face.papergames import scenario_rows
from arena.hosts import datasets
from arena.hosts.task import Task
from arena.isolation.server import warm_up
from arena.report.figure import as_data
from arena.report.markdown import written
from arena.report.reproduction import render
from arena.reproduction.reproduction import Figure, Reproduction, Row, Shown, Studio, borne_out
from arena.strategies.catalogue import find

Heard = Callable[["str | Row"], None]
"""Hears of progress in words, and of each row as it is found."""


@dataclass(frozen=True)
class Reproduced:
    """A paper's rows and figures, as they were found here in so many seconds."""

    paper: str
    profile: str
    task: Task
    seconds: float
    throughout: str
    found: tuple[Row, ...]
    figures: tuple[Figure, ...]
    name: str = ""
    command: str = ""
    full: str = ""
    shown: tuple[Shown, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether all that was asked for is so."""
        return not any(row.holds is False for row in self.found)

    def rows(self) -> list[dict[str, Any]]:
        """The rows as plain mappings."""
        return [asdict(row) for row in self.found]

    def as_data(self) -> dict[str, Any]:
        """Plain JSON data; figures by their numbers, not as they are drawn."""
        return {"paper": self.paper, "command": self.command, "profile": self.profile, "task": asdict(self.task),
                "seconds": round(self.seconds, 1), "machine": machine(), "throughout": self.throughout,
                "full": self.full, "shown": [asdict(part) for part in self.shown], "rows": self.rows(),
                "figures": [as_data(figure) for figure in self.figures]}

    def report(self, path: Place) -> Path:
        """Writes the page; gives its path."""
        write_atomically(Path(path), render(self.paper, self.as_data(), self.found, self.figures).encode())
        return Path(path)

    def save(self, folder: Place) -> Path:
        """Writes FOLDER/rows.json and FOLDER/page.html; gives the page's path."""
        write_atomically(Path(folder, "rows.json"), (json.dumps(self.as_data(), indent=1) + "\n").encode())
        return self.report(Path(folder, "page.html"))

    def document(self, folder: Place) -> Path:
        """Writes FOLDER/NAME.md with its pictures in FOLDER/NAME (docs/results); gives the page's path."""
        name = Path(self.name).stem.replace(":", "-")
        for old in Path(folder, name).glob("*.svg"):
            old.unlink()
        for place, text in written(name, self.paper, self.as_data(), self.found, self.figures).items():
            write_atomically(Path(folder, place), text.encode())
        return Path(folder, f"{name}.md")


def reproduce(paper: str, *, quick: bool = True, seeds: int | None = None, out: Place | None = None,
              docs: Place | None = None, scenarios: Place | None = None, observer: Heard = lambda _: None,
              store: Place | None = None, data: Place | None = None, device: str = "auto",
              threads: int = 0) -> Reproduced:
    """Plays a paper's reproduction (a name, or `mine.py:Mine`) and the scenarios in the folder SCENARIOS/PAPER (Arena's
    own where none is given).

    `quick` is the profile for two cores, else that for a GPU (`Reproduction.full`); `seeds`: how many hosts of each
    kind. With `out` the page, its rows and the scenarios' runs stay there, with `docs` it is written there as Markdown
    with its pictures. Hosts are trained in this process and in others: it has `threads`
    threads afterwards. ArenaError for what can't be played.
    """
    if seeds is not None and seeds < 1:
        raise ArenaError(f"{seeds} seeds: at least 1")
    warm_up()
    made = options(store, data, device, threads)
    torch.set_num_threads(made.threads)
    play_it: Reproduction = find("reproductions", paper)()
    task = play_it.task(quick)
    datasets.available(task.dataset, made.data_folder)
    profile, started = "quick" if quick else "full", time.perf_counter()
    studio = Studio(task, made, quick, tuple(range(1, (seeds or play_it.seeds) + 1)), say=observer)
    observer(f"{play_it.title}\n  {profile} profile: {task.dataset}, {task.network}, seeds 1 to {studio.seeds[-1]}")
    there = Path(scenarios) if scenarios is not None else shipped()
    found = list(_heard(_all(play_it, studio, paper, there, Path(out) if out else None), observer))
    rows = tuple(item for item in found if isinstance(item, Row))
    figures = tuple(item for item in found if isinstance(item, Figure))
    shown = borne_out(play_it.shown(quick), found)
    page = Reproduced(play_it.title, profile, task, time.perf_counter() - started, play_it.throughout, rows, figures,
                      paper, f"arena reproduce {paper} --{profile}" + (f" --seeds {seeds}" if seeds else ""),
                      play_it.full, shown)
    if out is not None:
        page.save(out)
    if docs is not None:
        page.document(docs)
    return page


def _heard(found: Iterator[Row | Figure], observer: Heard) -> Iterator[Row | Figure]:
    for item in found:
        if isinstance(item, Row):
            observer(item)
        yield item


def _all(paper: Reproduction, studio: Studio, name: str, scenarios: Path, out: Path | None) -> Iterator[Row | Figure]:
    if ":" in name:  # a user's own: what its code is made of isn't known, and it has no scenarios
        yield from paper.rows(studio)
    else:
        yield from _found(paper, studio, name)
        yield from scenario_rows(scenarios / name, studio.options, out)


def _found(paper: Reproduction, studio: Studio, name: str) -> Iterator[Row | Figure]:
    """The rows and figures, read where the same code has found them before."""
    record, found = onrecord.page_record(name, studio), list[Row | Figure]()
    if (kept := record.read()) is not None:
        studio.say("  rows and figures are on record: the same code found them on this kind of machine")
        yield from onrecord.from_bytes(kept)
        return
    for item in paper.rows(studio):
        found.append(item)
        yield item
    record.keep(onrecord.as_bytes(found))
