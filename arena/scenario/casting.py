"""Who plays what, found out without a line of the user's code in the arena's own process, which holds the seed.

An agent that is built-in through and through is built and checked here. One with a part of the user's own is built in a
process of its own, which knows no seed, prints nowhere, has half a minute and is killed afterwards. What it says is
about that agent alone, and what can be read off the scenario is not taken from it: so no file can make itself, or
somebody else, more than the scenario says. A network of the user's own is tried in such a process too; whether agents
fit it is asked in one for each, and all that is taken from there is that they don't.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from arena.base.files import file_hashes
from arena.base.names import canonical, is_own, place_of
from arena.hosts.data.known import PARTS
from arena.isolation.apart import Apart
from arena.isolation.server import running
from arena.scenario.alone import Alone
from arena.scenario.brief import Brief, Built, Sheet, build, examine, known_of, nothing_own, with_known
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
    home, closed = str(folder.resolve()), [str(place.resolve()) for place in hidden]
    briefs = [Brief(name, part["role"], part["params"], part["knows"], list(agents), home, closed)
              for name, part in agents.items()]
    network = str(task.get("network", "")) if isinstance(task, Mapping) else ""
    own = is_own(network) or not all(brief.is_built_in for brief in briefs)
    if own or "torch" in sys.modules or not running():
        return _cast(task, briefs, folder, data)
    with Apart(_cast) as apart:
        return apart(task, briefs, folder, data)


def _cast(task: Any, briefs: Sequence[Brief], folder: Path, data: Path | None) -> Cast:
    premises, base, library = open_task(Builder(Sheet(), folder), task, data)
    built = {brief.name: build(brief, importing=nothing_own) for brief in briefs if brief.is_built_in}
    sold, network = _sold(briefs, built), premises.architecture.network
    with _Processes(folder) as processes:
        if is_own(network):
            shut = briefs[0].folder, list(briefs[0].hidden)  # the same for all
            processes.add(Alone.for_network(premises, asdict(base) if base else None, *shut)).result()
        others = {brief.name: processes.add(Alone.for_agent(brief, premises, sold)) for brief in briefs
                  if is_own(network) or not brief.is_built_in}
        said = {brief.name: others[brief.name].result() if brief.name in others
                else examine(brief, built[brief.name], premises, sold) for brief in briefs}
    found = {brief.name: known_of(brief, built[brief.name]) if brief.is_built_in else _trusted(brief, said[brief.name])
             for brief in briefs}
    named = [name for brief in briefs for name in brief.own_names]
    files = dict.fromkeys([*processes.files([*named, network]), *library.files,
                           *(file for brief in briefs for file in _read_by(brief))])
    return Cast(found, premises.classes, premises.data.shape, file_hashes(folder, files))


def _read_by(brief: Brief) -> list[str]:
    """The files that an agent's own lines name in parameters that are files."""
    roles = built_in("roles") if ":" in brief.role else [brief.role]
    named = [brief.params.get(parameter) for role in roles for parameter in find("roles", role).reads]
    return [place_of(file, Path(brief.folder)) for file in named if isinstance(file, str) and file]


class _Processes(ExitStack):
    """Processes with the user's code in them, all of which end here."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self._all = folder, list[Alone]()

    def add(self, process: Alone) -> Alone:
        self._all.append(self.enter_context(closing(process)))
        return process

    def files(self, names: Iterable[str]) -> list[str]:
        """The user's files that were imported there, or that parts are named after."""
        named = {canonical(name, self.folder).rpartition(":")[0] for name in names if ".py:" in name}
        return sorted(named | {place_of(path, self.folder) for process in self._all for path in process.files})


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
