"""Results side by side, from Python: `arena.compare(["runs/a", "runs/b"]).report("both.html")`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.base.errors import ArenaError
from arena.base.files import write_atomically
from arena.face.machine import Place
from arena.face.matches import load
from arena.match import comparison
from arena.match.result import FILE


@dataclass(frozen=True)
class Comparison(comparison.Comparison):
    """A comparison, and its page."""

    def report(self, path: Place) -> Path:
        """Writes the page; gives its path."""
        from arena.report.comparison import render

        write_atomically(Path(path), render(self).encode())
        return Path(path)


def compare(runs: Sequence[Place]) -> Comparison:
    """The results of several runs (folders, or the result.json in them); ArenaError for what holds none, and for fewer
    than two."""
    if len(runs) < 2:
        raise ArenaError("two runs at least are compared")
    results = tuple(load(run) for run in runs)
    places = [Path(run).resolve() for run in runs]
    folders = [(place.parent if place.name == FILE else place).as_posix() for place in places]
    return Comparison(tuple(comparison.told_apart(folders)), results)
