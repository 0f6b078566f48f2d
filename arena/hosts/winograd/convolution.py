"""A convolution by tiles, and its gradients by the adjoints of the same matrices.

A tile of 6 x 6 pixels gives 4 x 4 outputs of a 3 x 3 kernel by 36 products a pair of channels instead of 144, one of
8 x 8 those of a 5 x 5 kernel by 64 instead of 400; in float32 the error is a few millionths of the largest output.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.autograd.function import once_differentiable

from arena.hosts.winograd.ways import LANES, Places, Ways, go, places, ways

AT_ONCE = 1 << 20
"""Numbers in the planes of the images that go together: a processor's caches hold them."""


def transformed(weight: torch.Tensor) -> torch.Tensor:
    """The kernels (L, D, side, side) as the tiles meet them, (S * S, D, L)."""
    flat = weight.permute(2, 3, 1, 0).reshape(weight.shape[2] ** 2, -1)
    return (_ways(weight.shape[2]).kernel @ flat).view(-1, weight.shape[1], weight.shape[0])


def fits(images: torch.Tensor, weight: torch.Tensor) -> bool:
    """Whether `convolved` can be asked: the compiled code reads what it is told to, wherever that is."""
    return (images.dim() == 4 and images.shape[1] == weight.shape[1]
            and images.dtype == weight.dtype == torch.float32
            and images.device.type == weight.device.type == "cpu")


def convolved(images: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None, padding: int = 0,
              kernels: torch.Tensor | None = None) -> torch.Tensor:
    """What `torch.nn.functional.conv2d` gives for float32 `images` (N, D, H, W) and kernels `weight` (L, D, side,
    side), D and L multiples of 16; differentiable once. `kernels` is `transformed(weight)` where that is at hand.
    ValueError for others."""
    if not fits(images, weight) or weight.shape[0] % LANES or weight.shape[1] % LANES:
        raise ValueError(f"no convolution by tiles: images {tuple(images.shape)}, kernels {tuple(weight.shape)}")
    return _Tiled.apply(images, transformed(weight) if kernels is None else kernels, bias, weight.shape[2], padding)


def _ways(side: int) -> Ways:
    found = ways(side)
    if found is None:
        raise RuntimeError("convolutions by tiles need LLVM")
    return found


def _empty(count: int, channels: int, height: int, width: int) -> torch.Tensor:
    """Channels last."""
    return torch.empty(count, channels, height, width, memory_format=torch.channels_last)


def _planes(kernels: torch.Tensor, images: int, tiles: int, channels: int) -> torch.Tensor:
    """Room for the tiles of some images, (S * S, images * tiles + 1, channels): a row of zeros ends each plane, lest
    planes a power of two apart share a place in the caches."""
    planes = torch.empty(len(kernels), images * tiles + 1, channels)
    planes[:, -1] = 0
    return planes


def _portions(count: int, at: Places, kernels: torch.Tensor) -> Iterator[slice]:
    each = max(1, AT_ONCE // (at.tiles * len(kernels) * sum(kernels.shape[1:])))
    return (slice(first, min(first + each, count)) for first in range(0, count, each))


class _Tiled(torch.autograd.Function):
    """Images (N, D, H, W), kernels as of `transformed` and a bias (L,) to outputs (N, L, H', W')."""

    @staticmethod
    def forward(ctx: Any, images: torch.Tensor, kernels: torch.Tensor, bias: torch.Tensor | None, side: int,
                padding: int) -> torch.Tensor:
        flat, (_, inputs, outputs), by = images.detach().permute(0, 2, 3, 1).contiguous(), kernels.shape, _ways(side)
        at = places(side, padding, *flat.shape[1:3], inputs, outputs)
        ctx.by, ctx.at = by, at
        ctx.save_for_backward(kernels, flat if ctx.needs_input_grad[1] else None)
        out = _empty(len(flat), outputs, at.rows, at.columns)
        for part in _portions(len(flat), at, kernels):
            seen = _planes(kernels, len(flat[part]), at.tiles, inputs)
            go(by.to_tiles, flat[part], seen, at.images, at.tiles)
            go(by.from_tiles, out.permute(0, 2, 3, 1)[part], torch.bmm(seen, kernels), at.outputs, at.tiles,
               None if bias is None else bias.contiguous())
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> Any:
        (kernels, flat), by, at = ctx.saved_tensors, ctx.by, ctx.at
        flat_grad, (_, inputs, outputs) = grad.permute(0, 2, 3, 1).contiguous(), kernels.shape
        to_images, to_kernels, to_bias = ctx.needs_input_grad[:3]
        images = _empty(len(grad), inputs, at.height, at.width).zero_() if to_images else None
        pushed = torch.zeros_like(kernels) if to_kernels else None
        for part in _portions(len(grad), at, kernels):
            back = _planes(kernels, len(grad[part]), at.tiles, outputs)
            go(by.back_to_tiles, flat_grad[part], back, at.outputs, at.tiles)
            if images is not None:
                go(by.back_from_tiles, images.permute(0, 2, 3, 1)[part], torch.bmm(back, kernels.transpose(1, 2)),
                   at.images, at.tiles)
            if pushed is not None:
                seen = _planes(kernels, len(grad[part]), at.tiles, inputs)
                go(by.to_tiles, flat[part], seen, at.images, at.tiles)
                pushed.baddbmm_(seen.transpose(1, 2), back)
        return images, pushed, flat_grad.sum((0, 1, 2)) if to_bias else None, None, None
