"""Who plays what, found out without a line of the user's code in the arena's own process, which holds the seed.

An agent that is built-in through and through is built and checked here. One with a part of the user's own is built in a
process of its own, which knows no seed, prints nowhere, has half a minute and is killed afterwards. What it says is
about that agent alone, and what can be read off the scenario is not taken from it: so no file can make itself, or
somebody else, more than the scenario says.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arena.base.files import file_hashes
from arena.base.names import canonical, place_of
from arena.hosts.data.known import PARTS
from arena.isolation.apart import Apart
from arena.isolation.server import running
from arena.scenario.brief import Brief, Built, Sheet, build, examine, nothing_own, with_known
from arena.scenario.builder import Builder
from arena.scenario.task import open_task
from arena.strategies.catalogue import built_in, find


@dataclass(frozen=True)
class Cast:
    """What there is to know of a cast: facts of each agent (`fitting.facts_of`), classes and shape of the data, the
    user's files with their hashes."""

    agents: Mapping[str, Mapping[str, Any]]
    classes: int
    shape: tuple[int, int, int]
    files: Mapping[str, str] = field(default_factory=dict)


def cast(task: Any, agents: Mapping[str, Mapping[str, Any]], folder: Path, data: Path | None = None,
         hidden: Sequence[Path] = ()) -> Cast:
    """Builds and checks everything that a scenario names; `agents` maps names to role, params and knows. Misplaced at
    the first fault. Where nothing is the user's own it happens apart, if that spares this process importing torch."""
    briefs = [Brief(name, part["role"], part["params"], part["knows"], list(agents), str(folder.resolve()),
                    [str(p.resolve()) for p in hidden])
              for name, part in agents.items()]
    if "torch" in sys.modules or not running() or not all(brief.is_built_in for brief in briefs):
        return _cast(task, briefs, folder, data)
    with Apart(_cast) as apart:
        return apart(task, briefs, folder, data)


def _cast(task: Any, briefs: Sequence[Brief], folder: Path, data: Path | None) -> Cast:
    from arena.scenario.alone import Alone

    premises, _ = open_task(Builder(Sheet(), folder), task, data)
    built = {brief.name: build(brief, importing=nothing_own) for brief in briefs if brief.is_built_in}
    sold = _sold(briefs, built)
    others = {brief.name: Alone(brief, premises, sold) for brief in briefs if not brief.is_built_in}
    try:
        found = {brief.name: examine(brief, built[brief.name], premises, sold)
                 if brief.is_built_in else _trusted(brief, others[brief.name].result())
                 for brief in briefs}
    finally:
        for other in others.values():
            other.close()
    names = {canonical(name, folder).rpartition(":")[0] for brief in briefs
             for name in brief.own_names if ".py:" in name}
    files = sorted(names | {place_of(path, folder) for other in others.values() for path in other.files})
    return Cast(found, premises.classes, premises.data.shape, file_hashes(folder, files))


def _sold(briefs: Sequence[Brief], built: Mapping[str, Built]) -> dict[str, int | None]:
    """Owners, in their order, with the copies that they sell; who has a role of his own may be one too."""
    from arena.scenario.fitting import sold_by

    out: dict[str, int | None] = {}
    for brief in briefs:
        if ":" in brief.role or (brief.role in built_in("roles") and find("roles", brief.role).sells):
            out[brief.name] = sold_by(built[brief.name][0]) if brief.is_built_in else None
    return out


def _trusted(brief: Brief, said: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an agent with parts of the user's own: what the scenario itself says goes before what his process
    said."""
    from arena.scenario.fitting import parts_of

    facts = {"triggers": said["triggers"] if type(said.get("triggers")) is int else None,
             "rarity": float(said["rarity"]) if type(said.get("rarity")) in (int, float) else None}
    if ":" in brief.role:
        roles = [find("roles", name) for name in built_in("roles")]
        named = _named_schemes(brief, [parameter for role in roles for parameter in role.admits])
        parts: list[str] = [part for part in PARTS if part in said.get("parts", ())]
        verifies = said.get("verifies") is True
        schemes = [name for name in said.get("schemes", ()) if name in named or name in built_in("schemes")]
    else:
        role = find("roles", brief.role)
        parts, verifies, schemes = list(parts_of(role)), role.verifies, _named_schemes(brief, role.admits)
    return {"verifies": verifies, "parts": with_known(parts, brief), "schemes": schemes, **facts}


def _named_schemes(brief: Brief, parameters: Iterable[str]) -> list[str]:
    """The schemes that an agent's own lines name in some of his parameters: one, with or without its own parameters, or
    a list of names."""
    given = [brief.params.get(parameter) for parameter in parameters]
    several = [[each] if isinstance(each, str) else each for each in given if isinstance(each, (str, dict, list))]
    return [canonical(name, Path(brief.folder)) for names in several for name in names if isinstance(name, str)]
