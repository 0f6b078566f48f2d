"""The page of a sweep: a line for each combination and claim, and one plot of them all (`panels.sweep`)."""

from __future__ import annotations

from pathlib import Path

from arena.report import page
from arena.report.panels import found
from arena.report.panels.sweep import Sweep
from arena.tournament.sweep.table import Table


def render(title: str, table: Table, matches: Path | None = None) -> str:
    """The page as text; lines link to matches kept in the folder `matches`, which is to lie beside the page."""
    return page.render(title, found("sweep"), Sweep(table, matches))
