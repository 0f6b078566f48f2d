"""A reproduction's page as Markdown with its pictures in files: what stands in docs/results, written by the command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from arena.base.machine import machine
from arena.report.panels.reproduction.rows import sections

if TYPE_CHECKING:
    from arena.reproduction.reproduction import Figure, Row

HEAD = "| what | paper | ours | n | spread | what differs | |\n|---|---|---|---|---|---|---|"
MARKS = {True: "holds", False: "does not hold", None: ""}


def written(name: str, data: Mapping[str, Any], rows: Sequence[Row], figures: Sequence[Figure]) -> dict[str, str]:
    """Files by their names: NAME.md, and NAME/1.svg and so on for its figures; `data` as in rows.json."""
    pictures = {f"{name}/{number}.svg": figure for number, figure in enumerate(figures, 1)}
    shown = [f"![{each.where}]({file})\n\n{each.where}: {each.title}" for file, each in pictures.items()]
    tables = [f"## {heading}\n\n{HEAD}\n" + "\n".join(map(_line, found)) for heading, found in sections(rows)]
    about = [f"# {data['paper']}", _how(name, data), data["throughout"], *tables, *(["## Figures"] if shown else []),
             *shown, "## Machine", "; ".join(f"{key}: {value}" for key, value in machine().items())]
    return {f"{name}.md": "\n\n".join(filter(None, about)) + "\n", **{file: f.svg for file, f in pictures.items()}}


def _how(name: str, data: Mapping[str, Any]) -> str:
    return f"`arena reproduce {name} --{data['profile']}`, {data['seconds']:.0f} s here. Written by the command."


def _line(row: Row) -> str:
    cells = (row.what, row.paper, row.ours, str(row.n), row.spread, row.differs, MARKS[row.holds])
    return f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in cells)} |"
