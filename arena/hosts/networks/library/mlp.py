"""A network without convolutions, for tables."""

from __future__ import annotations

from torch import nn

from arena.hosts.architecture import Architecture
from arena.hosts.networks.parts import Network, width


def make(architecture: Architecture) -> Network:
    """two fully connected layers of 128 with ReLU: for tables (`breast-cancer`), whose columns have no neighbours"""
    inputs = width(nn.Flatten(), architecture.shape)
    features = nn.Sequential(nn.Flatten(), nn.Linear(inputs, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU())
    return Network(architecture, features, nn.Linear(128, architecture.classes))
