"""Residual networks for 32x32 images: the wide one of Uchida et al. (Table 3; Zagoruyko and Komodakis 2016), He et
al.'s ResNet-20 to -56, and their ResNet-50.

Layers have the papers' names: `features.conv2.second` is the second convolution of the group conv 2, where Uchida et
al. embed.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn


class PreActivation(nn.Module):
    """Batch norm and ReLU before each of two 3x3 convolutions; a 1x1 convolution on the way past them when the shape
    changes."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.norm1, self.first = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm2, self.second = nn.BatchNorm2d(outputs), nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.past = nn.Conv2d(inputs, outputs, 1, stride, bias=False) if inputs != outputs or stride != 1 else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        ready = nn.functional.relu(self.norm1(x))
        out = self.second(nn.functional.relu(self.norm2(self.first(ready))))
        return out + (x if self.past is None else self.past(ready))


def wide(channels: int, factor: int, blocks: int = 1) -> nn.Sequential:
    """Features of the wide residual network with N = `blocks` and k = `factor`; 64 `factor` numbers an image."""
    layers: OrderedDict[str, nn.Module] = OrderedDict(conv1=nn.Conv2d(channels, 16, 3, padding=1, bias=False))
    inputs = 16
    for group, width, stride in ((2, 16, 1), (3, 32, 2), (4, 64, 2)):
        for block in range(blocks):
            name = f"conv{group}" if block == 0 else f"conv{group}_{block + 1}"
            layers[name] = PreActivation(inputs, width * factor, stride if block == 0 else 1)
            inputs = width * factor
    layers.update(norm=nn.BatchNorm2d(inputs), relu=nn.ReLU(inplace=True), pool=nn.AdaptiveAvgPool2d(1),
                  flatten=nn.Flatten())
    return _initialised(nn.Sequential(layers))


class PostActivation(nn.Module):
    """He et al.'s basic block; where the shape changes, the way past it is subsampled and filled up with zeros (their
    option A); by a pooling of single pixels, whose gradient lies channels last as the others do."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first, self.norm1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.second, self.norm2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.stride, self.more = stride, outputs - inputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.norm2(self.second(nn.functional.relu(self.norm1(self.first(x)))))
        if self.stride != 1 or self.more:
            x = nn.functional.pad(nn.functional.max_pool2d(x, 1, self.stride), (0, 0, 0, 0, 0, self.more))
        return nn.functional.relu(out + x)


def residual(channels: int, depth: int) -> nn.Sequential:
    """Features of He et al.'s network for 32x32 images with `depth` = 6 n + 2 layers; 64 numbers an image."""
    count = (depth - 2) // 6
    layers: OrderedDict[str, nn.Module] = OrderedDict(conv1=nn.Conv2d(channels, 16, 3, padding=1, bias=False))
    layers.update(norm=nn.BatchNorm2d(16), relu=nn.ReLU(inplace=True))
    inputs = 16
    for group, width in ((2, 16), (3, 32), (4, 64)):
        for block in range(count):
            layers[f"conv{group}_{block + 1}"] = PostActivation(inputs, width, 2 if block == 0 and group > 2 else 1)
            inputs = width
    layers.update(pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten())
    return _initialised(nn.Sequential(layers))


class Bottleneck(nn.Module):
    """He et al.'s block of three convolutions, the middle one narrow; a 1x1 convolution with batch norm on the way past
    it when the shape changes (their option B)."""

    def __init__(self, inputs: int, width: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first, self.norm1 = nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width)
        self.second, self.norm2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.third, self.norm3 = nn.Conv2d(width, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        self.past = (nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
                     if stride != 1 or inputs != outputs else nn.Identity())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = nn.functional.relu(self.norm1(self.first(x)))
        out = nn.functional.relu(self.norm2(self.second(out)))
        return nn.functional.relu(self.norm3(self.third(out)) + self.past(x))


def bottlenecked(channels: int, blocks: tuple[int, ...] = (3, 4, 6, 3)) -> nn.Sequential:
    """Features of He et al.'s ResNet-50 (or with other numbers of blocks) behind a stem for small images: 3x3, stride
    1, no pooling; 2048 numbers an image."""
    layers: OrderedDict[str, nn.Module] = OrderedDict(conv1=nn.Conv2d(channels, 64, 3, padding=1, bias=False))
    layers.update(norm=nn.BatchNorm2d(64), relu=nn.ReLU(inplace=True))
    inputs = 64
    for group, count in enumerate(blocks, 2):
        width = 64 * 2 ** (group - 2)
        for block in range(count):
            stride = 2 if block == 0 and group > 2 else 1
            layers[f"conv{group}_{block + 1}"] = Bottleneck(inputs, width, 4 * width, stride)
            inputs = 4 * width
    layers.update(pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten())
    return _initialised(nn.Sequential(layers))


def _initialised(model: nn.Sequential) -> nn.Sequential:
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return model
