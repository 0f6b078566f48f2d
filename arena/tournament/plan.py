"""What a tournament will play: every cell that can be, in which scenario, and why the others can't; found out before
anything is trained."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from arena.base.errors import ArenaError
from arena.base.yamlfile import YamlFile
from arena.executors.executor import Executor, Job
from arena.scenario import scenario as scenarios
from arena.tournament.cells import Cell, cells, key_of, scenario
from arena.tournament.spec import Spec, load

WORK = "arena.tournament.plan:checked"
PLACE = re.compile(r"^.*?:\d+:\d+: (\S+: )?")
"""Where a fault is, before what it is."""
PARTS = ("tasks", "schemes", "attacks", "forgeries")
"""What a spec may have more or less of than its file: who joins by learning is in none."""


@dataclass(frozen=True)
class Pairing:
    """A match to be played: a cell and a seed; `key` is what makes it that match."""

    key: str
    cell: Cell
    seed: int
    scenario: Mapping[str, Any]


class Playable(Protocol):
    """What an engine plays: cells, and the match of each with a seed; `spec` says `seeds.least`, `limits`, `path` and
    `keep`."""

    @property
    def spec(self) -> Any: ...

    @property
    def cells(self) -> list[Cell]: ...

    def pairing(self, cell: Cell, number: int) -> Pairing:
        """The match of a cell with the seed of that number, from 0."""


@dataclass(frozen=True)
class Plan:
    """The cells that can be played with the hashes of the user's files that each needs, and why others can't."""

    spec: Spec
    files: Mapping[Cell, Mapping[str, str]]
    misfits: Mapping[Cell, str]

    @property
    def cells(self) -> list[Cell]:
        return list(self.files)

    def pairing(self, cell: Cell, number: int) -> Pairing:
        """The match of a cell with the seed of that number, from 0."""
        seed = self.spec.seeds.first + number
        if cell not in self._scenarios:
            self._scenarios[cell] = scenario(self.spec, cell, seed)
        file = self._scenarios[cell]
        file = replace(file, data={**file.data, "seed": seed})
        return Pairing(key_of(cell, file, self.files[cell]), cell, seed, file.data)

    @cached_property
    def _scenarios(self) -> dict[Cell, YamlFile]:
        """Those of the cells that were asked for: of a hundred thousand matches few differ in more than the seed."""
        return {}

    def hosts(self, seeds: int) -> int:
        """How many hosts are trained at least, unmarked and marked, before any thief does anything."""
        schemes = {(cell.task, cell.scheme) for cell in self.cells}
        return seeds * (len(schemes) + len({task for task, _ in schemes}))

    def sentences(self, seeds: int) -> list[str]:
        """What is going to be played, in words."""
        few = f"{len(self.cells)} cells with {seeds} seeds each: {len(self.cells) * seeds} matches at least, " \
              f"{self.hosts(seeds)} hosts to train or to load"
        return [few, *self._learners(), *(f"not played: {cell.scheme} against {cell.other} on {cell.task}: {why}"
                       for cell, why in self.misfits.items())]

    def _learners(self) -> Iterator[str]:
        learn, seeds = self.spec.learn, self.spec.seeds.least
        for ask in learn.asks():
            yield (f"{ask.name} of {ask.side} learns: at most {learn.rounds} x {learn.trials} settings, each against "
                   f"the mixture of the other side, with {seeds} seeds")


def planned(spec: Spec, executor: Executor, data: Path | None = None, strict: bool = True) -> Plan:
    """Checks every cell, in a process that has torch; ArenaError at its place for a part that fits nowhere, and where
    nothing can be played (not `strict`: those are misfits too)."""
    parts = {kind: dict(getattr(spec, kind)) for kind in PARTS}
    executor.submit(Job("plan", WORK, {"path": str(spec.path.resolve()), "data": str(data) if data else "",
                                       "parts": parts}))
    done = next(iter(executor.results()))
    if done.status != "done":
        raise ArenaError(done.error)
    every = list(cells(spec))
    faults = {cell: said["fault"] for cell, said in zip(every, done.data, strict=True) if said["fault"]}
    files = {cell: said["files"] for cell, said in zip(every, done.data, strict=True) if not said["fault"]}
    if strict:
        _check(spec, files, faults)
    return Plan(spec, files, {cell: PLACE.sub("", why) for cell, why in faults.items()})


def _check(spec: Spec, files: Mapping[Cell, Any], faults: Mapping[Cell, str]) -> None:
    """A part of which no cell can be played is a mistake."""
    for kind, attribute in (("tasks", "task"), ("schemes", "scheme"), ("attacks", "thief"), ("forgeries", "forgery")):
        for name in getattr(spec, kind):
            mine = [cell for cell in faults if getattr(cell, attribute) == name]
            if mine and not any(getattr(cell, attribute) == name for cell in files):
                raise ArenaError(_of(kind, name, [faults[cell] for cell in mine]))


def _of(kind: str, name: str, faults: Sequence[str]) -> str:
    """The fault that all have in common, or the first with what it is about."""
    return faults[0] if len(set(faults)) == 1 else f"{faults[0]} (and {name} of {kind} fits nowhere else)"


def checked(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each cell of the tournament at `path`, with those `parts`, the fault of its scenario, or the user's files
    that it needs."""
    spec = replace(load(Path(job["path"])), **job["parts"])
    return list(_each(spec, Path(job["data"]) if job["data"] else None))


def _each(spec: Spec, data: Path | None) -> Iterator[dict[str, Any]]:
    for cell in cells(spec):
        try:
            found = scenarios.validate(scenario(spec, cell, spec.seeds.first), spec.path, data)
        except ArenaError as error:
            yield {"fault": str(error)}
        else:
            yield {"fault": "", "files": dict(found.files)}
