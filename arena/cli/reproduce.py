"""What `arena reproduce` shows: a paper's rows as they are found, and where the page is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from arena.face.reproducing import reproduce as reproduced
from arena.reproduction.reproduction import Row


def reproduce(paper: str, out: Path, docs: Path | None = None, **how: Any) -> int:
    """Prints the rows as they come, writes OUT/page.html and OUT/rows.json, and with DOCS the page as Markdown there; 1
    when something asked for does not hold."""
    page = reproduced(paper, out=out, observer=_show, **how)
    if docs is not None:
        print(page.document(docs, paper.rpartition(":")[2].lower()))
    print(f"{out / 'page.html'} ({page.seconds:.0f} s)")
    return 0 if page.holds else 1


def _show(heard: str | Row) -> None:
    print(_line(heard) if isinstance(heard, Row) else heard, flush=True)


def _line(row: Row) -> str:
    mark = {True: "✓", False: "✗", None: " "}[row.holds]
    return (f"{mark} {row.where}: {row.what}: {row.ours} (paper: {row.paper}; n={row.n}; {row.spread})"
            f"{'; ' + row.differs if row.differs else ''}")
