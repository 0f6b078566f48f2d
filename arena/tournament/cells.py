"""Cells and their matches: who meets whom on what, and the scenario in which they do.

A cell is a task, a scheme, and a thief (a chain of attacks) or a forgery. Every match has the same seats under the same
names, since draws hang on (seed, name): so the host and the mark of a seed are the same against every thief.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from arena.base.machine import VERSION, sources
from arena.base.yamlfile import YamlFile, YamlPath
from arena.game.messages import canonical
from arena.strategies.catalogue import built_in, constants, defaults, find, who_say
from arena.tournament.spec import UNMARKED, Spec

OWNER, THIEF, USURPER, JUDGE = "alice", "mallory", "eve", "victor"
"""The seats, under the names that scenarios give them."""


@dataclass(frozen=True, order=True)
class Cell:
    """Who meets on a task: a scheme, and a thief or a forgery."""

    task: str
    scheme: str
    thief: str = ""
    forgery: str = ""

    @property
    def other(self) -> str:
        """Who plays against the scheme."""
        return self.thief or self.forgery

    def as_dict(self) -> dict[str, str]:
        return dict(vars(self))


def cells(spec: Spec) -> Iterator[Cell]:
    """All of them, schemes first."""
    for task in spec.tasks:
        for scheme in spec.schemes:
            yield from (Cell(task, scheme, thief) for thief in spec.attacks)
            yield from (Cell(task, scheme, forgery=forgery) for forgery in spec.forgeries)


@cache
def role(does: str, marks: bool = True) -> str:
    """The built-in role that declares something (`sells`, `deploys`, `verifies`, `forges`), with or without a scheme;
    none is imported, so whoever plans matches needs no torch."""
    return next(name for name in built_in("roles") if name in who_say("roles", does)
                and (does != "sells" or (name in who_say("roles", "admits")) is marks))


def scenario(spec: Spec, cell: Cell, seed: int) -> YamlFile:
    """The scenario of a match as a file whose places are those of the tournament's."""
    unmarked = cell.scheme == UNMARKED and not spec.schemes[cell.scheme]
    marked = {} if unmarked else {"scheme": spec.schemes[cell.scheme]}
    owner = {"role": role("sells", not unmarked), **marked}
    thief = {"role": role("deploys"), "steals": OWNER, "attacks": spec.attacks[cell.thief] if cell.thief else []}
    judge: dict[str, Any] = {"role": role("verifies")}
    agents: dict[str, Any] = {OWNER: owner, THIEF: thief}
    if cell.forgery:
        scheme = forged_scheme(spec, cell.forgery)
        agents[USURPER] = {"role": role("forges"), "forgery": spec.forgeries[cell.forgery], "scheme": scheme}
        judge["schemes"] = [scheme]
    data = {"title": f"{cell.scheme} against {cell.other}", "seed": seed,
            "task": {**spec.base, **spec.tasks[cell.task]}, "agents": {**agents, JUDGE: judge},
            "customers": spec.customers}
    return YamlFile(spec.file.name, copy.deepcopy(data), dict(_places(spec, cell)))


def _places(spec: Spec, cell: Cell) -> Iterator[tuple[YamlPath, tuple[int, int]]]:
    """Where the parts of a match's scenario stand in the tournament file."""
    homes: list[tuple[YamlPath, YamlPath]] = [
        (("base",), ("task",)), (("tasks", cell.task), ("task",)),
        (("schemes", cell.scheme), ("agents", OWNER, "scheme")),
        (("attacks", cell.thief), ("agents", THIEF, "attacks")),
        (("forgeries", cell.forgery), ("agents", USURPER, "forgery"))]
    for path, place in spec.file.marks.items():
        for source, target in homes:
            if path[: len(source)] == source:
                yield (*target, *path[len(source):]), place


def forged_scheme(spec: Spec, forgery: str) -> str:
    """The scheme that a forgery makes keys of: the one that it is given, the first that it names, else what a usurper
    forges by default. Nothing that is built in is imported."""
    raw = spec.forgeries[forgery]
    name, given = next(iter(raw.items()), ("", None)) if isinstance(raw, Mapping) else (str(raw), None)
    if ":" in name:
        made = getattr(find("forgeries", name, spec.path.parent), "schemes", ())
    else:
        values = {**defaults("forgeries", name), **(given if isinstance(given, Mapping) else {})}
        made = [values["scheme"]] if "scheme" in values else constants("forgeries", name).get("schemes", ())
    usual = defaults("roles", role("forges"))["scheme"]
    return str(next(iter(made if isinstance(made, (tuple, list)) else ()), usual))


def key_of(cell: Cell, file: YamlFile, user_files: Mapping[str, str]) -> str:
    """What makes a match that match: whose cell it is, its scenario and seed, the strategies' sources, Arena's version.
    SHA-256, hex."""
    plain = {key: value for key, value in file.data.items() if key != "title"}
    named = [cell.as_dict(), plain, sorted(user_files.items()), sources(), VERSION]
    return hashlib.sha256(canonical(named)).hexdigest()

