"""What `arena open` does: a run's report in a browser, or its path where there is none."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from arena.base.errors import ArenaError, suggest

PAGES = ("report.html", "page.html", "index.html")
"""Of a run, a tournament, a sweep, a design or a calibration; of a reproduction; of all of these."""


def open_report(run: Path) -> int:
    """Opens the page in a folder, or beside it (RUN.html, that of `arena forge`), or the page that is named; its path
    is told wherever no browser takes it."""
    beside = run if run.suffix == ".html" else run.with_name(f"{run.name}.html")
    page = next((page for page in (*(run / name for name in PAGES), beside) if page.is_file()), None)
    if page is None:
        near = [str(found.parent) for found in Path("runs").glob("*/*.html") if found.name in PAGES]
        raise ArenaError(f"{run}: there is no {PAGES[0]}{suggest(str(run), near)}")
    try:
        shown = webbrowser.open(page.resolve().as_uri())
    except webbrowser.Error:
        shown = False
    print(page if shown else f"{page} (there is no browser here)")
    return 0
