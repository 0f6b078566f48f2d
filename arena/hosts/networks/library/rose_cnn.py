"""ROSE's network for MNIST (appendix VI.1)."""

from __future__ import annotations

from torch import nn

from arena.hosts.architecture import Architecture
from arena.hosts.networks.parts import Network, conv, width


def make(architecture: Architecture, dropout: float = 0.0) -> Network:
    """ROSE's MNIST network: two 5x5 convolutions (64, 128 filters) with max pooling; fully connected 256"""
    channels = architecture.shape[0]
    features = nn.Sequential(*conv(channels, 64, 5, pool=True), *conv(64, 128, 5, pool=True), nn.Flatten())
    layers = [nn.Dropout(dropout), nn.Linear(width(features, architecture.shape), 256), nn.ReLU(),
              nn.Dropout(dropout), nn.Linear(256, architecture.classes)]
    decision = nn.Sequential(*(layer for layer in layers if dropout or not isinstance(layer, nn.Dropout)))
    return Network(architecture, features, decision)
