"""Layers of a model that are computed by tiles for a while.

Only where gradients are wanted: under `torch.no_grad()` a layer computes as ever, so that answers, and the FLOPs that
are counted, are the network's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeGuard

import torch
from torch import nn

from arena.hosts.winograd.algorithm import OUT
from arena.hosts.winograd.convolution import convolved, fits, transformed
from arena.hosts.winograd.ways import LANES, ways

SIDES = (3, 5)
"""Of kernels that were measured to gain; with a stride of 2 they gained little (3 x 3, 64 to 256 channels: 1.05 to 1.25
times as fast)."""
MOST_PRODUCTS = 0.6
"""Of a direct convolution's; an output with few pixels leaves much of its tiles empty."""
TOLERATED = 1e-4
"""Of the largest number."""


def plain(layer: nn.Module) -> TypeGuard[nn.Conv2d]:
    """Whether a layer is a convolution that computes what torch's does, of all channels together, with zeros around
    (not one of somebody's own who does more)."""
    return (isinstance(layer, nn.Conv2d) and "forward" not in vars(layer) and layer.groups == 1
            and type(layer).forward is nn.Conv2d.forward and type(layer)._conv_forward is nn.Conv2d._conv_forward
            and layer.padding_mode == "zeros" and not isinstance(layer.padding, str))


def suits(layer: nn.Module) -> TypeGuard[nn.Conv2d]:
    """Whether a layer is a convolution that can gain by tiles."""
    return (plain(layer) and layer.kernel_size in [(side, side) for side in SIDES]
            and layer.stride == layer.dilation == (1, 1) and layer.padding in ((0, 0), (1, 1), (2, 2))
            and layer.in_channels % LANES == layer.out_channels % LANES == 0)


def gains(layer: Any, height: int, width: int) -> bool:
    """Whether a layer that `suits` gains with images of a size."""
    side, padding = layer.kernel_size[0], layer.padding[0]
    rows, columns = (length + 2 * padding - side + 1 for length in (height, width))
    products = (side + OUT - 1) ** 2 * (-(-rows // OUT)) * (-(-columns // OUT))
    return min(rows, columns) > 0 and products <= MOST_PRODUCTS * side * side * rows * columns


@cache
def usable(side: int) -> bool:
    """Whether LLVM's code for kernels of a side is there and right: a small convolution and its gradients are held
    against torch's."""
    if ways(side) is None:
        return False
    draw = torch.Generator().manual_seed(side)
    shapes = (2, LANES, 6, 9), (2 * LANES, LANES, side, side), (2 * LANES,)
    images, weight, bias = given = [torch.randn(shape, generator=draw, requires_grad=True) for shape in shapes]
    with torch.enable_grad():
        both = convolved(images, weight, bias, 1), nn.functional.conv2d(images, weight, bias, padding=1)
        found, right = ([made.detach(), *torch.autograd.grad(made.square().sum(), given)] for made in both)
    return all(float((one - other).abs().max()) < TOLERATED * float(other.abs().max())
               for one, other in zip(found, right, strict=True))


@contextmanager
def by_tiles(model: nn.Module, wanted: bool, still: bool = False) -> Iterator[None]:
    """Inside, where it is `wanted`, convolutions of `model` that gain by tiles are computed so when gradients are;
    `still` promises that the weights don't change (float32, CPU)."""
    layers = [layer for layer in model.modules()
              if wanted and suits(layer) and usable(layer.kernel_size[0])]
    for layer in layers:
        vars(layer)["forward"] = _forward(layer, still)
    try:
        yield
    finally:
        for layer in layers:
            del vars(layer)["forward"]


def _forward(layer: Any, still: bool) -> Callable[[torch.Tensor], torch.Tensor]:
    kernels = transformed(layer.weight.detach()) if still and layer.weight.dtype == torch.float32 else None

    def forward(images: torch.Tensor) -> torch.Tensor:
        wanted = torch.is_grad_enabled() and fits(images, layer.weight)
        if not wanted or not gains(layer, *images.shape[2:]):
            return type(layer).forward(layer, images)
        return convolved(images, layer.weight, layer.bias, layer.padding[0], kernels)

    return forward
