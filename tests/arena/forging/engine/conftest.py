"""Problems drawn at random, and an oracle that follows the construction word for word with hmac and hashlib."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from arena.forging.engine.problem import Problem, make_problem


@dataclass(frozen=True)
class Case:
    """Everything a problem is made of."""

    secret: bytes
    message: bytes
    free: tuple[int, ...]
    wanted: tuple[int, ...]
    classes: int
    table: tuple[int, ...]

    def problem(self) -> Problem:
        table = np.array(self.table)
        return make_problem(self.secret, self.message, self.free, np.array(self.wanted), self.classes, self.table[-1],
                            table)

    def forged(self, counter: int) -> bytes:
        """The message of a try."""
        raw = bytearray(self.message)
        for k, position in enumerate(self.free):
            if counter >> k & 1:
                raw[position // 8] ^= 1 << position % 8
        return bytes(raw)

    def outcome(self, counter: int) -> tuple[int | None, int]:
        """Matches if every threshold is met (else None), and compressions from the block of the free bits on."""
        digest = hmac.new(self.secret, self.forged(counter), hashlib.sha256).digest()
        start = min(self.free) // 512 * 64
        used = (len(self.message) + 8) // 64 + 1 - start // 64 + 1
        bound = 2**32 - 2**32 % self.classes
        labels: list[int] = []
        block = 0
        for level, least in enumerate(self.table):
            stop = min(8 * (level + 1), len(self.wanted))
            while len(labels) < stop:
                stream = hashlib.sha256(digest + block.to_bytes(8, "big")).digest()
                words = (int.from_bytes(stream[i : i + 4], "big") for i in range(0, 32, 4))
                labels += [word % self.classes for word in words if word < bound]
                block += 1
            matches = sum(x == y for x, y in zip(labels[:stop], self.wanted, strict=False))
            if matches < least:
                return None, used + block
        return matches, used + block

    def brute_force(self, first: int, count: int) -> tuple[list[tuple[int, int]], int]:
        """Hits and compressions of a range."""
        results = [(i, *self.outcome(i)) for i in range(first, first + count)]
        return [(i, k) for i, k, _ in results if k is not None], sum(n for *_, n in results)


USUAL = st.integers(2, 1000)


@st.composite
def cases(draw: st.DrawFn, classes: st.SearchStrategy[int] = USUAL) -> Case:
    """Secrets short and long, one or two tail blocks, any free bits, labels and tables (also such that let everything
    pass)."""
    length = draw(st.integers(1, 300))
    begin = draw(
        st.sampled_from(sorted({(length - 1) // 64 * 64,
                                *([length // 64 * 64 - 64] if length % 64 < 56 and length >= 64 else [])}))
    )
    bits = range(8 * begin, 8 * min(begin + 64, length))
    free = draw(st.lists(st.sampled_from(bits), min_size=1, max_size=min(14, len(bits)), unique=True))
    c = draw(classes)
    s = draw(st.integers(1, 45))
    wanted = draw(st.lists(st.integers(0, c - 1), min_size=s, max_size=s))
    steps = draw(st.lists(st.integers(0, 3 if c < 5 else 1), min_size=-(-s // 8), max_size=-(-s // 8)))
    table = [min(int(t), s) for t in np.cumsum(steps)]
    return Case(
        draw(st.binary(max_size=80)), draw(st.binary(min_size=length, max_size=length)), tuple(free), tuple(wanted), c,
        tuple(table)
    )


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("objects")
