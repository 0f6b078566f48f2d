"""The six-layer convolutional autoencoder of Namba and Sakuma (Table 4): three halvings, three doublings, batch norm
everywhere."""

from __future__ import annotations

import torch
from torch import nn

HALVINGS = 3


class Autoencoder(nn.Module):
    """Images in 0..1 (N, C, H, W) -> images of the same shape. Sides that are no multiple of 8 are padded with black
    and cut again; the last layer has as many channels as the image."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in ((channels, 16), (16, 32), (32, 64)):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
        for inputs, outputs in ((64, 32), (32, 16), (16, channels)):
            layers += [nn.ConvTranspose2d(inputs, outputs, 3, 2, 1, output_padding=1), nn.BatchNorm2d(outputs),
                       nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers[:-1], nn.Sigmoid())

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        high, wide = images.shape[2:]
        unit = 2**HALVINGS
        padded = nn.functional.pad(images, (0, -wide % unit, 0, -high % unit))
        return self.layers(padded)[:, :, :high, :wide]


def divergence(one: torch.Tensor, two: torch.Tensor) -> torch.Tensor:
    """Jensen-Shannon divergence (N,) in nats of two sets of probability vectors (N, c): eq. (9) with KL = sum p log(p /
    q)."""
    middle = ((one + two) / 2).clamp_min(1e-30).log()
    return sum((p * (p.clamp_min(1e-30).log() - middle)).sum(1) for p in (one, two)) / 2  # type: ignore[return-value]
