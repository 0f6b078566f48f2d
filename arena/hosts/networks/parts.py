"""What networks are made of: two parts, `features` and `decision` (the fully connected layers), of which transfer
learning replaces the second (ROSE II-A)."""

from __future__ import annotations

import copy

import torch
from torch import nn

from arena.game.ledger import meter
from arena.hosts.architecture import Architecture
from arena.hosts.networks.blank import with_memory

MOST_CHANNELS, LONGEST_SIDE = 16, 256
"""Up to here features without memory get some to see an image; larger ones go torch's way, so that nobody's word for a
shape costs much."""


class Network(nn.Module):
    """A classifier in two parts; `architecture` says how it was built."""

    def __init__(self, architecture: Architecture, features: nn.Module, decision: nn.Module) -> None:
        super().__init__()
        self.architecture, self.features, self.decision = architecture, features, decision

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.decision(self.features(images))


def conv(inputs: int, outputs: int, kernel: int, padding: int = 0, pool: bool = False) -> list[nn.Module]:
    """A convolution with ReLU, and max pooling before it where asked for: the same function as pooling behind it, at a
    quarter of the cost."""
    return [nn.Conv2d(inputs, outputs, kernel, padding=padding), *([nn.MaxPool2d(2)] if pool else []),
            nn.ReLU(inplace=True)]


def width(features: nn.Module, shape: tuple[int, int, int], resized: int = 0) -> int:
    """How many numbers the features give for one image; `resized` is the side to which they bring it themselves."""
    with meter().paused(), torch.no_grad():
        if not _is_meta(features) or shape[0] > MOST_CHANNELS or max(*shape[1:], resized) > LONGEST_SIDE:
            return features(torch.zeros(1, *shape)).shape[1]
        with torch.device("cpu"):
            return with_memory(copy.deepcopy(features))(torch.zeros(1, *shape)).shape[1]


def _is_meta(module: nn.Module) -> bool:
    return any(parameter.is_meta for parameter in module.parameters())


def residual_network(architecture: Architecture, features: nn.Sequential) -> Network:
    """Features of a residual network with one fully connected layer behind them."""
    decision = nn.Linear(width(features.eval(), architecture.shape), architecture.classes)
    return Network(architecture, features, decision).train()


def rose_decision(inputs: int, classes: int) -> nn.Module:
    """ROSE's decision part for transfer learning: fully connected 1024, 512, classes (appendix VI.3)."""
    return nn.Sequential(nn.Linear(inputs, 1024), nn.ReLU(), nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, classes))
