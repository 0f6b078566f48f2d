"""The networks that can be hosts: one file a network in `library`, found by its name, any of torchvision's
classification models, and one of the user's own (`own`).

Input: float images in 0..1, (N, C, H, W); output: logits (N, classes). An `Architecture` says how to build one again.
"""

from __future__ import annotations

import importlib
from typing import Any

import torch
from torch import nn

from arena.base.draws import borrowed
from arena.base.errors import ArenaError
from arena.hosts.architecture import Architecture
from arena.hosts.library import NETWORKS
from arena.hosts.networks import own, pretrained
from arena.hosts.networks.blank import Blank
from arena.hosts.networks.exponential import weight_exponentially
from arena.hosts.networks.hashed import answer_by_hash
from arena.hosts.networks.own import admit, parts_misfit
from arena.hosts.networks.parts import Network
from arena.hosts.networks.pretrained import ImageNetInput, torchvision_names

__all__ = ["NETWORKS", "ImageNetInput", "Network", "admit", "blank", "build", "parts_misfit",
           "pretrained_part", "replace_decision", "torchvision_names"]


def build(architecture: Architecture, generator: torch.Generator | None = None) -> Network:
    """A new network with weights drawn from `generator` (None: the weights will be loaded). ArenaError for an unknown
    name."""
    maker = _maker(architecture.network)
    with borrowed(generator or torch.Generator()):
        try:
            network = weight_exponentially(maker.make(architecture), architecture.temperature)
            return answer_by_hash(network) if architecture.hashed else network  # type: ignore[return-value]
        except (RuntimeError, ValueError) as error:
            what = f"network {architecture.network!r} can't take images of shape {tuple(architecture.shape)}"
            raise ArenaError(f"{what}: {str(error).splitlines()[0]}") from None


def blank(architecture: Architecture) -> Network:
    """The network without memory. Some networks must count while they are built, others may not; one of the user's own
    that must compute gets the memory that it takes. What torch raises for an architecture that nobody would write is
    raised here."""
    for counts in (False, True):
        try:
            with torch.device("meta"), Blank(counts):
                return build(architecture)
        except Exception:
            if counts and ":" not in architecture.network:
                raise
    return build(architecture)


def _maker(name: str) -> Any:
    """The module whose `make` builds a network."""
    if ":" in name:
        return own
    if name not in NETWORKS:
        return pretrained
    return importlib.import_module(f"{__name__}.library.{name.replace('-', '_')}")


def replace_decision(network: Network, architecture: Architecture, generator: torch.Generator) -> Network:
    """A network with the features of `network` and a new decision part (transfer learning, ROSE II-A). ArenaError where
    it has no such parts."""
    fresh = build(architecture, generator)
    if misfit := parts_misfit(network, fresh):
        raise ArenaError(misfit)
    fresh.features.load_state_dict(network.features.state_dict())
    return fresh


def pretrained_part(network: Network) -> nn.Module:
    """What pre-trained weights are loaded into: a torchvision model without its decision part, else the whole."""
    name = network.architecture.network
    return own.body(network) if ":" in name or name in NETWORKS else network.features[1].model  # type: ignore[index]
