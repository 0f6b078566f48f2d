"""SHA-256 constants and a plain compression function: midstates cannot be read out of hashlib, so they are computed
here."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, islice
from math import isqrt

MASK = 0xFFFFFFFF
BLOCK = 64


def _primes(number: int) -> list[int]:
    return list(islice((n for n in count(2) if all(n % p for p in range(2, isqrt(n) + 1))), number))


def _cube_root(value: int) -> int:
    """Integer cube root by Newton's method from above."""
    x = 1 << -(-value.bit_length() // 3)
    while (y := (2 * x + value // (x * x)) // 3) < x:
        x = y
    return x


ROUND: tuple[int, ...] = tuple(_cube_root(p << 96) & MASK for p in _primes(64))
START: tuple[int, ...] = tuple(isqrt(p << 64) & MASK for p in _primes(8))


def rotate(x: int, n: int) -> int:
    """Rotate a 32-bit word right by n."""
    return (x >> n | x << 32 - n) & MASK if n else x


def words(raw: bytes) -> tuple[int, ...]:
    """Big-endian 32-bit words."""
    return tuple(int.from_bytes(raw[i : i + 4], "big") for i in range(0, len(raw), 4))


def unwords(values: Sequence[int]) -> bytes:
    """The bytes of big-endian 32-bit words."""
    return b"".join(int(value).to_bytes(4, "big") for value in values)


def compress(state: Sequence[int], block: bytes) -> tuple[int, ...]:
    """One SHA-256 compression of a 64-byte block."""
    w = list(words(block))
    for i in range(16, 64):
        x, y = w[i - 15], w[i - 2]
        s0 = rotate(x, 7) ^ rotate(x, 18) ^ x >> 3
        s1 = rotate(y, 17) ^ rotate(y, 19) ^ y >> 10
        w.append(w[i - 16] + s0 + w[i - 7] + s1 & MASK)
    a, b, c, d, e, f, g, h = state
    for k, word in zip(ROUND, w, strict=True):
        t = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (e & f ^ ~e & g) + k + word
        u = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + (a & b ^ a & c ^ b & c)
        a, b, c, d, e, f, g, h = t + u & MASK, a, b, c, d + t & MASK, e, f, g
    return tuple(x + y & MASK for x, y in zip(state, (a, b, c, d, e, f, g, h), strict=True))


def chain(state: Sequence[int], raw: bytes) -> tuple[int, ...]:
    """The chaining value after all blocks of `raw` (a multiple of 64 bytes)."""
    if len(raw) % BLOCK:
        raise ValueError(f"{len(raw)} bytes are no whole blocks")
    value = tuple(state)
    for i in range(0, len(raw), BLOCK):
        value = compress(value, raw[i : i + BLOCK])
    return value


def padding(length: int) -> bytes:
    """What SHA-256 appends to a message of `length` bytes."""
    return b"\x80" + bytes(-(length + 9) % BLOCK) + (8 * length).to_bytes(8, "big")
