"""ROSE's network for CIFAR-10 (appendix VI.2)."""

from __future__ import annotations

from torch import nn

from arena.hosts.architecture import Architecture
from arena.hosts.networks.parts import Network, conv, width


def make(architecture: Architecture) -> Network:
    """ROSE's CIFAR-10 network: four blocks of two 3x3 convolutions (32, 64, 128, 256), pooling and dropout 0.2; fully
    connected 128, 256"""
    inputs, layers = architecture.shape[0], []
    for outputs in (32, 64, 128, 256):
        layers += [*conv(inputs, outputs, 3, 1), *conv(outputs, outputs, 3, 1, pool=True), nn.Dropout(0.2)]
        inputs = outputs
    features = nn.Sequential(*layers, nn.Flatten())
    decision = nn.Sequential(nn.Linear(width(features, architecture.shape), 128), nn.ReLU(), nn.Dropout(0.2),
                             nn.Linear(128, 256), nn.ReLU(),
                             nn.Linear(256, architecture.classes))
    network = Network(architecture, features, decision)
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.get_parameter("bias"))
    return network
