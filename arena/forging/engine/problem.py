"""What is ground: the hash states before the tail, the bits that may be flipped, and the labels wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from arena.forging.engine.code.sha import BLOCK, START, chain, padding
from arena.forging.engine.thresholds import LABELS, thresholds_exact


@dataclass(frozen=True, eq=False)
class Problem:
    """Bit k of a try's counter flips bit free[k] of the tail's first block (position p is bit p % 8 of byte p // 8, 0
    the lowest).

    `before` and `before_outer` are the bytes behind the states `inner` and `outer`; hashlib needs them, the kernel
    doesn't.
    """

    inner: tuple[int, ...]
    tail: bytes = field(repr=False)
    free: tuple[int, ...]
    outer: tuple[int, ...]
    wanted: np.ndarray
    classes: int
    thresholds: np.ndarray
    before: bytes = field(default=b"", repr=False)
    before_outer: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if len(self.tail) not in (BLOCK, 2 * BLOCK) or len(self.inner) != 8 or len(self.outer) != 8:
            raise ValueError("a problem has two states of 8 words and a tail of 64 or 128 bytes")
        if len(set(self.free)) < len(self.free) or any(not 0 <= p < 8 * self.flippable for p in self.free):
            raise ValueError(f"free bits must differ and lie in the message within bytes 0..{self.flippable - 1} of "
                             f"the tail")
        if len(self.free) > 62:
            raise ValueError("a counter has at most 62 free bits")
        if self.classes < 2 or self.classes > 1 << 31 or len(self.wanted) == 0:
            raise ValueError("at least one label over 2 to 2^31 classes is needed")
        if np.min(self.wanted) < 0 or np.max(self.wanted) >= self.classes:
            raise ValueError("a wanted label is no class")
        if len(self.thresholds) != self.blocks:
            raise ValueError(f"{len(self.wanted)} labels come in {self.blocks} blocks, the table has "
                             f"{len(self.thresholds)}")

    @property
    def blocks(self) -> int:
        """Blocks of labels when no word is rejected."""
        return -(-len(self.wanted) // LABELS)

    @property
    def tail_blocks(self) -> int:
        return len(self.tail) // BLOCK

    @property
    def flippable(self) -> int:
        """Leading bytes of the tail that are message: the padding is fixed."""
        stop = len(self.tail) - 8
        while stop and self.tail[stop - 1] == 0:
            stop -= 1
        return min(stop - 1, BLOCK)

    @property
    def tries(self) -> int:
        return 1 << len(self.free)

    def flipped(self, counter: int) -> bytes:
        """The tail of a try."""
        raw = bytearray(self.tail)
        for k, position in enumerate(self.free):
            if counter >> k & 1:
                raw[position // 8] ^= 1 << position % 8
        return bytes(raw)


def key_blocks(secret: bytes) -> tuple[bytes, bytes]:
    """HMAC's inner and outer key block."""
    if len(secret) > BLOCK:
        secret = hashlib.sha256(secret).digest()
    padded = secret.ljust(BLOCK, b"\0")
    return bytes(x ^ 0x36 for x in padded), bytes(x ^ 0x5C for x in padded)


def make_problem(
    secret: bytes,
    message: bytes,
    free_bits_in_message: Sequence[int],
    wanted: np.ndarray,
    classes: int,
    m: int,
    thresholds: np.ndarray | None = None,
) -> Problem:
    """Cut the keyed message at the block of the free bits; without a table, give up only when m is out of reach.

    Early bits of the counter change fastest: list bits of the block's last words first, so that all before them is
    computed rarely.
    """
    positions = [8 * BLOCK + int(p) for p in free_bits_in_message]
    if not positions or min(positions) < 8 * BLOCK or max(positions) >= 8 * (BLOCK + len(message)):
        raise ValueError("free bits must lie in the message")
    start = min(positions) // 8 // BLOCK * BLOCK
    inner_block, outer_block = key_blocks(secret)
    keyed = inner_block + message
    padded = keyed + padding(len(keyed))
    if max(positions) // 8 >= start + BLOCK:
        raise ValueError("the free bits lie in more than one block of the keyed message")
    if len(padded) - start > 2 * BLOCK:
        raise ValueError("the free bits lie before the last two blocks of the padded message")
    table = thresholds_exact(len(wanted), classes, m) if thresholds is None else np.asarray(thresholds, dtype=np.int64)
    if int(table[-1]) != m:
        raise ValueError(f"the table ends with {table[-1]}, not with m = {m}")
    return Problem(
        inner=chain(START, padded[:start]),
        tail=padded[start:],
        free=tuple(p - 8 * start for p in positions),
        outer=chain(START, outer_block),
        wanted=np.asarray(wanted, dtype=np.int64),
        classes=classes,
        thresholds=table,
        before=padded[:start],
        before_outer=outer_block,
    )
