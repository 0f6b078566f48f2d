"""What a field of a key must be, as marks for `Annotated` (see `arena.strategies.keys`): any class with `fault` is one.

Types count exactly, for a claim may hold anything: True is no number, float32 no float64, a subclass of bytes no bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from arena.forging.hashing import image_bytes
from arena.game.evidence import Setting
from arena.game.wire import encodable
from arena.strategies.returned import kind_of


@dataclass(frozen=True)
class At:
    """Setting a field stands: in which match, and behind which fields, which are right."""

    where: Setting
    before: Mapping[str, Any]

    def length(self, size: int | str | None) -> int | None:
        """A length that is given, or that an earlier field has or is; None: any."""
        if not isinstance(size, str):
            return size
        found = self.before[size]
        return found if isinstance(found, int) else len(found)


class Mark(Protocol):
    """What a field must be."""

    def fault(self, value: Any, at: At) -> str | None:
        """What is wrong with a value, whatever it is, as it follows the field's name; None for a right one."""


@dataclass(frozen=True)
class Exactly:
    """So many bytes."""

    size: int

    def fault(self, value: Any, at: At) -> str | None:
        right = type(value) is bytes and len(value) == self.size
        return None if right else f"must be {self.size} bytes, not {told(value)}"


@dataclass(frozen=True)
class Text:
    """Text of 1 to `most` characters, which UTF-8 can write."""

    most: int

    def fault(self, value: Any, at: At) -> str | None:
        right = type(value) is str and 1 <= len(value) <= self.most and encodable(value)
        return None if right else f"must be text of 1 to {self.most} characters, not {told(value)}"


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    least: int
    most: int

    def fault(self, value: Any, at: At) -> str | None:
        right = type(value) is int and self.least <= value <= self.most
        return None if right else f"must be a whole number from {self.least:,} to {self.most:,}, not {told(value)}"


@dataclass(frozen=True)
class OneOf:
    """One of some values: what `Literal[...]` and `bool` mean."""

    options: tuple[Any, ...]

    def fault(self, value: Any, at: At) -> str | None:
        if any(type(value) is type(option) and value == option for option in self.options):
            return None
        return f"must be {', '.join(map(str, self.options[:-1]))} or {self.options[-1]}, not {told(value)}"


@dataclass(frozen=True)
class Array:
    """Finite numbers of a type, in the shape of an earlier field or in one of lengths: numbers, earlier fields (as long
    as those are, or as they say), or None for any; `least` and `most` bound them."""

    dtype: str
    shape: tuple[int | str | None, ...] | str
    least: float | None = None
    most: float | None = None

    def fault(self, value: Any, at: At) -> str | None:
        same = isinstance(self.shape, str)
        shape = at.before[self.shape].shape if same else tuple(map(at.length, self.shape))  # type: ignore[index]
        if not _is_array(value, self.dtype, shape):
            return f"must be {self.dtype} {_in_words(shape)}, not {told(value)}"
        if not np.isfinite(value).all():
            return "must hold finite numbers"
        if not value.size:
            return None
        low, high = value.min(), value.max()
        fits = (self.least is None or self.least <= low) and (self.most is None or high <= self.most)
        return None if fits else f"must lie in {self.least}..{self.most}, not in {low}..{high}"


@dataclass(frozen=True)
class Images:
    """1 to `most` images of the task's shape, no two alike, in uint8: what is hashed is what the model sees."""

    most: int

    def fault(self, value: Any, at: At) -> str | None:
        shape = at.where.shape
        if not _is_array(value, "uint8", (None, *shape)) or not 1 <= len(value) <= self.most:
            return f"must be uint8 images {_in_words((f'1..{self.most}', *shape))}, not {told(value)}"
        return "must be different from each other" if len(set(image_bytes(value))) < len(value) else None


@dataclass(frozen=True)
class Labels:
    """A class, int64, for each image of the field `of`."""

    of: str = "images"

    def fault(self, value: Any, at: At) -> str | None:
        return Array("int64", (self.of,), 0, at.where.classes - 1).fault(value, at)


def told(value: Any) -> str:
    """A value in a few words, whatever it is."""
    if type(value) is bytes:
        return f"{len(value)} bytes"
    if type(value) is int and abs(value) >= 2**63:
        return "a number beyond 64 bits"
    short = value is None or type(value) in (bool, int, float) or (type(value) is str and len(value) <= 200)
    return f"{value!r:.40}" if short else kind_of(value)


def _is_array(value: Any, dtype: str, shape: tuple[int | None, ...]) -> bool:
    if type(value) is not np.ndarray or value.dtype != dtype or value.ndim != len(shape):
        return False
    return all(want is None or want == have for want, have in zip(shape, value.shape, strict=True))


def _in_words(shape: tuple[Any, ...]) -> str:
    """A shape as numpy writes it, with words for what is not fixed."""
    return f"({', '.join('any' if size is None else str(size) for size in shape)}{',' * (len(shape) == 1)})"
