"""The page of a reproduction: the paper's numbers and ours, side by side (`panels.reproduction`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from arena.report import page
from arena.report.panels import found
from arena.report.panels.reproduction import Paper

if TYPE_CHECKING:
    from arena.reproduction.reproduction import Figure, Row


def render(title: str, data: Mapping[str, Any], rows: Sequence[Row], figures: Sequence[Figure]) -> str:
    """The page as text; `data` as in rows.json."""
    return page.render(title, found("reproduction"), Paper(data, rows, figures))
