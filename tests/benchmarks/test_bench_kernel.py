"""Tries and compressions a second: the kernel against hashlib (whole messages; copied prefix with early abort), openssl
and hashcat."""

import hashlib
import hmac
import os
import re
import subprocess

import numpy as np
import pytest

from arena.base.llvm import host
from arena.forging.engine.devices.kinds import kinds
from arena.forging.engine.devices.rate import compress_rate
from arena.forging.engine.search import search
from arena.game.rarity import binomial_rarity
from arena.pricing.measure import template

MATCHES, SHAPE = 19, (1, 28, 28)
CORES = len(os.sched_getaffinity(0))
KINDS = kinds(host()[0]) if host()[0] else ()


@pytest.fixture(scope="module")
def claim():
    return template(40, 10, SHAPE, 1)


def report(benchmark, result):
    benchmark.extra_info.update(tries=result.tries, compressions=result.compressions,
                                per_second=result.tries / benchmark.stats.stats.median,
                                compressions_per_second=result.compressions / benchmark.stats.stats.median,
                                unit="tries")


@pytest.mark.parametrize("threads", sorted({1, CORES}))
@pytest.mark.benchmark(group="tries: 40 MNIST triggers, 19 matches")
def test_kernel(benchmark, claim, threads):
    problem = claim.problem(MATCHES)
    search(problem, 0, 1 << 12)
    result = benchmark.pedantic(search, (problem, 0, 1 << 23), {"threads": threads}, rounds=5)
    assert result.tries == 1 << 23 and result.engine in KINDS
    expected = (1 << 23) / 2 ** binomial_rarity(MATCHES, 40, 0.1)
    assert len(result.hits) < 10 + 10 * expected
    report(benchmark, result)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.benchmark(group="tries: 40 MNIST triggers, 19 matches")
def test_kernel_of_one_kind(benchmark, claim, kind):
    """On one core; `test_kernel` takes the faster one."""
    problem = claim.problem(MATCHES)
    search(problem, 0, 1 << 12, engine=kind)
    result = benchmark.pedantic(search, (problem, 0, 1 << 22), {"engine": kind}, rounds=5)
    assert result.tries == 1 << 22 and result.engine == kind
    assert search(problem, 0, 1 << 14, engine=kind).hits == search(problem, 0, 1 << 14, engine="hashlib").hits
    report(benchmark, result)


@pytest.mark.benchmark(group="tries: 40 MNIST triggers, 19 matches")
def test_hashlib_copied_prefix_early_abort(benchmark, claim):
    problem = claim.problem(MATCHES)
    result = benchmark.pedantic(search, (problem, 0, 1 << 15), {"engine": "hashlib"}, rounds=3)
    assert result.engine == "hashlib" and result.tries == 1 << 15
    assert result.hits == search(problem, 0, 1 << 15).hits
    report(benchmark, result)


@pytest.mark.benchmark(group="tries: 40 MNIST triggers, 19 matches")
def test_hashlib_naive(benchmark, claim):
    message, answers = claim.message, claim.answers

    def loop(count):
        best = 0
        for number in range(count):
            changed = message[:-4] + number.to_bytes(4, "big")
            digest = hmac.new(claim.secret, changed, hashlib.sha256).digest()
            words = b"".join(hashlib.sha256(digest + i.to_bytes(8, "big")).digest() for i in range(5))
            best = max(best, int((np.frombuffer(words, ">u4")[:40] % 10 == answers).sum()))
        return best

    assert benchmark.pedantic(loop, (2000,), rounds=3) >= 8
    benchmark.extra_info.update(tries=2000, per_second=2000 / benchmark.stats.stats.median, unit="tries")


@pytest.mark.benchmark(group="sha256 of short messages, all cores")
def test_raw_rate(benchmark):
    count = 1 << 26
    compress_rate(1 << 16, threads=CORES)
    rate = benchmark.pedantic(compress_rate, (count,), {"threads": CORES}, rounds=5)
    assert rate.found == [count - 1]
    benchmark.extra_info.update(per_second=count / benchmark.stats.stats.median, compressions=count, unit="hashes")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.benchmark(group="sha256 of short messages, all cores")
def test_raw_rate_of_one_kind(benchmark, kind):
    count = 1 << 25
    compress_rate(1 << 16, threads=CORES, kind=kind)
    rate = benchmark.pedantic(compress_rate, (count,), {"threads": CORES, "kind": kind}, rounds=5)
    assert rate.found == [count - 1]
    benchmark.extra_info.update(per_second=count / benchmark.stats.stats.median, compressions=count, unit="hashes")


@pytest.mark.benchmark(group="sha256 of short messages, all cores")
def test_hashcat(benchmark, needs):
    command = [needs("hashcat"), "-m", "1400", "-b", "-D", "1", "--machine-readable", "--force"]
    done = benchmark.pedantic(subprocess.run, (command,), {"capture_output": True, "text": True, "timeout": 300},
                              rounds=1)
    found = re.findall(r"^\d+:1400:.*:(\d+)$", done.stdout, re.M)
    if not found:
        pytest.skip("hashcat finds no OpenCL device (Debian: pocl-opencl-icd)")
    assert int(found[0]) > 1_000_000
    benchmark.extra_info.update(per_second=int(found[0]), unit="hashes")


@pytest.mark.benchmark(group="sha256 of short messages, all cores")
def test_openssl(benchmark, needs):
    command = [needs("openssl"), "speed", "-evp", "sha256", "-bytes", "55", "-seconds", "2", "-multi", str(CORES)]
    done = benchmark.pedantic(subprocess.run, (command,), {"capture_output": True, "text": True}, rounds=1)
    thousands = float(re.search(r"^sha256\s+([\d.]+)k", done.stdout, re.M | re.I)[1])
    assert thousands > 0
    benchmark.extra_info.update(per_second=thousands * 1000 / 55, unit="hashes")
