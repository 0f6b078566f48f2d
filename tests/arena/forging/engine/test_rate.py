"""The raw benchmark finds the one candidate that has the digest, so it really hashes."""

import hashlib

import pytest

from arena.base.llvm import host
from arena.forging.engine.devices.kinds import kinds
from arena.forging.engine.devices.rate import Cracker, compress_rate

HOST = host()[0]


@pytest.mark.skipif(HOST is None, reason="no LLVM here")
@pytest.mark.parametrize("kind", kinds(HOST) if HOST else ())
@pytest.mark.parametrize(("length", "word"), [(55, 0), (55, 12), (8, 1), (20, 3)])
def test_finds_exactly_the_right_candidate(length, word, kind, cache):
    cracker = Cracker(bytes(range(length)), word, cache, kind=kind)
    for counter in (0, 1, 777, 4095):
        assert cracker.run(hashlib.sha256(cracker.candidate(counter)).digest(), 0, 4096) == [counter]
    assert cracker.run(b"\0" * 32, 0, 4096) == []


@pytest.mark.skipif(HOST is None, reason="no LLVM here")
@pytest.mark.parametrize("kind", [None, *(kinds(HOST) if HOST else ())])
def test_rate_reports_its_find(kind, cache):
    rate = compress_rate(1 << 16, threads=2, cache=cache, kind=kind)
    assert rate.found == [(1 << 16) - 1] and rate.per_second > 1e5
