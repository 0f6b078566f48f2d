"""5 x 5 convolutions by tiles: the same function with a sixth of the multiplications (Winograd's minimal filtering;
Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", section 4).

A tile of 8 x 8 pixels gives 4 x 4 outputs by 64 products a pair of channels instead of 400. The way there and back is
three small matrices; with the values 0, +-1, +-2 and +-1/2 and float32 the error is a few millionths of the largest
output, that of a direct convolution two or three times smaller. The gradients are the adjoints of the same matrices.
With 3 x 3 kernels it was measured to pay little or nothing, since the way takes the time that is saved.

Only where gradients are wanted: under `torch.no_grad()` a layer computes as ever, so that answers, and the FLOPs that
are counted, are the network's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn

SIDE, OUT, SIZE, OVER = 5, 4, 8, 4
"""Along an axis: of a kernel, outputs of a tile, pixels of a tile, pixels that it shares with the next."""
POINTS = SIZE * SIZE
VALUES = (0, 1, -1, 2, -2, 0.5, -0.5)
"""Where the polynomials are evaluated; infinity is the last one."""
LEAST_CHANNELS = 64
"""With fewer, the way to the tiles and back costs more than what is saved."""


@dataclass(frozen=True)
class Plan:
    """The matrices, both axes at once: `kernel` (64, 25), `image` (64, 64) and `output` (16, 64)."""

    kernel: torch.Tensor
    image: torch.Tensor
    output: torch.Tensor


@cache
def plan() -> Plan:
    """Polynomials are multiplied by their values, and a correlation is that, transposed."""
    def values(terms: int) -> np.ndarray:
        return np.array([[float(at) ** power for power in range(terms)] for at in VALUES]
                        + [[float(power == terms - 1) for power in range(terms)]])

    one_axis = values(SIDE), np.linalg.inv(values(SIZE)).T, values(OUT).T
    return Plan(*(torch.from_numpy(np.kron(each, each)).float() for each in one_axis))


def tiles(images: torch.Tensor, padding: int) -> torch.Tensor:
    """The tiles of `images` (N, C, H, W): (8, 8, N, rows, columns, C), a view of a padded copy."""
    spare = [-(length + 2 * padding - OVER) % OUT + padding for length in images.shape[2:]]
    padded = nn.functional.pad(images.permute(0, 2, 3, 1), (0, 0, padding, spare[1], padding, spare[0]))
    return padded.unfold(1, SIZE, OUT).unfold(2, SIZE, OUT).permute(4, 5, 0, 1, 2, 3)


def laid_back(parts: torch.Tensor, padding: int, height: int, width: int) -> torch.Tensor:
    """The adjoint of `tiles`: tiles (8, 8, N, rows, columns, C) added where they came from, (N, C, height, width)."""
    _, _, count, rows, columns, channels = parts.shape
    whole = parts.new_zeros(count, rows + 1, OUT, columns + 1, OUT, channels)
    blocks = parts.permute(2, 3, 0, 4, 1, 5)
    whole[:, :rows, :, :columns] = blocks[:, :, :OUT, :, :OUT]
    whole[:, 1:, :, :columns] += blocks[:, :, OUT:, :, :OUT]
    whole[:, :rows, :, 1:] += blocks[:, :, :OUT, :, OUT:]
    whole[:, 1:, :, 1:] += blocks[:, :, OUT:, :, OUT:]
    flat = whole.view(count, (rows + 1) * OUT, (columns + 1) * OUT, channels)
    return flat[:, padding : padding + height, padding : padding + width].permute(0, 3, 1, 2)


def joined(outputs: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Outputs of tiles (4, 4, N, rows, columns, C) side by side, (N, C, height, width)."""
    _, _, count, rows, columns, channels = outputs.shape
    flat = outputs.permute(2, 3, 0, 4, 1, 5).reshape(count, rows * OUT, columns * OUT, channels)
    return flat[:, :height, :width].permute(0, 3, 1, 2)


def cut(outputs: torch.Tensor) -> torch.Tensor:
    """The adjoint of `joined`: (N, C, H, W) in blocks (4, 4, N, rows, columns, C), zeros where there was nothing."""
    count, channels, height, width = outputs.shape
    full = nn.functional.pad(outputs.permute(0, 2, 3, 1), (0, 0, 0, -width % OUT, 0, -height % OUT))
    blocks = full.reshape(count, full.shape[1] // OUT, OUT, full.shape[2] // OUT, OUT, channels)
    return blocks.permute(2, 4, 0, 1, 3, 5)


def transformed(weight: torch.Tensor) -> torch.Tensor:
    """The kernels (L, D, 5, 5) as the tiles meet them, (64, D, L)."""
    flat = weight.permute(2, 3, 1, 0).reshape(SIDE * SIDE, -1)
    return (plan().kernel @ flat).view(POINTS, weight.shape[1], weight.shape[0])


class _Tiled(torch.autograd.Function):
    """Images (N, D, H, W) and kernels as of `transformed` to outputs (N, L, H', W')."""

    @staticmethod
    def forward(ctx: Any, images: torch.Tensor, kernels: torch.Tensor, padding: int) -> torch.Tensor:
        parts, by = tiles(images, padding), plan()
        height, width = (length + 2 * padding - OVER for length in images.shape[2:])
        seen = (by.image @ parts.reshape(POINTS, -1)).view(POINTS, -1, images.shape[1])
        ctx.save_for_backward(kernels, seen if kernels.requires_grad else None)
        ctx.padding, ctx.size = padding, images.shape[2:]
        out = by.output @ torch.bmm(seen, kernels).view(POINTS, -1)
        return joined(out.view(OUT, OUT, *parts.shape[2:5], -1), height, width)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        (kernels, seen), by, blocks = ctx.saved_tensors, plan(), cut(grads[0])
        back = (by.output.T @ blocks.reshape(OUT * OUT, -1)).view(POINTS, -1, blocks.shape[-1])
        images = None
        if ctx.needs_input_grad[0]:
            parts = by.image.T @ torch.bmm(back, kernels.transpose(1, 2)).view(POINTS, -1)
            images = laid_back(parts.view(SIZE, SIZE, *blocks.shape[2:5], -1), ctx.padding, *ctx.size)
        return images, torch.bmm(seen.transpose(1, 2), back) if ctx.needs_input_grad[1] else None, None


def convolved(images: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None, padding: int = 0,
              kernels: torch.Tensor | None = None) -> torch.Tensor:
    """What `torch.nn.functional.conv2d` gives for float32 `images` (N, D, H, W) and kernels `weight` (L, D, 5, 5);
    differentiable once. `kernels` is `transformed(weight)` where that is at hand."""
    out = _Tiled.apply(images, transformed(weight) if kernels is None else kernels, padding)
    return out if bias is None else out + bias.view(-1, 1, 1)


def suits(layer: nn.Module) -> bool:
    """Whether a layer is a convolution that gains by tiles."""
    return (isinstance(layer, nn.Conv2d) and layer.kernel_size == (SIDE, SIDE) and layer.padding_mode == "zeros"
            and layer.stride == layer.dilation == (1, 1) and layer.groups == 1
            and layer.padding in ((0, 0), (1, 1), (2, 2))
            and min(layer.in_channels, layer.out_channels) >= LEAST_CHANNELS)


@contextmanager
def by_tiles(model: nn.Module, wanted: bool, still: bool = False) -> Iterator[None]:
    """Inside, where it is `wanted`, convolutions of `model` that gain by tiles are computed so when gradients are and
    whole tiles fit; `still` promises that the weights don't change (float32, CPU)."""
    layers = [layer for layer in model.modules() if wanted and suits(layer) and "forward" not in vars(layer)]
    for layer in layers:
        vars(layer)["forward"] = _forward(layer, still)
    try:
        yield
    finally:
        for layer in layers:
            del vars(layer)["forward"]


def _forward(layer: Any, still: bool) -> Callable[[torch.Tensor], torch.Tensor]:
    kernels = transformed(layer.weight.detach()) if still else None

    def forward(images: torch.Tensor) -> torch.Tensor:
        if not torch.is_grad_enabled() or any((side + 2 * layer.padding[0]) % OUT for side in images.shape[2:]):
            return type(layer).forward(layer, images)
        return convolved(images, layer.weight, layer.bias, layer.padding[0], kernels)

    return forward
