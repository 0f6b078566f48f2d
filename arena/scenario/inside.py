"""The other side of such a process (`arena.scenario.alone`): shut in, it builds one agent, or tries the network, and
says what it found."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena.base.errors import ArenaError
from arena.base.names import of_library, split
from arena.base.told import in_words
from arena.base.userfiles import files_beside
from arena.isolation.door import Closed, Door
from arena.scenario.brief import Brief, Misplaced, build, examine
from arena.strategies.premises import Data, Premises

if TYPE_CHECKING:
    from arena.hosts.architecture import Architecture

PROCESSOR_SECONDS, MEMORY = 120.0, 4.0 * 2**30


def alone(pipe: Connection, order: str) -> None:
    """Does what the order says, tells it, and ends."""
    from arena.isolation import sandbox

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sandbox.lead_group()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    door, told_to = Door(pipe.fileno(), polls=False), json.loads(order)
    place = told_to["brief"] if told_to["do"] == "cast" else told_to
    with suppress(Closed):
        door.send({"alive": True})
        sandbox.enter(MEMORY, PROCESSOR_SECONDS, [], [Path(p) for p in place["hidden"]], False)
        sys.path.insert(0, place["folder"])
        door.send(_said(told_to, door))
    os._exit(0)


def _said(order: dict[str, Any], door: Door) -> dict[str, Any]:
    """What there is to say: facts, or the first fault."""
    at = ["agents", order["brief"]["name"]] if order["do"] == "cast" else ["task", "network"]
    try:
        return _cast(order, door) if order["do"] == "cast" else _tried(order, door)
    except Misplaced as fault:
        return {"fault": list(fault.path), "text": fault.text}
    except Closed:
        raise
    except BaseException as error:
        return {"fault": at, "text": str(error) if isinstance(error, ArenaError) else in_words(error)}


def _cast(order: dict[str, Any], door: Door) -> dict[str, Any]:
    """The facts of an agent."""
    brief = Brief(**order["brief"])
    architecture = _admitted(order["architecture"], brief.folder)
    premises = Premises(Data.from_dict(order["data"]), architecture, lambda name: _asked(name, door))
    built = build(brief, importing=lambda name, path: door.send({"at": list(path), "name": name}))
    facts = examine(brief, built, premises, order["sold"])
    return {"facts": facts, "files": _files(brief.folder, brief.own_names)}


def _tried(order: dict[str, Any], door: Door) -> dict[str, Any]:
    """The task's network was made and called as in a match."""
    from arena.hosts.trial import try_out

    architecture = _admitted(order["architecture"], order["folder"])
    try_out(architecture, lambda what: door.send({"doing": what}))
    if order["base"] is not None:
        _check_base(order["base"], architecture, Path(order["folder"]))
    return {"facts": {}, "files": _files(order["folder"], [architecture.network])}


def _admitted(plain: dict[str, Any], folder: str) -> Architecture:
    """The task's architecture; a network of the user's own is imported."""
    from arena.hosts.architecture import Architecture
    from arena.hosts.networks import admit

    architecture = Architecture.from_dict(plain)
    name, source = admit(architecture.network, Path(folder))
    return replace(architecture, network=name, source=source)


def _check_base(base: Mapping[str, Any], architecture: Architecture, folder: Path) -> None:
    """A host starts from weights that fit, or from the features of another: then there must be some."""
    import torch

    from arena.hosts.networks import build, parts_misfit
    from arena.scenario.task import check_weights

    network = build(architecture, torch.Generator())
    other = build(replace(architecture, classes=architecture.classes + 1))
    if (base["freeze"] or not base["weights"]) and (misfit := parts_misfit(network, other)):
        raise Misplaced(("task", "base"), misfit)
    if base["weights"]:
        try:
            check_weights(folder / base["weights"], architecture)
        except ArenaError as error:
            raise Misplaced(("task", "base", "weights"), str(error)) from None


def _asked(name: str, door: Door) -> Data:
    """Another data set, opened by the arena."""
    door.send({"data": name})
    answer, _ = door.receive() or ({}, {})
    if "error" in answer:
        raise ArenaError(answer["error"])
    return Data.from_dict(answer["data"])


def _files(folder: str, names: list[str]) -> list[str]:
    """The user's files that were loaded: beside the scenario, and the modules that it names."""
    named = [getattr(sys.modules.get(split(name)[0]), "__file__", None) for name in names
             if not of_library(name)]
    return [str(file) for file in (*files_beside(Path(folder)), *(Path(file) for file in named if file))]
