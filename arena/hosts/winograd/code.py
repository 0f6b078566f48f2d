"""The way to the tiles and back as LLVM IR: per tile and vector of channels a small constant matrix is applied along
both axes, in straight-line code.

An image lies channels last. Where each pixel of a tile is told by a table, counted in numbers from the image's first
one; what is less than 0 lies beyond the edge, where zeros are read and what is written doesn't matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

ARGUMENTS = ("ptr noalias %image, ptr noalias %planes, ptr noalias %table, ptr %beyond, ptr %bias, i64 %images, "
             "i64 %tiles, i64 %channels, i64 %size, i64 %plane")
"""`planes` has a plane, `plane` numbers long, for each product: (images * tiles, channels); `size` numbers are an
image."""
LOOP = """
define void @{name}({arguments}) {{
entry:
%slots = alloca ptr, i64 {pixels}
{slots}
br label %image_head
image_head:
%n = phi i64 [0, %entry], [%n_next, %image_end]
%image_more = icmp slt i64 %n, %images
br i1 %image_more, label %image_body, label %done
image_body:
%image_at = mul i64 %n, %size
%base = getelementptr float, ptr %image, i64 %image_at
%first_tile = mul i64 %n, %tiles
br label %tile_head
tile_head:
%t = phi i64 [0, %image_body], [%t_next, %tile_end]
%tile_more = icmp slt i64 %t, %tiles
br i1 %tile_more, label %tile_body, label %image_end
tile_body:
%row_at = mul i64 %t, {pixels}
%row = getelementptr i64, ptr %table, i64 %row_at
{pointers}
%tile = add i64 %first_tile, %t
%tile_at = mul i64 %tile, %channels
%here = getelementptr float, ptr %planes, i64 %tile_at
br label %channel
channel:
%c = phi i64 [0, %tile_body], [%c_next, %channel]
{body}
%c_next = add i64 %c, {width}
%channel_more = icmp slt i64 %c_next, %channels
br i1 %channel_more, label %channel, label %tile_end
tile_end:
%t_next = add i64 %t, 1
br label %tile_head
image_end:
%n_next = add i64 %n, 1
br label %image_head
done:
ret void
}}
"""
POINTER = """%entry{k} = getelementptr i64, ptr %row, i64 {k}
%offset{k} = load i64, ptr %entry{k}
%outside{k} = icmp slt i64 %offset{k}, 0
%inside{k} = getelementptr float, ptr %base, i64 %offset{k}
%pixel{k} = select i1 %outside{k}, ptr %beyond, ptr %inside{k}
store ptr %pixel{k}, ptr %slot{k}"""


@dataclass
class _Lines:
    """Instructions on vectors of `width` floats."""

    width: int
    text: list[str] = field(default_factory=list)

    @property
    def type(self) -> str:
        return f"<{self.width} x float>"

    def line(self, text: str) -> str:
        name = f"%v{len(self.text)}"
        self.text.append(f"{name} = {text}")
        return name

    def at(self, pointer: str, index: str) -> str:
        return self.line(f"getelementptr float, ptr {pointer}, i64 {index}")

    def load(self, pointer: str) -> str:
        return self.line(f"load {self.type}, ptr {pointer}, align 4")

    def store(self, value: str, pointer: str) -> None:
        self.text.append(f"store {self.type} {value}, ptr {pointer}, align 4")

    def pixel(self, index: int) -> str:
        return self.at(self.line(f"load ptr, ptr %slot{index}"), "%c")

    def product(self, index: int) -> str:
        return self.at(self.at("%here", self.line(f"mul i64 %plane, {index}")), "%c")

    def sum(self, coefficients: Sequence[float], values: Sequence[str]) -> str:
        """The values' sum, each times its coefficient."""
        terms = sorted(((float(c), v) for c, v in zip(coefficients, values, strict=True) if c),
                       key=lambda term: (term[0] != 1, term[0] == -1))
        total = ""
        for factor, value in terms:
            if not total:
                total = value if factor == 1 else self.line(f"fmul {self.type} {self.splat(factor)}, {value}")
            elif abs(factor) == 1:
                total = self.line(f"{'fadd' if factor > 0 else 'fsub'} {self.type} {total}, {value}")
            else:
                operands = f"{self.type} {self.splat(factor)}, {self.type} {value}, {self.type} {total}"
                total = self.line(f"call {self.type} @llvm.fma.v{self.width}f32({operands})")
        return total or "zeroinitializer"

    def splat(self, value: float) -> str:
        bits = int(np.float64(np.float32(value)).view(np.uint64))
        return f"<{', '.join([f'float 0x{bits:016X}'] * self.width)}>"

    def product_of(self, matrix: np.ndarray, values: Sequence[str]) -> list[str]:
        """A matrix times a vector of vectors. Two columns, or two rows, that differ in signs alone are computed by
        their even and odd parts."""
        if pairs := _pairs(matrix.T):
            columns, mixed = [], []
            for one, other in pairs:
                columns += [(matrix[:, one] + sign * matrix[:, other]) / 2 for sign in (1, -1)]
                mixed += [self.sum((1, sign), (values[one], values[other])) for sign in (1, -1)]
            alone = [k for k in range(len(values)) if not any(k in pair for pair in pairs)]
            whole = np.column_stack([*columns, *(matrix[:, k] for k in alone)])
            return [self.sum(row, [*mixed, *(values[k] for k in alone)]) for row in whole]
        out = {}
        for one, other in _pairs(matrix):
            even, odd = (self.sum((matrix[one] + sign * matrix[other]) / 2, values) for sign in (1, -1))
            out[one], out[other] = self.sum((1, 1), (even, odd)), self.sum((1, -1), (even, odd))
        return [out[k] if k in out else self.sum(row, values) for k, row in enumerate(matrix)]

    def both_axes(self, matrix: np.ndarray, read: Callable[[int], str]) -> Iterator[str]:
        """The numbers of matrix X matrix^T, row by row; `read` gives those of X."""
        side = matrix.shape[1]
        halves = [self.product_of(matrix, [read(row * side + column) for row in range(side)]) for column in range(side)]
        for row in zip(*halves, strict=True):
            yield from self.product_of(matrix, row)


def _pairs(rows: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of rows that differ in the signs of some of their numbers alone, and in that."""
    found: list[tuple[int, int]] = []
    for one in range(len(rows)):
        for other in range(one + 1, len(rows)):
            same, against = rows[one] == rows[other], rows[one] == -rows[other]
            if np.all(same | against) and not same.all() and not against.all() and not any(
                    {one, other} & set(pair) for pair in found):
                found.append((one, other))
    return found


def to_planes(name: str, matrix: np.ndarray, width: int) -> str:
    """A function that reads tiles of an image, applies `matrix` along both axes and writes the planes."""
    lines = _Lines(width)
    for index, value in enumerate(lines.both_axes(matrix, lambda index: lines.load(lines.pixel(index)))):
        lines.store(value, lines.product(index))
    return _function(name, matrix.shape[1], lines)


def to_image(name: str, matrix: np.ndarray, width: int, added: bool) -> str:
    """A function that reads planes, applies `matrix` along both axes and writes tiles of an image, with a bias;
    `added`: to what is there, instead."""
    lines = _Lines(width)
    bias = "" if added else lines.load(lines.at("%bias", "%c"))
    for index, value in enumerate(lines.both_axes(matrix, lambda index: lines.load(lines.product(index)))):
        pixel = lines.pixel(index)
        lines.store(lines.sum((1, 1), (lines.load(pixel) if added else bias, value)), pixel)
    return _function(name, matrix.shape[0], lines)


def _function(name: str, side: int, lines: _Lines) -> str:
    pixels = side * side
    slots = "\n".join(f"%slot{k} = getelementptr ptr, ptr %slots, i64 {k}" for k in range(pixels))
    return LOOP.format(name=name, arguments=ARGUMENTS, pixels=pixels, slots=slots, width=lines.width,
                       pointers="\n".join(POINTER.format(k=k) for k in range(pixels)), body="\n".join(lines.text))


def declared(width: int) -> str:
    """What the functions call."""
    vector = f"<{width} x float>"
    return f"declare {vector} @llvm.fma.v{width}f32({vector}, {vector}, {vector})\n"
