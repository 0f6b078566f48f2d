"""The page of a tournament: the commitment first, then why (`panels.tournament`)."""

from __future__ import annotations

from pathlib import Path

from arena.report import page
from arena.report.panels import found
from arena.report.panels.tournament import Tournament
from arena.tournament.answers.analysis import Analysis
from arena.tournament.learning.learnt import Learnt


def render(title: str, analysis: Analysis, matches: Path | None = None, learnt: Learnt | None = None) -> str:
    """The page as text; cells link to matches kept in the folder `matches`, which is to lie beside the page; `learnt`
    is what learners did in it."""
    return page.render(title, found("tournament"), Tournament(analysis, matches, learnt))
