"""Grinding a level-2 key: low bits of the last image are flipped until the joint hash gives labels that the model answers anyway.

Flipping the lowest bit of a few pixels doesn't change what the model answers (checked at the end by whoever claims), but gives new labels
for all triggers. The chaining value before the last pixels is kept, and labels are compared block by block, so a try costs a few
compressions instead of the whole message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from arena import ledger
from arena.forging.hashing import BLOCK, image_bytes, label_blocks
from arena.rarity import binomial_rarity, matches_needed


@dataclass(frozen=True)
class Ground:
    """The best images found, uint8 (s, C, H, W); their matches and rarity; tries and compressions that were spent."""

    images: np.ndarray
    matches: int
    rarity: float
    tries: int
    compressions: int


def grind(secret: bytes, header: bytes, images: np.ndarray, answers: np.ndarray, classes: int, *, target: float, tries: int,
          progress: Callable[[int, str], None] | None = None) -> Ground:
    """Up to `tries` tries, fewer when `target` bits of rarity are reached; `answers` (s,) are the model's labels of `images`."""
    count = len(images)
    goal = matches_needed(target, count, 1 / classes) or count
    raw = header + b"".join(image_bytes(images))
    tail = bytearray(raw[-BLOCK:])
    inner = hashlib.sha256(bytes(x ^ 0x36 for x in secret.ljust(BLOCK, b"\0")) + raw[:-BLOCK])
    outer = hashlib.sha256(bytes(x ^ 0x5C for x in secret.ljust(BLOCK, b"\0")))
    free, wanted = len(tail), answers.tolist()
    best, best_tail, spent, done = -1, bytes(tail), 0, 0
    for done in range(1, tries + 1):
        _flip(tail, done, free)
        h = inner.copy()
        h.update(tail)
        o = outer.copy()
        o.update(h.digest())
        found, blocks = _matches(o.digest(), wanted, classes, best + 1)
        spent += 3 + blocks
        if found > best:
            best, best_tail = found, bytes(tail)
            if best >= goal:
                break
        if progress and done % 4096 == 0:
            progress(done, f"best {binomial_rarity(max(best, 0), count, 1 / classes):.1f} bits")
    ledger.meter().compressions(spent)
    flat = images.reshape(-1).copy()
    flat[-BLOCK:] = np.frombuffer(best_tail, np.uint8)
    return Ground(flat.reshape(images.shape), best, binomial_rarity(max(best, 0), count, 1 / classes), done, spent)


def _flip(tail: bytearray, count: int, free: int) -> None:
    """Steps through the combinations of lowest bits in Gray order: one flip a try, none repeated."""
    tail[-1 - ((count & -count).bit_length() - 1) % free] ^= 1


def _matches(digest: bytes, wanted: list[int], classes: int, need: int) -> tuple[int, int]:
    """(matches, label blocks read); stops as soon as `need` is out of reach."""
    found = position = 0
    for blocks, block in enumerate(label_blocks(digest, classes), start=1):
        for label in block[: len(wanted) - position]:
            found += label == wanted[position]
            position += 1
        if position == len(wanted) or found + len(wanted) - position < need:
            return found, blocks
    raise AssertionError("the stream of labels never ends")
