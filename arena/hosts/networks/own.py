"""Networks of the user's own: a class or function of `classes` and `shape` that gives any torch module.

    class Net(nn.Module):
        def __init__(self, classes, shape): ...     # shape: (C, H, W) of one image
        def forward(self, images): ...              # float (N, C, H, W) in 0..1 -> logits (N, classes)

A process makes only what was admitted in it: `admit` imports the file that the scenario names. What released weights
call their network is looked up among those, by name and by what the file held; no weights make anybody import a file.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from arena.base.errors import ArenaError, suggest
from arena.base.names import PLACE, canonical, of_library, split
from arena.base.told import in_words
from arena.base.userfiles import module_called, source_of
from arena.hosts.architecture import Architecture
from arena.hosts.networks.parts import Network

T = TypeVar("T")
GIVEN = ("classes", "shape")
PARTS = ("features", "decision")
_admitted: dict[tuple[str, str], Callable[..., Any]] = {}
"""(name, source) -> what makes it."""
_sources: dict[tuple[str, Path], str] = {}
"""(name, folder that it is relative to) -> source: within a process a network stays what it was at first."""


class Own(Network):
    """A module of the user's own as a host: `net`. Parts and layers go by the names that they have in it."""

    def __init__(self, architecture: Architecture, net: nn.Module) -> None:
        nn.Module.__init__(self)
        self.architecture, self.net = architecture, net

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.net(images)

    def __getattr__(self, name: str) -> Any:
        return super().__getattr__(name) if name not in PARTS else getattr(self.net, name)

    def extra_repr(self) -> str:
        return f"{self.architecture.network} {self.architecture.source}"


def body(model: nn.Module) -> nn.Module:
    """What a model's layers are named from: the user's own module where it is one."""
    return model.net if isinstance(model, Own) else model


def parts_misfit(network: Network, other: Network) -> str:
    """Why transfer learning can't replace the second part of `network` by that of `other`, which is the same for
    another number of classes; empty where it can."""
    name = network.architecture.network
    missing = [part for part in PARTS if not isinstance(getattr(network, part, None), nn.Module)]
    if missing:
        return (f"{name} has no part {missing[0]!r}: transfer learning keeps the module `features` of a network and "
                f"replaces the module `decision` behind it")
    one, two = ({key: t.shape for key, t in each.features.state_dict().items()} for each in (network, other))
    return "" if one == two else f"{name}: its features hang on the number of classes, so they can't be kept"


def admit(name: str, beside: Path) -> tuple[str, str]:
    """(its one name, its source) of the network that a scenario in the folder `beside` calls `name`; from now on this
    process can make it. One of the user's own is imported, others have no source. ArenaError where there is none."""
    if ":" not in name and not name.endswith(".py"):
        return name, ""
    where, wanted = split(name)
    known = canonical(name, beside), beside.resolve()
    if known not in _sources and of_library(name):
        family = importlib.import_module(f"{__package__}.families.{where}")
        _sources[known] = family.source(wanted, beside)
        _admitted[known[0], _sources[known]] = family.maker(wanted, beside)
    elif known not in _sources:
        module = module_called(where, beside)
        if not hasattr(module, wanted):
            raise ArenaError(f"{where}: nothing in it is called {wanted!r}{suggest(wanted, _makers_of(module))}")
        _admit(known, getattr(module, wanted), module)
    return known[0], _sources[known]


def lend(maker: Any, beside: Path) -> str:
    """Admits a class or function that is at hand, as a scenario in the folder `beside` would call it: gives that name.
    ArenaError for what can't be one."""
    module = sys.modules.get(getattr(maker, "__module__", None) or "")
    name = f"{getattr(module, PLACE, getattr(module, '__name__', ''))}:{getattr(maker, '__qualname__', '')}"
    split(name)
    _admit((name, beside.resolve()), maker, module)
    return name


def _admit(known: tuple[str, Path], maker: Any, module: Any) -> None:
    name, home = known
    if isinstance(maker, nn.Module) or not callable(maker):
        raise ArenaError(f"{name}: a class or function that makes a network is wanted, not a {type(maker).__name__}")
    _given(name, maker)
    _sources[known] = source = source_of(module, home)
    _admitted[name, source] = maker


def _makers_of(module: Any) -> list[str]:
    """What a user may have meant: the classes and functions that are a module's own."""
    return [name for name, part in vars(module).items()
            if callable(part) and getattr(part, "__module__", "") == module.__name__ and not name.startswith("_")]


def _given(name: str, maker: Any) -> list[str]:
    """Which of `GIVEN` a maker takes; ArenaError where it wants something else."""
    try:
        taken = inspect.signature(maker).parameters.values()
    except (ValueError, TypeError):
        return list(GIVEN)
    by_name = {p.name for p in taken if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    wanted = [p.name for p in taken if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if wrong := [each for each in wanted if each not in by_name or each not in GIVEN]:
        raise ArenaError(f"{name}: nobody gives it {wrong[0]!r}: a network is made of {' and '.join(GIVEN)}, by name; "
                         f"whatever else it takes needs a default")
    everything = not by_name & set(GIVEN) and any(p.kind is p.VAR_KEYWORD for p in taken)
    return [each for each in GIVEN if everything or each in by_name]


def make(architecture: Architecture) -> Network:
    """The network that an architecture names, where it was admitted in this process. ArenaError for another, and for
    what comes of making it."""
    name, maker = architecture.network, _admitted.get((architecture.network, architecture.source))
    if maker is None:
        raise ArenaError(f"{name!r:.80} is no network of this scenario")
    offered = {"classes": architecture.classes, "shape": architecture.shape}
    what = f"for {architecture.classes} classes and images of shape {architecture.shape}"
    net = attempted(f"{name} can't be made {what}", maker,
                    lambda: maker(**{each: offered[each] for each in _given(name, maker)}))
    if not isinstance(net, nn.Module):
        raise ArenaError(f"{name} gives a {type(net).__name__}, where a torch.nn.Module is wanted")
    return Own(architecture, net)


def attempted(wrong: str, maker: Any, action: Callable[[], T]) -> T:
    """What the user's code gives; ArenaError with what it raised, and in which of his lines."""
    try:
        return action()
    except (KeyboardInterrupt, ArenaError):
        raise
    except BaseException as error:
        raise ArenaError(f"{wrong}: {in_words(error)}{_line(error, maker)}") from None


def _line(error: BaseException, maker: Any) -> str:
    """` (mynet.py:12)`: the last line of the maker's file that an error came through."""
    file = getattr(sys.modules.get(getattr(maker, "__module__", None) or ""), "__file__", None)
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f" ({Path(str(file)).name}:{lines[-1]})" if lines else ""
