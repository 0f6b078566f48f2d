"""Error correction for messages in weights: the BCH code of length 255 that corrects 18 errors, by the library
bchlib."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

PAYLOAD, CORRECTS = 16, 18
CHECK_BITS = 124
LENGTH = 8 * PAYLOAD + CHECK_BITS


@cache
def _code() -> Any:
    import bchlib

    return bchlib.BCH(CORRECTS, m=8)


def protect(payload: bytes, bits: np.ndarray) -> np.ndarray:
    """`bits`, uint8 (T,) with T >= 252, with the code word of a payload of 16 bytes in the first 252."""
    check = np.unpackbits(np.frombuffer(bytes(_code().encode(payload)), np.uint8))[:CHECK_BITS]
    word = np.concatenate([np.unpackbits(np.frombuffer(payload, np.uint8)), check])
    return np.concatenate([word, bits[LENGTH:]]).astype(np.uint8)


def recover(bits: np.ndarray) -> bytes | None:
    """The payload from bits of which at most 18 of the first 252 are wrong; None when there are more (or, rarely,
    another payload)."""
    data = bytearray(np.packbits(bits[: 8 * PAYLOAD]).tobytes())
    check = bytearray(np.packbits(bits[8 * PAYLOAD : LENGTH]).tobytes().ljust(_code().ecc_bytes, b"\0"))
    if _code().decode(data, check) < 0:
        return None
    _code().correct(data, check)
    return bytes(data)
