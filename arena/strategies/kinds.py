"""How a name becomes the class that it means."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena.base.errors import ArenaError, suggest
from arena.base.names import HOME, canonical, class_name, name_of, singular
from arena.base.userfiles import part_called
from arena.strategies.catalogue import KINDS, built_in

if TYPE_CHECKING:

    pass
from arena.strategies.attack import Attack
from arena.strategies.forgery import Forgery
from arena.strategies.policy import Policy
from arena.strategies.scheme import Scheme
from arena.strategies.strategy import Strategy

BASES: dict[str, type[Strategy]] = {base.kind: base for base in (Scheme, Attack, Forgery, Policy)}


def find(kind: str, name: str, beside: Path | None = None) -> type[Any]:
    """The class that `name` means; file paths are taken relative to `beside` (the scenario's folder). ArenaError when there is none."""
    if ":" in name:
        return _own(kind, name, beside or Path.cwd())
    if name not in built_in(kind):
        raise ArenaError(f"unknown {singular(kind)} {name!r:.80}{suggest(name, built_in(kind))}")
    module = importlib.import_module(".".join(filter(None, (HOME, KINDS[kind], name.replace("-", "_")))))
    return getattr(module, class_name(name))


def _own(kind: str, name: str, beside: Path) -> type[Any]:
    """A part of the user's own. A scheme is called by the one name that its claims will bear."""
    found, base = part_called(name, beside), _base(kind)
    if not isinstance(found, type) or (base is not None and not issubclass(found, base)):
        raise ArenaError(f"{name} is no {singular(kind)}: a class {base.__name__ if base else ''} is wanted")
    if kind == "schemes" and name_of(found) != canonical(name, beside):
        raise ArenaError(f"{name} is {name_of(found)}: give it by that name")
    return found


def _base(kind: str) -> type[Any] | None:
    """What the parts of a kind derive from."""
    if kind == "roles":
        from arena.strategies.agent import Agent

        return Agent
    return BASES.get(kind)
