"""Which kind of kernel is taken: what the processor has, what was measured once, what was named."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from arena.base.llvm import Target, host
from arena.forging.engine import search as searching
from arena.forging.engine.devices import kernel
from arena.forging.engine.devices.kinds import fastest, kinds, lanes
from arena.forging.engine.problem import make_problem

HOST = host()[0]
PROBLEM = make_problem(b"k", bytes(100), range(8 * 90, 8 * 90 + 14), np.zeros(16, dtype=int), 10, 6)


@pytest.mark.parametrize(("features", "expected"), [
    ("+avx2,+avx,+sha", [("vectors", 8), ("sha", 4)]), ("+avx512f,+avx,+sha", [("vectors", 16), ("sha", 4)]),
    ("+avx2,+avx,-sha", [("vectors", 8)]), ("+sha,+ssse3", [("vectors", 4)]), ("", [("vectors", 4)]),
    ("+sha512,+avx", [("vectors", 4)])])
def test_what_a_processor_can_run(features: str, expected: list[tuple[str, int]]) -> None:
    target = Target("some", features)
    assert [(kind, lanes(kind, target)) for kind in kinds(target)] == expected


def test_the_fastest_is_the_one_that_computes_least_not_the_one_that_waits_least() -> None:
    def work(size: int) -> int:
        return sum(range(size))

    runs = {"long": lambda: work(60_000), "short": lambda: work(3_000), "middle": lambda: work(20_000)}
    assert fastest(runs) == "short"
    assert fastest({"asleep": lambda: time.sleep(0.002), "at work": lambda: work(200_000)}, 0.001) == "asleep"


def test_each_runs_at_least_once_and_the_time_is_kept() -> None:
    seen: list[str] = []
    assert fastest({"a": lambda: seen.append("a"), "b": lambda: seen.append("b")}, 0) in ("a", "b")
    assert seen == ["a", "b"]
    start = time.thread_time()
    fastest({"a": lambda: None, "b": lambda: None}, 0.01)
    assert 0.01 <= time.thread_time() - start < 0.1


@pytest.mark.skipif(HOST is None or len(kinds(HOST)) < 2, reason="one kind of kernel here")
@pytest.mark.parametrize("winner", ["vectors", "sha"])
def test_kinds_are_measured_once_for_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, winner: str) -> None:
    """A replay, in another process, takes what was taken before."""
    asked: list[list[str]] = []
    cache = tmp_path
    monkeypatch.setattr(searching, "fastest", lambda choices: asked.append([*choices]) or winner)
    used = [searching.search(PROBLEM, 0, 100, cache=cache, engine=engine).engine for engine in ("auto", "llvm", "auto")]
    assert used == [winner] * 3 and asked == [["vectors", "sha"]]
    assert searching.search(PROBLEM, 0, 100, cache=cache, engine="sha").engine == "sha"
    assert searching.search(PROBLEM, 0, 100, cache=cache, engine="vectors").engine == "vectors"
    assert len(asked) == 1
    for damaged in (b"", b"abacus", bytes(99)):
        next(cache.glob("kind-*")).write_bytes(damaged)
        assert searching.search(PROBLEM, 0, 100, cache=cache).engine == winner
    assert len(asked) == 4


@pytest.mark.skipif(HOST is None or len(kinds(HOST)) < 2, reason="one kind of kernel here")
def test_each_kind_keeps_its_own_object(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for cached in (False, True):
        monkeypatch.setattr(kernel, "_loaded", {})
        for known in tmp_path.glob("kind-*"):
            known.unlink()
        searching.search(PROBLEM, 0, 100, cache=tmp_path)
        assert [each.cached for each in kernel._loaded.values()] == [cached] * 2
        assert len([*tmp_path.glob("*.object")]) == 2


@pytest.mark.skipif(HOST is None or len(kinds(HOST)) < 2, reason="one kind of kernel here")
def test_the_chosen_kind_is_the_one_whose_tries_are_the_quickest(monkeypatch: pytest.MonkeyPatch,
                                                                 tmp_path: Path) -> None:
    """A kind slowed down on purpose is never taken."""
    for slow, quick in (("vectors", "sha"), ("sha", "vectors")):
        probe = searching.probe

        def slowed(problem, program, probe=probe, slow=slow):
            run = probe(problem, program)
            return lambda: [run() for _ in range(20 if program.spec.sha == (slow == "sha") else 1)]

        monkeypatch.setattr(searching, "probe", slowed)
        assert searching.search(PROBLEM, 0, 100, cache=tmp_path / slow).engine == quick
        monkeypatch.setattr(searching, "probe", probe)


def test_a_range_too_small_to_measure_is_searched_all_the_same(tmp_path: Path) -> None:
    cache = tmp_path
    small = make_problem(b"k", bytes(100), range(8 * 90, 8 * 90 + 9), np.zeros(16, dtype=int), 10, 4)
    result = searching.search(small, 0, 500, cache=cache)
    assert result.hits == searching.search(small, 0, 500, engine="hashlib").hits and not [*cache.glob("kind-*")]
