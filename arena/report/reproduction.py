"""The page of a reproduction: the paper's numbers and ours, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from arena.game import machine

if TYPE_CHECKING:
    from arena.reproduce import Figure, Row


def render(title: str, data: dict[str, Any], rows: Sequence[Row], figures: Sequence[Figure]) -> str:
    """The page as text."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("arena.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("reproduction.html.j2").render(title=title, data=data, rows=rows, figures=figures, machine=machine())
