"""ROSE's network for Fashion-MNIST (appendix VI.1)."""

from __future__ import annotations

from arena.hosts.architecture import Architecture
from arena.hosts.networks.library import rose_cnn
from arena.hosts.networks.parts import Network


def make(architecture: Architecture) -> Network:
    """ROSE's Fashion-MNIST network: `rose-cnn` with dropout 0.2 behind the last pooling and between the fully connected
    layers"""
    return rose_cnn.make(architecture, 0.2)
