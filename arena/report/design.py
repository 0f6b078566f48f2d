"""The page of a design: the setting to take first, then the front that it is chosen from (`panels.design`)."""

from __future__ import annotations

from arena.report import page
from arena.report.panels import found
from arena.report.panels.design import Design
from arena.tournament.answers.design import Designed


def render(title: str, designed: Designed, confidence: float) -> str:
    """The page as text."""
    return page.render(f"Which {designed.scheme}? ({title})", found("design"), Design(designed, confidence))
