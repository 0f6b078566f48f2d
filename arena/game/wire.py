"""What a field of a message may hold, as annotated types: the metadata is the check, which raises Malformed with what
is wrong.

Messages come from agents that nobody trusts. Whatever passes here can be encoded, sent, kept and read again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import numpy as np

from arena.base.errors import Malformed

LONGEST_WORDS, LONGEST_TEXT, LONGEST_BYTES = 200, 10_000, 1 << 20
DEEPEST, MOST_VALUES, GREATEST = 8, 20_000, 2**63
MOST_MEMBERS = 64
MOST_IMAGES, MOST_LABEL, MOST_DIMENSIONS = 100_000, 1_000_000, 8


def name_of_type(value: Any) -> str:
    return type(value).__name__


def _require(true: bool, wanted: str) -> None:
    if not true:
        raise Malformed(wanted)


def encodable(text: str) -> bool:
    """Whether UTF-8 can write it: there are no lone surrogates."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def words(value: Any) -> None:
    right = type(value) is str and len(value) <= LONGEST_WORDS and encodable(value)
    _require(right, f"must be text of at most {LONGEST_WORDS} characters")


def digest(value: Any) -> None:
    _require(type(value) is str and re.fullmatch("[0-9a-f]{64}", value) is not None,
             "must be a SHA-256 in 64 hexadecimal digits")


def maybe_digest(value: Any) -> None:
    if type(value) is not str or value != "":
        digest(value)


def digests(value: Any) -> None:
    _require(isinstance(value, (tuple, list)) and len(value) <= MOST_MEMBERS,
             f"must be at most {MOST_MEMBERS} SHA-256 in 64 hexadecimal digits")
    for each in value:
        digest(each)


def number(value: Any) -> None:
    _require(type(value) is int and -GREATEST < value < GREATEST, "must be a whole number")


def flag(value: Any) -> None:
    _require(type(value) is bool, "must be true or false")


def images(value: Any) -> None:
    plain_array(value)
    _require(value.dtype == np.uint8 and value.ndim == 4 and 1 <= len(value) <= MOST_IMAGES,
             f"must be uint8 images (1..{MOST_IMAGES}, C, H, W)")


def labels(value: Any) -> None:
    plain_array(value)
    _require(value.dtype == np.int64 and value.ndim == 1, "must be int64 labels (N,)")
    _require(not len(value) or (value.min() >= 0 and value.max() <= MOST_LABEL), f"must lie in 0..{MOST_LABEL}")


def plain_array(value: Any) -> None:
    _require(type(value) is np.ndarray and value.dtype.kind in "biuf" and value.dtype.itemsize <= 8
             and value.ndim <= MOST_DIMENSIONS,
             f"must be an array of plain numbers, not {name_of_type(value)}")
    _require(value.dtype.kind != "f" or bool(np.isfinite(value).all()), "must hold finite numbers")


def reasons(value: Any) -> None:
    _require(isinstance(value, (tuple, list)) and 1 <= len(value) <= 100, "must be reasons, 1 to 100")
    for reason in value:
        _require(type(reason) is str and len(reason) <= LONGEST_TEXT and encodable(reason), "must be texts")


def checks(value: Any) -> None:
    _require(isinstance(value, Mapping) and len(value) <= 100, "must map names of checks to true or false")
    for name, passed in value.items():
        words(name)
        flag(passed)


def plain(value: Any) -> None:
    """A mapping of words to plain values: numbers, text, bytes, lists, mappings, arrays."""
    _require(isinstance(value, Mapping), f"must be a mapping, not {name_of_type(value)}")
    plain_value(value)


def plain_value(value: Any) -> None:
    """Any plain value."""
    left = [MOST_VALUES]

    def visit(value: Any, depth: int) -> None:
        left[0] -= 1
        _require(left[0] >= 0 and depth <= DEEPEST, f"may hold at most {MOST_VALUES} values, nested {DEEPEST} deep")
        if isinstance(value, Mapping):
            for key, inner in value.items():
                words(key)
                _require(not key.startswith("$"), "must have keys that are words")
                visit(inner, depth + 1)
        elif isinstance(value, (list, tuple)):
            for inner in value:
                visit(inner, depth + 1)
        else:
            _scalar(value)

    visit(value, 0)


def _scalar(value: Any) -> None:
    if isinstance(value, np.ndarray):
        plain_array(value)
    elif isinstance(value, str):
        right = len(value) <= LONGEST_TEXT and encodable(value)
        _require(right, f"may hold text of at most {LONGEST_TEXT} characters, without lone surrogates")
    elif isinstance(value, bytes):
        _require(len(value) <= LONGEST_BYTES, f"may hold at most {LONGEST_BYTES} bytes in one piece")
    elif isinstance(value, (float, np.floating)):
        _require(math.isfinite(value), "may hold finite numbers only")
    elif isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        _require(-GREATEST < int(value) < GREATEST, "may hold whole numbers of 64 bits")
    else:
        _require(value is None or isinstance(value, (bool, np.bool_)), f"can't carry a {name_of_type(value)}")


def size_of(value: Any) -> int:
    """Bytes that a body's arrays, bytes and texts take, without encoding it."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, Mapping):
        return sum(size_of(v) for v in value.values())
    return sum(map(size_of, value)) if isinstance(value, (list, tuple)) else 8


Check = Callable[[Any], None]
Words = Annotated[str, words]
Digest = Annotated[str, digest]
Digests = Annotated[tuple[str, ...], digests]
MaybeDigest = Annotated[str, maybe_digest]
Number = Annotated[int, number]
Flag = Annotated[bool, flag]
Images = Annotated[np.ndarray, images]
Labels = Annotated[np.ndarray, labels]
Reasons = Annotated[tuple[str, ...], reasons]
Checks = Annotated[Mapping[str, bool], checks]
Plain = Annotated[Mapping[str, Any], plain]
