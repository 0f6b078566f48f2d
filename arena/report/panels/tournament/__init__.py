"""The page of a tournament: what its panels draw from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from arena.base.errors import ArenaError
from arena.tournament.analysis import Analysis, Headline
from arena.tournament.learning.learnt import Learnt


@dataclass(frozen=True)
class Tournament:
    """A tournament's tables; the first policy is the one that heat maps and fronts are drawn for. `learnt` is what
    learners did in it."""

    analysis: Analysis
    learnt: Learnt | None = None

    @property
    def policy(self) -> str:
        return next(iter(self.analysis.spec.policies))

    @property
    def tasks(self) -> list[str]:
        return list(self.analysis.spec.tasks)

    @cached_property
    def headlines(self) -> list[Headline]:
        """One for each task and policy that has enough."""
        return list(self._headlines())

    def _headlines(self) -> Iterator[Headline]:
        for task in self.tasks:
            for policy in self.analysis.spec.policies:
                try:
                    yield self.analysis.headline(task, policy)
                except ArenaError:
                    continue
