"""Results side by side: what each says of the same claim, stage and agent, and what differs in the scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from arena.game.ledger import Spending
from arena.match.result import AccuracyRecord, Result, StageRecord, VerdictRecord

T = TypeVar("T")
K = TypeVar("K")


class _Absent:
    def __repr__(self) -> str:
        return "-"


ABSENT: Final = _Absent()
"""Stands where a scenario has no such path."""
HOW = ("device", "threads")
"""Of a match's options, what its bits depend on."""


@dataclass(frozen=True)
class Comparison:
    """Results by the names that they are told apart by; each table maps what a row is about to one entry a result, None
    where it has none."""

    names: tuple[str, ...]
    results: tuple[Result, ...]

    @property
    def claims(self) -> dict[tuple[str, str, str], tuple[VerdictRecord | None, ...]]:
        """(claimant, deployer, verifier) -> the verdicts."""
        return self._beside(lambda result: {(v.claimant, v.deployer, v.verifier): v for v in result.verdicts})

    @property
    def hosts(self) -> dict[str, tuple[AccuracyRecord | None, ...]]:
        """Owner -> the accuracies of his host, unmarked and marked."""
        return self._beside(lambda result: {record.owner: record for record in result.accuracies})

    @property
    def stages(self) -> dict[tuple[str, int], tuple[StageRecord | None, ...]]:
        """(deployer, number of the stage) -> the stages."""
        return dict(sorted(self._beside(lambda result: {(s.deployer, s.number): s for s in result.stages}).items()))

    @property
    def spending(self) -> dict[str, tuple[Spending | None, ...]]:
        """Agent -> what he spent."""
        return self._beside(lambda result: result.spending)

    @property
    def scenarios(self) -> dict[str, tuple[Any, ...]]:
        """Path -> the values in the scenarios, where they differ (`ABSENT` where one has none)."""
        return dict(differences([result.scenario for result in self.results]))

    @property
    def machines(self) -> dict[str, tuple[Any, ...]]:
        """The same of the machines, and of how matches were played there."""
        return dict(differences([{**result.machine, **{name: result.options.get(name) for name in HOW}}
                                 for result in self.results]))

    def _beside(self, table: Callable[[Result], Mapping[K, T]]) -> dict[K, tuple[T | None, ...]]:
        found = [table(result) for result in self.results]
        return {key: tuple(each.get(key) for each in found) for key in dict.fromkeys(k for each in found for k in each)}


def differences(values: Sequence[Any], path: str = "") -> Iterator[tuple[str, tuple[Any, ...]]]:
    """(path, values) where plain data differ: mappings are compared by their keys, all else as a whole."""
    if all(isinstance(value, Mapping) for value in values):
        for key in dict.fromkeys(key for value in values for key in value):
            yield from differences([value.get(key, ABSENT) for value in values], f"{path}.{key}" if path else str(key))
    elif any(type(value) is not type(values[0]) or value != values[0] for value in values):
        yield path, tuple(values)


def told_apart(places: Iterable[str]) -> list[str]:
    """A short name for each path: as few of its last parts as tell it from the others, or all of it."""
    parts = [[part for part in place.split("/") if part] or [place] for place in places]
    return [next((_tail(own, count) for count in range(1, len(own) + 1)
                  if sum(_tail(other, count) == _tail(own, count) for other in parts) == 1), "/".join(own))
            for own in parts]


def _tail(parts: Sequence[str], count: int) -> str:
    return "/".join(parts[-count:])
