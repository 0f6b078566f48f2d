"""`digits-cnn` with more channels: it can be all that the narrow one is, so a thief may put a stolen one into it."""

from __future__ import annotations

from arena.hosts.architecture import Architecture
from arena.hosts.networks.library import digits_cnn
from arena.hosts.networks.parts import Network


def make(architecture: Architecture) -> Network:
    """`digits-cnn` with twice the filters (64, 128, 256) and twice the neurons (256)"""
    return digits_cnn.make(architecture, 2)
