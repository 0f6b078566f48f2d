"""The index of all papers played again: what became of each one's tables and figures, and where its page is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arena.report import page
from arena.report.markdown import plain, table
from arena.report.panels import found
from arena.report.panels.reproduction.coverage import WORDS

HEAD = ("paper", "tables and figures", "targets that hold", "time", "made by")


@dataclass(frozen=True)
class Entry:
    """A paper: its name and title, its page's place, what rows.json says of it; or why it was not played."""

    name: str
    title: str
    link: str
    data: Mapping[str, Any]
    refused: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands behind the title, as HEAD says."""
        if self.refused:
            return (f"not played: {self.refused}", "-", "-", "-")
        states = [part["state"] for part in self.data["shown"]]
        counts = (f"{states.count(state)} {words}" for state, words in WORDS.items() if state in states)
        holds = [row["holds"] for row in self.data["rows"] if row["holds"] is not None]
        return (", ".join(counts) or "not said", f"{sum(holds)} of {len(holds)}", f"{self.data['seconds']:.0f} s",
                self.data["command"])


def render(entries: Sequence[Entry]) -> str:
    """The index as a page."""
    return page.render("Papers, played again", found("papers"), entries)


def as_markdown(entries: Sequence[Entry]) -> str:
    """The index as Markdown."""
    lines = [(f"**[{plain(entry.title)}]({entry.link})**" if entry.link else entry.title, *entry.cells)
             for entry in entries]
    return f"# Papers, played again\n\n{table(HEAD, lines)}\n"
