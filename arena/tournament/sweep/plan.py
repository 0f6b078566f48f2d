"""What a sweep will play: a match for each combination and seed, and which combinations can't be played; found out
before anything is trained.

A combination's cell (`arena.tournament.cells.Cell`) says in words what it sets of the task, of the owners, and of all
others: combinations that share the first two share their hosts. A match is known by its scenario alone, so whoever
varies one value more plays nothing again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.base.yamlfile import YamlFile, text_of
from arena.executors.executor import Executor, Job
from arena.scenario import scenario as scenarios
from arena.strategies.catalogue import who_say
from arena.tournament.cells import Cell, key_of
from arena.tournament.plan import Pairing
from arena.tournament.sweep.asked import Asked, Values

WORK = "arena.tournament.sweep.plan:checked"
ANY = Cell("", "")


@dataclass(frozen=True)
class SweepPlan:
    """What is asked (`spec`, as the engine calls it), the combinations, the hashes of the user's files that each one
    that can be played needs, and why the others can't."""

    spec: Asked
    combinations: Mapping[Cell, Values]
    files: Mapping[Cell, Mapping[str, str]]
    misfits: Mapping[Cell, str]

    @property
    def cells(self) -> list[Cell]:
        return list(self.files)

    def pairing(self, cell: Cell, number: int) -> Pairing:
        """The match of a combination with the seed of that number, from 0."""
        seed = self.spec.seeds.numbers[number]
        file = self.spec.scenario(self.combinations[cell], seed)
        return Pairing(key_of(ANY, file, self.files[cell]), cell, seed, file.data)

    @cached_property
    def keys(self) -> Mapping[Cell, tuple[str, ...]]:
        """The matches of each combination, seed by seed."""
        return {cell: tuple(self.pairing(cell, number).key for number in range(self.spec.seeds.least))
                for cell in self.cells}

    def sentences(self) -> Iterator[str]:
        """What is going to be played, in words."""
        cells, seeds = self.cells, self.spec.seeds.numbers
        yield (f"{_counted(len(cells), 'combination')} with {_counted(len(seeds), 'seed')} each: "
               f"{_counted(len(cells) * len(seeds), 'match', 'matches')}")
        yield from (f"  {named(cell)}" for cell in cells)
        yield from (f"not played: {named(cell)}: {why}" for cell, why in self.misfits.items())


def named(cell: Cell) -> str:
    """A combination in words."""
    return ", ".join(part for part in (cell.task, cell.scheme, cell.thief) if part) or "as the file has it"


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def planned(spec: Asked, executor: Executor, data: Path | None = None) -> SweepPlan:
    """Checks every combination, in a process that has torch; ArenaError for a value with which nothing can be
    played."""
    combinations = {cell_of(spec, values): values for values in spec.combinations()}
    files = [spec.scenario(values, spec.seeds.numbers[0]) for values in ({}, *combinations.values())]
    executor.submit(Job("plan", WORK, {
        "path": str(spec.path.resolve()), "name": str(spec.path), "data": str(data) if data else "",
        "scenarios": [file.data for file in files], "marks": [[list(path), place] for path, place in
                                                              files[0].marks.items()]}))
    done = next(iter(executor.results()))
    if done.status != "done":
        raise ArenaError(done.error)
    alone, *others = done.data
    said = dict(zip(combinations, others, strict=True))
    faults = {cell: one["fault"] for cell, one in said.items() if one["fault"]}
    _check(spec, combinations, faults, alone["fault"])
    return SweepPlan(spec, combinations, {cell: one["files"] for cell, one in said.items() if not one["fault"]}, faults)


def cell_of(spec: Asked, values: Values) -> Cell:
    """The cell of a combination."""
    parts: dict[str, list[str]] = {"task": [], "scheme": [], "thief": []}
    for path, value in values.items():
        parts[_part(path, spec.file.data["agents"])].append(f"{path}={text_of(value)}")
    return Cell(**{name: ", ".join(texts) for name, texts in parts.items()})


def _part(path: str, agents: Mapping[str, Any]) -> str:
    """What of a match a path changes: the task, who marks its hosts, or others."""
    kind, *rest = path.split(".")
    agent = agents.get(rest[0]) if kind == "agents" and rest else None
    role = agent.get("role") if isinstance(agent, dict) else None
    return "task" if kind == "task" else "scheme" if str(role) in who_say("roles", "sells") else "thief"


def _check(spec: Asked, combinations: Mapping[Cell, Values], faults: Mapping[Cell, str], alone: str) -> None:
    """A fault that all have, and the file `alone` too, is the file's; a value with which nothing can be played is a
    mistake: of several the one that the fault speaks of."""
    if alone and set(faults) == set(combinations) and set(faults.values()) == {alone}:
        raise ArenaError(alone)
    wrong = [(one, value, faults[mine[0]]) for one in spec.varied for value in one.values
             if (mine := _having(combinations, one.path, value)) and all(cell in faults for cell in mine)]
    if wrong:
        one, value, fault = next((each for each in wrong if f": {each[0].path}" in each[2]), wrong[0])
        raise ArenaError(f"{one.told}={text_of(value):.200}: {fault}")


def _having(combinations: Mapping[Cell, Values], path: str, value: Any) -> list[Cell]:
    text = text_of(value)
    return [cell for cell, values in combinations.items() if text_of(values[path]) == text]


def checked(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each of a sweep's scenarios its fault, or the user's files that it needs."""
    marks = {tuple(path): tuple(place) for path, place in job["marks"]}
    path, data = Path(job["path"]), Path(job["data"]) if job["data"] else None
    return [_checked(YamlFile(job["name"], scenario, marks), path, data)  # type: ignore[arg-type]
            for scenario in job["scenarios"]]


def _checked(file: YamlFile, path: Path, data: Path | None) -> dict[str, Any]:
    try:
        return {"fault": "", "files": dict(scenarios.validate(file, path, data).files)}
    except ArenaError as error:
        return {"fault": str(error)}
