"""The ways to the tiles and back, compiled for this processor, and the places of the pixels."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from arena.base.llvm import default_directory, host, host_width, load, obtain
from arena.hosts.winograd.algorithm import OUT, algorithm
from arena.hosts.winograd.code import declared, to_image, to_planes

LANES = 16
"""Channels come in multiples of so many: the widest registers' floats."""
Function = Callable[..., None]


@dataclass(frozen=True, eq=False)
class Ways:
    """For kernels of a side: `kernel` (S * S, side * side) brings kernels to the tiles; `to_tiles` and
    `from_tiles` are the image's and the outputs' ways, `back_to_tiles` and `back_from_tiles` the adjoints of
    `from_tiles` and of `to_tiles`. `engine` owns the code."""

    engine: Any
    kernel: torch.Tensor
    to_tiles: Function
    from_tiles: Function
    back_to_tiles: Function
    back_from_tiles: Function


@cache
def ways(side: int) -> Ways | None:
    """None where LLVM can't be used."""
    target, _ = host()
    if target is None:
        return None
    by, width = algorithm(side), host_width(target)
    text = "".join([to_planes("to_tiles", by.image, width), to_image("from_tiles", by.output, width, added=False),
                    to_planes("back_to_tiles", by.output.T, width),
                    to_image("back_from_tiles", by.image.T, width, added=True), declared(width)])
    try:
        code, _ = obtain(text, target, default_directory())
        engine, addresses = load(code, target, "to_tiles", "from_tiles", "back_to_tiles", "back_from_tiles")
    except Exception:  # whatever LLVM dislikes, torch's own convolutions are there
        return None
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5, *[ctypes.c_int64] * 5)
    return Ways(engine, torch.from_numpy(np.kron(by.kernel, by.kernel)).float(), *(kind(at) for at in addresses))


@dataclass(frozen=True, eq=False)
class Places:
    """Where the pixels of each of an image's `tiles` are, for images (height, width, inputs) and outputs (rows,
    columns, outputs)."""

    height: int
    width: int
    rows: int
    columns: int
    tiles: int
    images: torch.Tensor
    outputs: torch.Tensor


@cache
def places(side: int, padding: int, height: int, width: int, inputs: int, outputs: int) -> Places:
    rows, columns = (length + 2 * padding - side + 1 for length in (height, width))
    corners = [(i, j) for i in range(0, rows, OUT) for j in range(0, columns, OUT)]

    def table(span: int, before: int, high: int, wide: int, channels: int) -> torch.Tensor:
        at = [(i - before + y, j - before + x) for i, j in corners for y in range(span) for x in range(span)]
        return torch.tensor([(y * wide + x) * channels if 0 <= y < high and 0 <= x < wide else -1 for y, x in at])

    return Places(height, width, rows, columns, len(corners),
                  table(side + OUT - 1, padding, height, width, inputs), table(OUT, 0, rows, columns, outputs))


def go(way: Function, images: torch.Tensor, planes: torch.Tensor, table: torch.Tensor, tiles: int,
       bias: torch.Tensor | None = None) -> None:
    """One of the ways, for `images` (N, H, W, C) and `planes` (S * S, N * tiles or more, C), both without gaps within
    an image and a plane."""
    channels, size, plane = images.shape[-1], images.stride(0), planes.stride(0)
    beyond = torch.zeros(channels)
    way(images.data_ptr(), planes.data_ptr(), table.data_ptr(), beyond.data_ptr(),
        (beyond if bias is None else bias).data_ptr(), len(images), tiles, channels, size, plane)
