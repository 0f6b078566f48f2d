"""What `arena open` does: a run's report in a browser, or its path where there is none."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from arena.base.errors import ArenaError, suggest

PAGES = ("report.html", "page.html")
"""Of a run, a tournament, a sweep or a design; of a reproduction."""


def open_report(run: Path) -> int:
    """Opens the page in a folder; its path is told wherever no browser takes it."""
    page = next((run / name for name in PAGES if (run / name).is_file()), None)
    if page is None:
        near = [str(found.parent) for found in Path("runs").glob("*/*.html") if found.name in PAGES]
        raise ArenaError(f"{run}: there is no {PAGES[0]}{suggest(str(run), near)}")
    try:
        shown = webbrowser.open(page.resolve().as_uri())
    except webbrowser.Error:
        shown = False
    print(page if shown else f"{page} (there is no browser here)")
    return 0
