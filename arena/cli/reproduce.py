"""What `arena reproduce` shows: a paper's rows as they are found, and where the page is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from arena.face.papers import ALL, reproduce_all
from arena.face.reproducing import reproduce as reproduced
from arena.reproduction.reproduction import Row


def reproduce(paper: str, out: Path, **how: Any) -> int:
    """Prints the rows as they come, writes OUT/page.html and OUT/rows.json; 1 when something asked for does not
    hold. `all`: every paper, with an index of their pages."""
    if paper == ALL:
        index = reproduce_all(out=out, observer=_show, **how)
        print(out / "index.html")
        return 0 if index.holds else 1
    page = reproduced(paper, out=out, observer=_show, **how)
    print(f"{out / 'page.html'} ({page.seconds:.0f} s)")
    return 0 if page.holds else 1


def _show(heard: str | Row) -> None:
    print(_line(heard) if isinstance(heard, Row) else heard, flush=True)


def _line(row: Row) -> str:
    mark = {True: "✓", False: "✗", None: " "}[row.holds]
    return (f"{mark} {row.where}: {row.what}: {row.ours} (paper: {row.paper}; n={row.n}; {row.spread})"
            f"{'; ' + row.differs if row.differs else ''}")
