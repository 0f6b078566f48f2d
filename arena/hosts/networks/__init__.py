"""The networks that can be hosts: one file a network in `library`, found by its name, and any of torchvision's
classification models.

Input: float images in 0..1, (N, C, H, W); output: logits (N, classes). An `Architecture` says how to build one again.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

import torch

from arena.base.draws import borrowed
from arena.base.errors import ArenaError
from arena.base.told import summary
from arena.hosts.architecture import Architecture
from arena.hosts.networks import pretrained
from arena.hosts.networks.blank import Blank
from arena.hosts.networks.exponential import weight_exponentially
from arena.hosts.networks.parts import Network
from arena.hosts.networks.pretrained import ImageNetInput, torchvision_names

LIBRARY = Path(__file__).parent / "library"
NETWORKS = tuple(file.stem.replace("_", "-") for file in sorted(LIBRARY.glob("*.py")) if not file.stem.startswith("_"))
"""The names of our own."""
__all__ = ["NETWORKS", "ImageNetInput", "Network", "blank", "build", "known_networks", "replace_decision",
           "torchvision_names"]


def build(architecture: Architecture, generator: torch.Generator | None = None) -> Network:
    """A new network with weights drawn from `generator` (None: the weights will be loaded). ArenaError for an unknown
    name."""
    maker = _maker(architecture.network)
    with borrowed(generator or torch.Generator()):
        try:
            return weight_exponentially(maker.make(architecture), architecture.temperature)  # type: ignore[return-value]
        except (RuntimeError, ValueError) as error:
            what = f"network {architecture.network!r} can't take images of shape {tuple(architecture.shape)}"
            raise ArenaError(f"{what}: {str(error).splitlines()[0]}") from None


def blank(architecture: Architecture) -> Network:
    """The network without memory. Some networks must count while they are built, others may not; what torch raises for
    an architecture that nobody would write is raised here."""
    try:
        with torch.device("meta"), Blank():
            return build(architecture)
    except Exception:
        with torch.device("meta"), Blank(counts=True):
            return build(architecture)


def _maker(name: str) -> Any:
    """The module whose `make` builds a network."""
    if name not in NETWORKS:
        return pretrained
    return importlib.import_module(f"{__name__}.library.{name.replace('-', '_')}")


def replace_decision(network: Network, architecture: Architecture, generator: torch.Generator) -> Network:
    """A network with the features of `network` and a new decision part (transfer learning, ROSE II-A)."""
    fresh = build(architecture, generator)
    fresh.features.load_state_dict(network.features.state_dict())
    return fresh


def known_networks() -> dict[str, str]:
    """Name -> one line, of our own networks (torchvision's come on top)."""
    return {name: _line(LIBRARY / f"{name.replace('-', '_')}.py") for name in NETWORKS}


def _line(file: Path) -> str:
    """What a network's file says of it, without importing it."""
    functions = [node for node in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]
    return summary(next((ast.get_docstring(node) for node in functions if node.name == "make"), ""))
