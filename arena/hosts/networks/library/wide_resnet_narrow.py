"""The network of Uchida et al. for small images."""

from __future__ import annotations

from arena.hosts.architecture import Architecture
from arena.hosts.networks.parts import Network, residual_network
from arena.hosts.networks.residual import wide


def make(architecture: Architecture) -> Network:
    """Uchida et al.'s wide residual network with k=1, for small images"""
    return residual_network(architecture, wide(architecture.shape[0], 1))
