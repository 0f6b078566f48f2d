"""A page: one self-contained HTML file, its title and its panels in their order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from arena.report.panels import Panel, drawn

TEMPLATE = Path(__file__).parent / "templates" / "page.html.j2"


@cache
def _template() -> str:
    return TEMPLATE.read_text(encoding="utf-8")


def render(title: str, panels: Sequence[Panel], subject: Any) -> str:
    """The page as text: of the panels those that apply to the subject; of one order by name."""
    ordered = sorted(panels, key=lambda panel: (panel.order, panel.name))
    shown = [(panel, html) for panel in ordered if (html := panel.shown(subject)) is not None]
    return str(drawn(_template(), title=title, panels=shown))
