"""The search with hashlib alone: the fallback without LLVM, and the judge of the few tries that the kernel leaves
undecided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256
from itertools import repeat
from operator import eq, mod
from struct import Struct

from arena.forging.engine.code.sha import BLOCK, chain, padding, unwords, words
from arena.forging.engine.problem import Problem
from arena.forging.engine.thresholds import LABELS

EIGHT = Struct(">8I").unpack
LOW = 8


class Judge:
    """Decides tries of one problem one by one, by the definition."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.bound = 2**32 - 2**32 % problem.classes
        self.wanted = [int(y) for y in problem.wanted]
        self.thresholds = [int(t) for t in problem.thresholds]
        self.base = problem.tail_blocks + 1
        self.modulus = repeat(problem.classes)
        rows = [self.wanted[i : i + LABELS] for i in range(0, len(self.wanted), LABELS)]
        self.levels = [(i.to_bytes(8, "big"), row, least)
                       for i, (row, least) in enumerate(zip(rows, self.thresholds, strict=True))]

    @cached_property
    def inner(self) -> hashlib._Hash | None:
        """hashlib's state before the tail, if the bytes behind it are known."""
        problem = self.problem
        return hashlib.sha256(problem.before) if problem.before and problem.before_outer else None

    @cached_property
    def outer(self) -> hashlib._Hash:
        return hashlib.sha256(self.problem.before_outer)

    @cached_property
    def message_bytes(self) -> int:
        """Bytes of the tail that are message; the padding names the message's length."""
        return int.from_bytes(self.problem.tail[-8:], "big") // 8 - len(self.problem.before)

    def digest(self, counter: int) -> bytes:
        """The keyed hash of a try."""
        tail = self.problem.flipped(counter)
        if self.inner is None:
            inside = unwords(chain(self.problem.inner, tail))
            return unwords(chain(self.problem.outer, inside + padding(BLOCK + len(inside))))
        inner = self.inner.copy()
        inner.update(tail[: self.message_bytes])
        outer = self.outer.copy()
        outer.update(inner.digest())
        return outer.digest()

    def hits(self, digest: bytes) -> Iterator[tuple[int, bool]]:
        """For each word of the stream that is no label, or whose label is compared: blocks hashed so far, and whether
        it matches."""
        stream = hashlib.sha256(digest)
        taken = blocks = 0
        while True:
            block = stream.copy()
            block.update(blocks.to_bytes(8, "big"))
            blocks += 1
            for word in words(block.digest()):
                if word < self.bound:
                    yield blocks, word % self.problem.classes == self.wanted[taken]
                    taken += 1
                    if taken == len(self.wanted):
                        return

    def decide(self, counter: int) -> tuple[int | None, int]:
        """Matches of a try that meets every threshold (else None), and the compressions it took."""
        return self.judge(self.digest(counter))

    def judge(self, digest: bytes) -> tuple[int | None, int]:
        """The same from the digest: a block at a time as long as no word is rejected."""
        matches = 0
        for block, (number, wanted, least) in enumerate(self.levels):
            stream = EIGHT(sha256(digest + number).digest())
            if max(stream) >= self.bound:
                return self.judge_slowly(digest)
            matches += sum(map(eq, map(mod, stream, self.modulus), wanted))
            if matches < least:
                return None, self.base + block + 1
        return matches, self.base + block + 1

    def judge_slowly(self, digest: bytes) -> tuple[int | None, int]:
        """Word by word, for streams with rejected words."""
        matches = level = blocks = 0
        for taken, (blocks, match) in enumerate(self.hits(digest), 1):
            matches += match
            if taken == len(self.wanted) or taken % LABELS == 0:
                if matches < self.thresholds[level]:
                    return None, self.base + blocks
                level += 1
        return matches, self.base + blocks

    def digests(self, first: int, count: int) -> Iterator[bytes]:
        """The keyed hashes of a range of tries; the flips of the counter's high bits are made once for each prefix."""
        if self.inner is None:
            yield from map(self.digest, range(first, first + count))
            return
        copy_inner, copy_outer = self.inner.copy, self.outer.copy
        length, size, masks, end = self.message_bytes, len(self.problem.tail), self.low_masks, first + count
        while first < end:
            base = first >> LOW << LOW
            tail = int.from_bytes(self.problem.flipped(base), "big")
            for mask in masks[first - base : end - base]:
                inner = copy_inner()
                inner.update((tail ^ mask).to_bytes(size, "big")[:length])
                outer = copy_outer()
                outer.update(inner.digest())
                yield outer.digest()
            first = base + (1 << LOW)

    @cached_property
    def low_masks(self) -> list[int]:
        """What the counter's low bits flip in the tail, read as one number."""
        plain = int.from_bytes(self.problem.tail, "big")
        count = min(1 << LOW, self.problem.tries)
        return [int.from_bytes(self.problem.flipped(low), "big") ^ plain for low in range(count)]
