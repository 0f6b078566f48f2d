"""The page of a run: what came of it, cast, verdicts and why, attacks, keys, forgeries, messages, costs, training, how
to get it again (`panels.run`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from arena.base.files import write_atomically
from arena.game.transcript import Transcript, read
from arena.match.record import result_of
from arena.match.result import FILE, Result
from arena.report import page
from arena.report.panels import found, own
from arena.report.panels.run import Run


def write(run: Path, out: Path | None = None, panels: Sequence[Path] = ()) -> Path:
    """Writes the page of a run (default: RUN/report.html), with the panels in these files beside the arena's own; gives
    its path. ArenaError for what is no panel."""
    path = out or run / "report.html"
    write_atomically(path, render(result_of(run), read(run), panels, path.parent).encode())
    return path


def write_kept(folder: Path) -> None:
    """Writes the pages of the runs in a folder that have none yet."""
    for record in sorted(folder.glob(f"*/{FILE}")):
        if not (record.parent / "report.html").is_file():
            write(record.parent)


def render(result: Result, transcript: Transcript, panels: Sequence[Path] = (), folder: Path | None = None) -> str:
    """The page as text; it is to lie in that folder (default: the run's)."""
    return page.render(result.title, [*found("run"), *map(own, panels)], Run(result, transcript, folder))
