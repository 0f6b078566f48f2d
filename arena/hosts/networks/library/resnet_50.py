"""The host of Kakikura et al., as far as their abstract says: ResNet-50 for 32x32 images."""

from __future__ import annotations

from arena.hosts.architecture import Architecture
from arena.hosts.networks.parts import Network, residual_network
from arena.hosts.networks.residual import bottlenecked


def make(architecture: Architecture) -> Network:
    """He et al.'s ResNet-50 with a stem for 32x32 images (3x3, stride 1, no pooling) and one layer as its head"""
    return residual_network(architecture, bottlenecked(architecture.shape[0]))
