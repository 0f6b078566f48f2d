"""What networks are made of: two parts, `features` and `decision` (the fully connected layers), of which transfer
learning replaces the second (ROSE II-A)."""

from __future__ import annotations

import torch
from torch import nn

from arena.game.ledger import meter
from arena.hosts.architecture import Architecture


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


def width(features: nn.Module, shape: tuple[int, int, int]) -> int:
    """How many numbers the features give for one image."""
    with meter().paused(), torch.no_grad():
        return features(torch.zeros(1, *shape)).shape[1]


def residual_network(architecture: Architecture, features: nn.Sequential) -> Network:
    """Features of a residual network with one fully connected layer behind them."""
    decision = nn.Linear(width(features.eval(), architecture.shape), architecture.classes)
    return Network(architecture, features, decision).train()


def rose_decision(inputs: int, classes: int) -> nn.Module:
    """ROSE's decision part for transfer learning: fully connected 1024, 512, classes (appendix VI.3)."""
    return nn.Sequential(nn.Linear(inputs, 1024), nn.ReLU(), nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, classes))
