"""The page of a tournament: the commitment first, then why (`panels.tournament`)."""

from __future__ import annotations

from pathlib import Path

from arena.report import page
from arena.report.panels import found
from arena.report.panels.tournament import Tournament
from arena.tournament.analysis import Analysis


def render(title: str, analysis: Analysis, matches: Path | None = None) -> str:
    """The page as text; cells link to matches kept in the folder `matches`, which is to lie beside the page."""
    return page.render(title, found("tournament"), Tournament(analysis, matches))
