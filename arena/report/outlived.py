"""Who outlives what: a tournament's cells as a Markdown table and a picture, for docs/results.

Of every owner's mark against every thief: how many claims the policy grants, the rarity, and the part of the key that
still answers, which is what the literature calls the watermark's accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median

import numpy as np

from arena.report.markdown import plain, standing_alone, table
from arena.report.panels.tournament import Tournament
from arena.report.plots import figure, svg
from arena.tournament.answers.analysis import Analysis, CellSummary
from arena.tournament.cells import OWNER, Cell


@dataclass(frozen=True)
class Outlived:
    """A tournament's cells; the first policy is the one whose grants are shown."""

    analysis: Analysis
    title: str
    command: str

    @cached_property
    def page(self) -> Tournament:
        """What the tournament's own page says of the same."""
        return Tournament(self.analysis)

    @property
    def policy(self) -> str:
        return self.page.policy

    @property
    def markdown(self) -> str:
        """The page: commitment, then a table a task."""
        spec, rows = self.analysis.spec, self.analysis.rows
        seeds, machines = sorted({row.seed for row in rows}), sorted({row.machine for row in rows})
        told = (f"Written by `{self.command}`: {len(rows)} matches, seeds {', '.join(map(str, seeds))}, "
                f"{sum(row.seconds for row in rows) / 60:.0f} minutes of matches on {plain(', '.join(machines))}.")
        parts = [f"# {plain(self.title)}", told, *self._answers()]
        for task in spec.tasks:
            parts += [f"## {plain(task)}",
                      f"Claims granted under `{self.policy}`, median rarity in bits, and the part of the key that "
                      "still answers (mean over seeds); then what the thief's changes cost him in points of accuracy "
                      "(mean, least to most, over schemes and seeds). Bystanders, whom nothing should be held against: "
                      f"{', '.join(sorted(self.analysis.innocents)) or 'none'}.",
                      table(("thief", *spec.schemes, "points lost"), list(self._lines(task)))]
        return "\n\n".join(parts) + "\n"

    def _answers(self) -> Iterator[str]:
        """What owners should commit to, by task and policy."""
        for each in (*(choice.headline for choice in self.page.choices), *self.page.others):
            yield f"On {each.task}, judged by `{each.policy}`: {plain(each.sentence)}"

    def _lines(self, task: str) -> Iterator[list[str]]:
        for thief in self.analysis.spec.attacks:
            cells = [Cell(task, scheme, thief) for scheme in self.analysis.spec.schemes]
            lost = [100 * (row.figures["stolen"] - row.figures["deployed"])
                    for cell in cells for row in self.analysis.finished(cell)]
            cost = f"{fmean(lost):.1f} ({min(lost):.1f} to {max(lost):.1f})" if lost else "-"
            yield [thief, *map(self._cell, cells), cost]

    def _cell(self, cell: Cell) -> str:
        rows = self.analysis.finished(cell)
        parts = [_granted(self.analysis.cell(cell, self.policy))]
        if evidence := [row.claims[OWNER]["case"]["evidence"] for row in rows if OWNER in row.claims]:
            parts.append(f"{median(each['rarity'] for each in evidence):.0f} bits")
        if shares := [each["hits"] / each["trials"] for each in evidence if each["kind"] == "hits"]:
            parts.append(f"{fmean(shares):.2f}")
        return ", ".join(parts)

    @property
    def picture(self) -> str:
        """The heat maps as an SVG file: colour is the share granted, a number how many."""
        spec = self.analysis.spec
        drawing, _ = figure(1.2 + 0.42 * len(spec.attacks), (0.9 + 0.32 * len(spec.schemes)) * len(spec.tasks))
        drawing.clear()
        for number, task in enumerate(spec.tasks, 1):
            axes = drawing.add_subplot(len(spec.tasks), 1, number)
            cells = [[self.analysis.cell(Cell(task, scheme, thief), self.policy) for thief in spec.attacks]
                     for scheme in spec.schemes]
            axes.imshow(np.array([[cell.granted.value for cell in line] for line in cells], float), cmap="YlGn",
                        vmin=-0.1, vmax=1.5, aspect="auto")
            for y, line in enumerate(cells):
                for x, cell in enumerate(line):
                    axes.text(x, y, _granted(cell), ha="center", va="center", fontsize=8)
            axes.set_yticks(range(len(spec.schemes)), list(spec.schemes))
            axes.set_xticks(range(len(spec.attacks)), list(spec.attacks), rotation=45, ha="right",
                            rotation_mode="anchor")
            axes.set_title(f"{task}: claims granted, {self.policy}", fontsize=9.5)
        drawing.tight_layout()
        return standing_alone(svg(drawing))


def _granted(cell: CellSummary) -> str:
    return f"{cell.hits}/{cell.granted.n}" if cell.granted.n else "-"
