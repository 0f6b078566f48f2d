"""The host of Namba and Sakuma (2019), brief."""

from __future__ import annotations

from arena.hosts.architecture import Architecture
from arena.hosts.networks.parts import Network, residual_network
from arena.hosts.networks.residual import residual


def make(architecture: Architecture) -> Network:
    """He et al.'s ResNet with 8 layers, for small machines"""
    return residual_network(architecture, residual(architecture.shape[0], 8))
