"""The page of a tournament: what its panels draw from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from arena.tournament.answers.analysis import Analysis, Headline
from arena.tournament.answers.judging import Choice, choice
from arena.tournament.learning.learnt import Learnt
from arena.tournament.rows import Row


@dataclass(frozen=True)
class Tournament:
    """A tournament's tables; the first policy is the one that heat maps and fronts are drawn for. `matches` is the
    folder of those that were kept, `learnt` what learners did."""

    analysis: Analysis
    matches: Path | None = None
    learnt: Learnt | None = None

    @property
    def policy(self) -> str:
        return next(iter(self.analysis.spec.policies))

    @property
    def tasks(self) -> list[str]:
        return list(self.analysis.spec.tasks)

    @property
    def headlines(self) -> list[Headline]:
        """One for each task and policy that has enough."""
        return self.analysis.headlines

    @cached_property
    def choices(self) -> list[Choice]:
        """What a verifier commits to, a task each."""
        found = (choice(self.analysis, task) for task in self.tasks)
        return [each for each in found if each is not None]

    @property
    def others(self) -> list[Headline]:
        """The headlines of the policies that a verifier doesn't commit to."""
        chosen = {(each.task, each.policy) for each in self.choices}
        return [each for each in self.headlines if (each.task, each.policy) not in chosen]

    def kept(self, row: Row) -> str:
        """Where the match's own page is, seen from this one; empty where it wasn't kept."""
        place = f"{row.key[:16]}/report.html"
        return f"matches/{place}" if self.matches is not None and (self.matches / place).is_file() else ""
