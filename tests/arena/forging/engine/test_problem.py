"""Problems, thresholds, the object cache and the fallback."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import subprocess
import sys
from fractions import Fraction
from math import comb, isfinite, log2
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.forging.engine.code.program import Spec, program
from arena.forging.engine.code.sha import START, chain, padding, unwords
from arena.forging.engine.devices import kernel as kernels
from arena.forging.engine.devices.plain import Judge
from arena.forging.engine.problem import make_problem
from arena.forging.engine.search import search, thresholds_exact, thresholds_optimal
from arena.forging.engine.thresholds import Costs, evaluate, sizes
from tests.arena.forging.engine.conftest import Case, cases

llvm = pytest.importorskip("llvmlite.binding")
CASE = Case(b"k", bytes(200), tuple(range(8 * 195, 8 * 195 + 12)), (1, 2, 3) * 8, 5, (0, 3, 6))


@given(raw=st.binary(max_size=200))
def test_plain_compression_is_sha256(raw: bytes) -> None:
    assert unwords(chain(START, raw + padding(len(raw)))) == hashlib.sha256(raw).digest()


@settings(max_examples=50, deadline=None)
@given(case=cases(), data=st.data())
def test_judge_is_the_construction(case: Case, data: st.DataObject) -> None:
    counter = data.draw(st.integers(0, (1 << len(case.free)) - 1))
    judge = Judge(case.problem())
    assert judge.digest(counter) == hmac.new(case.secret, case.forged(counter), hashlib.sha256).digest()
    assert judge.decide(counter) == judge.judge_slowly(judge.digest(counter)) == case.outcome(counter)
    assert list(judge.digests(counter, 1)) == [judge.digest(counter)]


def test_judge_skips_rejected_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand-made words: the second one is rejected, so the third one is the second label and a further block is
    needed."""
    problem = make_problem(b"", bytes(10), [0], np.arange(8) % 3, 3, 8)
    high = 2**32 - 1
    blocks = iter([[0, high, 1, 2, 3, 4, 5, 6], [high, high, 7, 0, 0, 0, 0, 0]])
    monkeypatch.setattr("arena.forging.engine.devices.plain.words", lambda _: next(blocks))
    monkeypatch.setattr("arena.forging.engine.devices.plain.EIGHT", lambda _: [high] * 8)
    assert Judge(problem).decide(0) == (8, 1 + 1 + 2)


def test_optimal_stopping_of_forty_labels() -> None:
    """At least 2, 4, 7, 11 matches keep 96.8 % of the successes for 3.245 compressions a try instead of 7."""
    best = thresholds_optimal(40, 10, 19, Costs(base=2, block=1))
    assert best.thresholds.tolist() == [2, 4, 7, 11, 19]
    assert best.kept == pytest.approx(0.968, abs=5e-4)
    assert best.per_try == pytest.approx(3.245, abs=1e-3)
    full = evaluate(40, 10, 19, np.array([0, 0, 0, 0, 19]))
    assert (full.per_try, full.kept) == (pytest.approx(7), pytest.approx(1))


@given(s=st.integers(1, 12), c=st.integers(2, 12), data=st.data())
def test_exact_thresholds_lose_nothing(s: int, c: int, data: st.DataObject) -> None:
    m = data.draw(st.integers(0, s))
    table = thresholds_exact(s, c, m)
    assert table[-1] == m
    assert evaluate(s, c, m, table).kept == pytest.approx(1)


@pytest.mark.parametrize(("s", "c", "m"), [(16, 10, 5), (20, 4, 11), (24, 7, 8)])
@pytest.mark.parametrize("base", [2.0, 3.0])
def test_optimal_table_beats_every_other(s: int, c: int, m: int, base: float) -> None:
    costs = Costs(base)
    best = thresholds_optimal(s, c, m, costs)
    grids = np.meshgrid(*[np.arange(m + 1)] * (len(best.thresholds) - 1))
    tables = [[*row, m] for row in np.stack([g.ravel() for g in grids], axis=1)]
    assert best.per_success <= min(evaluate(s, c, m, np.array(t), costs).per_success for t in tables) + 1e-9


def by_fractions(s: int, c: int, m: int, table: list[int]) -> tuple[float, float, float]:
    """(kept, expected blocks of a try, rarity), exactly."""
    chance, alive, blocks = Fraction(1, c), {0: Fraction(1)}, Fraction(0)
    for size, least in zip(sizes(s), table, strict=True):
        blocks += sum(alive.values())
        after: dict[int, Fraction] = {}
        for k, j in itertools.product(alive, range(size + 1)):
            if k + j >= least:
                after[k + j] = after.get(k + j, Fraction(0)) + alive[k] * comb(size, j) * chance**j * (1 - chance) ** (
                    size - j
                )
        alive = after
    every = sum(comb(s, k) * chance**k * (1 - chance) ** (s - k) for k in range(m, s + 1))
    won = sum((share for k, share in alive.items() if k >= m), Fraction(0))
    shift = every.denominator.bit_length() - every.numerator.bit_length()
    return float(won / every), float(blocks), shift - log2(every * 2**shift)


@pytest.mark.parametrize(("s", "c", "m", "table"), [
    (40, 2**31, 36, [6, 13, 21, 29, 36]), (40, 2**31, 40, [8, 16, 24, 32, 40]), (20, 10, 9, [1, 4, 9]),
    (45, 2**30, 37, [0, 0, 20, 29, 33, 37]), (9, 3, 0, [0, 0]),
])
def test_tables_are_evaluated_as_fractions_say_beyond_floats_too(s: int, c: int, m: int, table: list[int]) -> None:
    kept, blocks, rarity = by_fractions(s, c, m, table)
    got = evaluate(s, c, m, np.array(table), Costs(base=3))
    assert (got.kept, got.per_try, got.rarity) == (pytest.approx(kept, rel=1e-9), pytest.approx(3 + blocks, rel=1e-12),
                                                   pytest.approx(rarity, abs=1e-9))


@pytest.mark.parametrize(("s", "c", "m"), [(309, 10, 309), (309, 10, 250), (64, 2**20, 60), (400, 10, 60)])
def test_an_optimal_table_beats_its_neighbours_beyond_floats_too(s: int, c: int, m: int) -> None:
    best = thresholds_optimal(s, c, m, Costs(base=3))
    for i, change in itertools.product(range(len(best.thresholds) - 1), (-1, 1)):
        other = best.thresholds.copy()
        other[i] += change
        assert best.per_expected_try <= evaluate(s, c, m, other, Costs(base=3)).per_expected_try * (1 + 1e-9)


@pytest.mark.parametrize("m", [0, 1, 1_000, 1_200, 5_000, 10_000])
def test_ten_thousand_labels(m: int) -> None:
    best = thresholds_optimal(10_000, 10, m, Costs(base=3))
    assert (4 <= best.per_expected_try <= 3 + 1250 + 1e-9 and 0 < best.kept <= 1 and isfinite(best.rarity)
            and best.thresholds[-1] == m)
    assert evaluate(10_000, 10, m, thresholds_exact(10_000, 10, m)).kept == pytest.approx(1)


def test_costs_of_a_search_are_those_predicted(tmp_path: Path) -> None:
    best = thresholds_optimal(40, 10, 12, Costs(base=3))
    problem = make_problem(b"k", bytes(120), range(8 * 100, 8 * 100 + 30), np.arange(40) % 10, 10, 12, best.thresholds)
    result = search(problem, 0, 1 << 21, cache=tmp_path)
    assert result.compressions / result.tries == pytest.approx(best.per_try, rel=2e-3)


@pytest.mark.parametrize(
    ("free", "match"),
    [
        ([], "in the message"),
        ([8 * 200], "in the message"),
        ([8 * 10], "last two blocks"),
        ([8 * 100, 8 * 140], "more than one block"),
        ([1592, 1592], "differ"),
    ],
)
def test_free_bits_are_checked(free: list[int], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        make_problem(b"", bytes(200), free, np.zeros(8, dtype=int), 10, 1)


def test_range_and_table_are_checked() -> None:
    with pytest.raises(ValueError, match="not within"):
        search(CASE.problem(), 4000, 97)
    with pytest.raises(ValueError, match="not with m"):
        make_problem(b"", bytes(9), [0], np.zeros(8, dtype=int), 10, 1, np.array([2]))
    with pytest.raises(ValueError, match="blocks"):
        make_problem(b"", bytes(9), [0], np.zeros(8, dtype=int), 10, 1, np.array([0, 1]))


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a new process: nothing loaded."""
    monkeypatch.setattr(kernels, "_loaded", {})


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-1], lambda raw: raw[:99] + bytes([raw[99] ^ 1]) + raw[100:], lambda _: b"",
               lambda _: b"x" * 40]
)
def test_damaged_objects_are_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: object) -> None:
    spec = Spec(4, 1, 13)
    forget(monkeypatch)
    first, _ = kernels.kernel(spec, tmp_path)
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()
    path.write_bytes(damage(good))  # type: ignore[operator]
    forget(monkeypatch)
    again, _ = kernels.kernel(spec, tmp_path)
    assert first
    assert again
    assert not first.cached
    assert not again.cached
    assert path.read_bytes() == good
    forget(monkeypatch)
    third, _ = kernels.kernel(spec, tmp_path)
    assert third
    assert third.cached


def test_a_directory_that_cannot_be_written_only_costs_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch)
    file = tmp_path / "file"
    file.touch()
    loaded, reason = kernels.kernel(Spec(4, 1, 13), file / "below")
    assert loaded
    assert not reason


def test_emitted_code_is_reproducible() -> None:
    assert program(Spec(8, 2, 14), True) == program(Spec(8, 2, 14), True)


def test_failing_compiler_is_a_reason_not_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch)
    monkeypatch.setattr(kernels, "program", lambda *_: "no IR at all")
    loaded, reason = kernels.kernel(Spec(4, 1, 13), tmp_path)
    assert loaded is None
    assert reason.startswith("LLVM failed")
    result = search(CASE.problem(), 0, 50, cache=tmp_path)
    assert result.engine == "hashlib"
    assert result.reason.startswith("LLVM failed")
    assert (result.hits, result.compressions) == CASE.brute_force(0, 50)
    with pytest.raises(RuntimeError, match="LLVM failed"):
        search(CASE.problem(), 0, 50, cache=tmp_path, engine="llvm")


def test_wrong_code_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch)
    right = kernels.program
    monkeypatch.setattr(kernels, "program", lambda *a: right(*a).replace("i32 232)",
                                                                         "i32 150)").replace("icmp sge", "icmp sgt"))
    result = search(CASE.problem(), 0, 50, cache=tmp_path)
    assert result.engine == "hashlib"
    assert "wrong labels" in result.reason
    forget(monkeypatch)


def test_without_llvmlite(tmp_path: Path) -> None:
    """In a process in which llvmlite cannot be imported."""
    script = """
import sys
sys.modules["llvmlite"] = None
import numpy as np
from arena.forging.engine.search import make_problem, search
bits, labels = range(8 * 195, 8 * 195 + 12), np.array((1, 2, 3) * 8)
problem = make_problem(b"k", bytes(200), bits, labels, 5, 6, np.array([0, 3, 6]))
result = search(problem, 0, 64)
print(result.engine, result.tries, result.hits, "llvmlite" in result.reason)
"""
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(root)},
        cwd=tmp_path
    )
    assert done.stdout.split(maxsplit=2)[:2] == ["hashlib", "64"]
    assert done.stdout.strip().endswith("True")
    assert str(CASE.brute_force(0, 64)[0]) in done.stdout


def test_a_forged_claim_verifies(tmp_path: Path) -> None:
    """Twenty bits of rarity: what the search finds is a message whose keyed labels really match 16 of 40."""
    wanted = np.random.default_rng(3).integers(0, 10, 40)
    free = tuple(8 * (767 - i) for i in range(32))
    table = thresholds_optimal(40, 10, 16, Costs(base=3)).thresholds
    case = Case(b"secret", bytes(768), free, tuple(wanted.tolist()), 10, tuple(table.tolist()))
    result = search(case.problem(), 0, 1 << 27, cache=tmp_path, stop_at_first=True)
    assert result.hits
    for counter, matches in result.hits:
        assert matches >= 16
        assert case.outcome(counter)[0] == matches
