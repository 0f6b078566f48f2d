"""What a message holds, in lines: every field, arrays by their form or, where they are short, their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from arena.base.yamlfile import text_of
from arena.game.messages import Body

SHORT, LONGEST = 64, 4_000
"""Values of an array, and digits of bytes, that are written out; characters of a message."""


def content(body: Body) -> str:
    """A message's fields as YAML."""
    held = {f.name: _plain(getattr(body, f.name)) for f in fields(body)}  # type: ignore[arg-type]
    text = "\n".join(_lines(held))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def _lines(held: Mapping[Any, Any], before: str = "") -> Iterator[str]:
    """Mappings a line an entry, all else in one."""
    for key, value in held.items():
        if value and isinstance(value, Mapping):
            yield f"{before}{text_of(key)}:"
            yield from _lines(value, before + "  ")
        else:
            yield f"{before}{text_of(key)}: {text_of(value)}"


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, bytes):
        digits = value.hex()
        return digits if len(digits) <= SHORT else f"{digits[:SHORT]}... ({len(value):,} bytes)"
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _array(value: np.ndarray) -> Any:
    if value.ndim == 1 and value.size <= SHORT:
        return value.tolist()
    return f"{value.dtype} array, {' x '.join(map(str, value.shape))}"
