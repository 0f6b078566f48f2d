"""What a released network's file says of itself, checked without building anything: hostile files end here.

No memory is taken by their word. A safetensors file is eight bytes of length, a JSON header, then the tensors one
behind the other. Ours have a metadata key, `arena`, that says how the network is built. No torch: the arena's own
process reads headers too.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np

from arena.base.errors import Malformed
from arena.game.entries import shallow

KEY = "arena"
LONGEST, LONGEST_SPEC, DEEPEST, MOST_PARTS, LONGEST_NAME, MOST_DIMENSIONS = 10_000_000, 10_000, 4, 100_000, 500, 16
MOST_CLASSES, MOST_SIDE, MOST_TEMPERATURE = 100_000, 4096, 100
INPUTS = ("torchvision", "caffe")
SIZES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
         "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8}
INFINITE = {"F64": ("<u8", 0x7FF0 << 48), "F32": ("<u4", 0x7F80 << 16), "F16": ("<u2", 0x7C00), "BF16": ("<u2", 0x7F80),
            "F8_E5M2": ("u1", 0x7C), "F8_E4M3": ("u1", 0x7F)}
"""Floats of each type as whole numbers, and the bits that all stand in what is infinite or no number, and only
there."""
FIELDS = {"network", "classes", "shape", "resize", "input", "temperature"}
OWN = {"source"}
"""What a network of somebody's own says beside."""
CHANGED = {"hashed"}
"""What a network says whose answers are changed."""


@dataclass(frozen=True)
class TensorHead:
    """One tensor of the file: its type, shape, and where its bytes begin and end."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    """How the network is built (the fields of `Architecture`, as plain data), and its tensors by name."""

    spec: Mapping[str, Any]
    tensors: Mapping[str, TensorHead]

    @classmethod
    def of(cls, raw: bytes) -> Header:
        """The header of a released network; Malformed, with what is wrong, for anything else."""
        data = _parsed(_text_of(raw))
        metadata = data.pop("__metadata__", {})
        start = 8 + int.from_bytes(raw[:8], "little")
        spec = _spec(metadata.get(KEY) if isinstance(metadata, dict) else None)
        return cls(MappingProxyType(spec), MappingProxyType(_tensors(data, start, len(raw))))


def finite(raw: bytes, header: Header) -> bool:
    """Whether all floats in the tensors are finite."""
    return all(_finite(raw, head) for head in header.tensors.values())


def _finite(raw: bytes, head: TensorHead) -> bool:
    if head.dtype not in INFINITE:
        return True
    kind, mask = INFINITE[head.dtype]
    bits = np.frombuffer(raw, kind, (head.end - head.begin) // np.dtype(kind).itemsize, head.begin)
    return not bool(((bits & bits.dtype.type(mask)) == mask).any())


def _require(true: bool, wrong: str) -> None:
    if not true:
        raise Malformed(wrong)


def _text_of(raw: bytes) -> str:
    size = int.from_bytes(raw[:8], "little")
    _require(len(raw) >= 8 and 2 <= size <= len(raw) - 8, "not a safetensors file: it is shorter than its header")
    _require(size <= LONGEST, f"not a safetensors file: a header of {size} bytes, where {LONGEST} are the most")
    _require(raw[8:9] == b"{", "not a safetensors file: its header is no JSON object")
    parts = sum(raw.count(mark, 8, 8 + size) for mark in (b"{", b"[", b","))
    _require(parts <= MOST_PARTS, "its header has too many parts")
    try:
        return raw[8 : 8 + size].decode()
    except UnicodeDecodeError:
        raise Malformed("not a safetensors file: its header is no text") from None


def _parsed(text: str) -> dict[str, Any]:
    """A JSON object without names that stand twice, NaN, infinite or endless numbers."""
    try:
        data = json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_number, parse_int=_int, parse_float=_float)
    except (ValueError, RecursionError):
        raise Malformed("its header is no JSON") from None
    _require(isinstance(data, dict) and shallow(data, DEEPEST), "its header is no JSON object of the kind")
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    _require(len(data) == len(pairs), "a name stands twice in its header")
    return data


def _no_number(text: str) -> NoReturn:
    raise Malformed(f"{text} in its header")


def _int(text: str) -> int:
    _require(len(text) <= 18, "a number without measure in its header")
    return int(text)


def _float(text: str) -> float:
    _require(len(text) <= 40 and math.isfinite(float(text)), "a number without measure in its header")
    return float(text)


def _whole(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _wholes(value: Any, least: int, most: int) -> bool:
    return isinstance(value, list) and all(_whole(n, least, most) for n in value)


def _spec(text: Any) -> dict[str, Any]:
    _require(isinstance(text, str), f"the weights don't say which network they belong to (metadata key {KEY!r})")
    _require(len(text) <= LONGEST_SPEC and text.startswith("{"), f"its metadata key {KEY!r} is no network's")
    spec = {"resize": 0, "input": INPUTS[0], "temperature": 0.0, **_parsed(text)}
    fields = FIELDS | OWN if ":" in str(spec.get("network")) else FIELDS
    _require(set(spec) - CHANGED == fields, f"its metadata key {KEY!r} lacks or adds something")
    _check_spec(**spec)
    return spec


def _check_spec(network: Any, classes: Any, shape: Any, resize: Any, input: Any, temperature: Any,
                source: Any = "", hashed: Any = True) -> None:
    _require(isinstance(network, str) and 1 <= len(network) <= 200 and network.isprintable(), "a network has a name")
    _require(_whole(classes, 2, MOST_CLASSES), f"a network has 2 to {MOST_CLASSES} classes")
    _require(_wholes(shape, 1, MOST_SIDE) and len(shape) == 3 and shape[0] in (1, 3),
             f"images have 1 or 3 channels and at most {MOST_SIDE} pixels a side")
    _require(_whole(resize, 0, MOST_SIDE), f"images are resized to at most {MOST_SIDE} pixels")
    _require(input in INPUTS, f"its input is one of {', '.join(INPUTS)}")
    _require(type(temperature) in (int, float) and 0 <= temperature <= MOST_TEMPERATURE,
             f"a temperature lies in 0..{MOST_TEMPERATURE}")
    _require(hashed is True, "what is hashed says so")
    _require(":" not in network or (isinstance(source, str) and re.fullmatch("[0-9a-f]{64}", source) is not None),
             "a network of somebody's own names its source by SHA-256")


def _tensors(data: Mapping[str, Any], start: int, end: int) -> dict[str, TensorHead]:
    """The tensors in the order of the file; they fill it, one behind the other."""
    heads = {name: _head(name, value, start) for name, value in data.items()}
    tensors = dict(sorted(heads.items(), key=lambda item: (item[1].begin, item[1].end)))
    at = start
    for name, head in tensors.items():
        _require(head.begin == at, f"{_short(name)} does not begin where the tensor before it ends")
        at = head.end
    _require(at == end, f"its tensors take {at - start} bytes, but it has {end - start}")
    return tensors


def _short(name: str) -> str:
    return f"tensor {name[:60]!r}"


def _head(name: str, value: Any, start: int) -> TensorHead:
    _require(len(name) <= LONGEST_NAME and name.isprintable() and isinstance(value, dict)
             and set(value) == {"dtype", "shape", "data_offsets"}, f"{_short(name)} is none")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    _require(isinstance(dtype, str) and dtype in SIZES, f"{_short(name)} is of an unknown type")
    _require(_wholes(shape, 0, 1 << 48) and len(shape) <= MOST_DIMENSIONS, f"{_short(name)} has an impossible shape")
    _require(_wholes(offsets, 0, 1 << 48) and len(offsets) == 2 and offsets[0] <= offsets[1],
             f"{_short(name)} has impossible offsets")
    _require(math.prod(shape) * SIZES[dtype] == offsets[1] - offsets[0],
             f"{_short(name)} has a shape that its bytes don't fit")
    return TensorHead(dtype, tuple(shape), start + offsets[0], start + offsets[1])
