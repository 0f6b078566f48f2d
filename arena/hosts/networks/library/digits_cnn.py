"""A small network for small images."""

from __future__ import annotations

from torch import nn

from arena.hosts.architecture import Architecture
from arena.hosts.networks.parts import Network, width


def make(architecture: Architecture, factor: int = 1) -> Network:
    """three 3x3 convolutions (32, 64, 128 filters) with batch norm, two max poolings; fully connected 128: for 8x8
    digits"""
    inputs, layers = architecture.shape[0], []
    for outputs, pool in ((32 * factor, False), (64 * factor, True), (128 * factor, True)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs),
                   *([nn.MaxPool2d(2)] if pool else []), nn.ReLU(inplace=True)]
        inputs = outputs
    features = nn.Sequential(*layers, nn.Flatten())
    decision = nn.Sequential(nn.Linear(width(features, architecture.shape), 128 * factor), nn.ReLU(),
                             nn.Linear(128 * factor, architecture.classes))
    return Network(architecture, features, decision)
