"""The page of a tournament: the commitment first, then why (`panels.tournament`)."""

from __future__ import annotations

from arena.report import page
from arena.report.panels import found
from arena.report.panels.tournament import Tournament
from arena.tournament.analysis import Analysis


def render(title: str, analysis: Analysis) -> str:
    """The page as text."""
    return page.render(title, found("tournament"), Tournament(analysis))
