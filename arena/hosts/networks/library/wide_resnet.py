"""The wide residual network of Uchida et al. (2017, Table 3)."""

from __future__ import annotations

from arena.hosts.architecture import Architecture
from arena.hosts.networks.parts import Network, residual_network
from arena.hosts.networks.residual import wide


def make(architecture: Architecture) -> Network:
    """Uchida et al.'s wide residual network: N=1, k=4, for 32x32 images (Table 3)"""
    return residual_network(architecture, wide(architecture.shape[0], 4))
