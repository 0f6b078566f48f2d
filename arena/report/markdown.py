"""A reproduction's page as Markdown with its pictures beside it, for docs/results: written by the command, never by
hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from arena.report.figure import svg_of
from arena.report.panels.reproduction.coverage import WORDS
from arena.report.panels.reproduction.rows import conditions, lettered, sections

if TYPE_CHECKING:
    from arena.reproduction.reproduction import Figure, Row

XMLNS = 'xmlns="http://www.w3.org/2000/svg"'


def written(name: str, title: str, data: Mapping[str, Any], rows: Sequence[Row],
            figures: Sequence[Figure]) -> dict[PurePosixPath, str]:
    """The files by their paths in docs/results: NAME.md, and NAME/NUMBER-WHERE.svg of each figure."""
    pictures = {PurePosixPath(name, f"{number}-{_slug(figure.where)}.svg"): figure
                for number, figure in enumerate(figures, 1)}
    parts = [f"# {plain(title)}", *_about(data), *_coverage(data.get("shown", ())),
             *_conditions(known := conditions(rows)),
             *(part for heading, those in sections(rows) for part in (f"## {plain(heading)}", _rows(those, known)))]
    if pictures:
        parts.append("## Figures")
        parts += [f"**{plain(figure.where)}**: {plain(figure.title)}\n\n![{plain(figure.where)}]({path})"
                  for path, figure in pictures.items()]
    text = "\n\n".join([*parts, _machine(data)]) + "\n"
    return {PurePosixPath(f"{name}.md"): text,
            **{path: standing_alone(svg_of(figure)) for path, figure in pictures.items()}}


def _about(data: Mapping[str, Any]) -> list[str]:
    task, holds = data["task"], [row["holds"] for row in data["rows"] if row["holds"] is not None]
    limit = f", {task['limit']:,} training images before the split" if task["limit"] else ""
    told = (f"Written by `{data['command']}` in {data['seconds']:.0f} s; {data['profile']} profile: {task['dataset']}"
            f"{limit}, {task['network']}, {task['epochs']} epochs. "
            f"Of {len(holds)} rows with a target {sum(holds)} hold.")
    more = [f"Different throughout: {data['throughout']}"] if data["throughout"] else []
    full = data.get("full") if data["profile"] == "quick" else ""
    return [told, *map(plain, more), *([plain(f"What would change with --full: {full}")] if full else [])]


def _coverage(shown: Sequence[Mapping[str, str]]) -> list[str]:
    lines = [(part["where"], WORDS[part["state"]], part["how"]) for part in shown]
    return ["## Every table and figure of the paper",
            table(("in the paper", "here", "how, or why not"), lines)] if lines else []


def _conditions(known: Mapping[str, str]) -> list[str]:
    lines = [f"- **{letter}**: {plain(text)}" for text, letter in known.items()]
    return ["## Conditions", 'A letter under "what differs" stands for:', "\n".join(lines)] if lines else []


def _rows(rows: Sequence[Row], known: Mapping[str, str]) -> str:
    said = {True: "holds", False: "**does not hold**", None: ""}
    lines = [(r.what, r.paper, r.ours, str(r.n), r.spread, lettered(r.differs, known), said[r.holds]) for r in rows]
    return table(("what", "paper", "ours", "n", "spread", "what differs", ""), lines)


def _machine(data: Mapping[str, Any]) -> str:
    told = (f"{plain(key)}: {plain(str(value))}" for key, value in data["machine"].items())
    return "## Machine\n\n" + "; ".join(told)


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (
        head, ["---"] * len(head), *([cell if cell.startswith("**") else plain(cell) for cell in line]
                                     for line in lines)))


def plain(text: str) -> str:
    """Text that Markdown shows as it is written."""
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", " ".join(text.split()))


def _slug(where: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", where.lower()).strip("-") or "figure"


def standing_alone(svg: str) -> str:
    """An SVG inside a page needs no name space, a file does."""
    return svg if XMLNS in svg else svg.replace("<svg", f"<svg {XMLNS}", 1)
