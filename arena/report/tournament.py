"""The page of a tournament: the commitment first, then why (`panels.tournament`)."""

from __future__ import annotations

from arena.report import page
from arena.report.panels import found
from arena.report.panels.tournament import Tournament
from arena.tournament.analysis import Analysis
from arena.tournament.learning.learnt import Learnt


def render(title: str, analysis: Analysis, learnt: Learnt | None = None) -> str:
    """The page as text; `learnt` is what learners did in it."""
    return page.render(title, found("tournament"), Tournament(analysis, learnt))
