"""The page of a reproduction: the paper's numbers and ours, side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from arena.base.machine import machine
from arena.report.html import environment

if TYPE_CHECKING:
    from arena.reproduction.reproduction import Figure, Row


ORDER = {"Table": 0, "Figure": 1, "-": 3, "scenario": 4}
HEADINGS = {"-": "Not in the paper", "scenario": "Scenarios"}


def sections(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """(heading, its rows) in the paper's order: tables, figures, other places, what is not in the paper, scenarios."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.where, []).append(row)

    def place(where: str) -> tuple[int, list[int]]:
        word = where.split()[0]
        return (ORDER.get(word, 2), [int(digits) for digits in re.findall(r"\d+", where)]
                if word in ("Table", "Figure") else [])

    return [(HEADINGS.get(where, f"Section {where}" if where[0].isdigit() else where), found[where])
            for where in sorted(found, key=place)]


def render(title: str, data: dict[str, Any], rows: Sequence[Row], figures: Sequence[Figure]) -> str:
    """The page as text."""
    return environment().get_template("reproduction.html.j2").render(title=title, data=data, sections=sections(rows),
                                                                     figures=figures,
                                                                          asked=[row.holds
                                                                                 for row in rows
                                                                                 if row.holds is not None],
                                                                     machine=machine())
