"""The page of several results side by side (`panels.comparison`)."""

from __future__ import annotations

from arena.match.comparison import Comparison
from arena.report import page
from arena.report.panels import found


def render(compared: Comparison) -> str:
    """The page as text."""
    return page.render(f"{', '.join(compared.names)}: side by side", found("comparison"), compared)
