"""The kernel against the construction: same hits, same matches, same number of compressions, whatever the problem."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from arena.base.llvm import Target, host, host_width
from arena.forging.engine.code.stages import LIMIT
from arena.forging.engine.devices.kinds import kinds
from arena.forging.engine.devices.run import context, layout
from arena.forging.engine.problem import make_problem
from arena.forging.engine.search import Engine, search
from tests.arena.forging.engine.conftest import Case, cases

pytest.importorskip("llvmlite")
HOST = host()[0]
assert HOST is not None
KINDS: tuple[Engine, ...] = kinds(HOST)
WIDTHS = [w for w in (1, 4, 8, 16) if w <= host_width(HOST)]
PROGRAMS: list[tuple[Engine, int | None]] = [*[("vectors", w) for w in WIDTHS], *[("sha", None)] * ("sha" in KINDS)]
relaxed = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
DENSE = Case(b"secret", bytes(range(256)), tuple(range(8 * 250, 8 * 250 + 13)), (1, 0, 2, 2, 1, 0, 1, 1, 0, 2, 0), 3,
             (2, 4))


def compare(case: Case, first: int, count: int, cache: Path, engine: Engine = "vectors", width: int | None = None,
            target: Target | None = None) -> None:
    result = search(case.problem(), first, count, engine=engine, width=width, cache=cache, target=target)
    hits, compressions = case.brute_force(first, count)
    assert result.engine == engine
    assert result.hits == hits
    assert result.tries == count
    assert result.compressions == compressions


@pytest.mark.parametrize(("engine", "width"), PROGRAMS)
@relaxed
@example(case=DENSE, data=None)
@given(case=cases(), data=st.data())
def test_any_problem_any_range(cache: Path, engine: Engine, width: int | None, case: Case,
                               data: st.DataObject | None) -> None:
    tries = 1 << len(case.free)
    first = data.draw(st.integers(0, tries - 1)) if data else 5
    count = data.draw(st.integers(0, min(600, tries - first))) if data else 8000
    compare(case, first, count, cache, engine, width)


@pytest.mark.parametrize(("cpu", "width"), [("haswell", 8), ("x86-64", 4), ("x86-64-v2", 4), ("x86-64", 1),
                                            ("x86-64", 16)])
def test_code_for_lesser_processors(cache: Path, cpu: str, width: int) -> None:
    if not HOST.has("avx2"):
        pytest.skip("this processor cannot run all of it")
    compare(DENSE, 3, 3000, cache, "vectors", width, Target(cpu, ""))


def test_sha_instructions_without_avx_512(cache: Path) -> None:
    if "sha" not in KINDS or not HOST.has("avx2"):
        pytest.skip("this processor cannot run it")
    compare(DENSE, 3, 3000, cache, "sha", target=Target("x86-64-v3", "+avx,+sha"))


def test_a_kind_that_is_named_and_not_there_is_an_error(cache: Path) -> None:
    with pytest.raises(RuntimeError, match="no SHA-256 instructions"):
        search(DENSE.problem(), 0, 10, engine="sha", cache=cache, target=Target("x86-64-v3", "+avx"))


@pytest.mark.parametrize(("engine", "width"), PROGRAMS)
@relaxed
@given(case=cases(classes=st.integers(2, 40)), share=st.sampled_from([2**32 - 2**24, 2**31, 2**28, 1]))
def test_doubtful_tries_are_settled_by_the_definition(cache: Path, engine: Engine, width: int | None,
                                                          case: Case, share: int) -> None:
    """With a limit far below its value, many tries look as if a word had been rejected; nothing may change."""

    def lowered(problem: object) -> np.ndarray:
        table = context(problem)  # type: ignore[arg-type]
        table[LIMIT] = share
        return table

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arena.forging.engine.devices.run.context", lowered)
        compare(case, 0, min(500, 1 << len(case.free)), cache, engine, width)


@pytest.mark.parametrize("classes", [10, 997, 60_000, 2**31 - 1, 2**31])
def test_classes_with_frequent_rejection(cache: Path, classes: int) -> None:
    """From 2^16 classes on, words are rejected so often that hashlib does it; auto finds that out."""
    wanted = tuple(int(x) for x in np.random.default_rng(classes).integers(0, classes, 16))
    case = Case(b"k", b"m" * 100, tuple(range(8 * 90, 8 * 90 + 10)), wanted, classes, (0, 0))
    result = search(case.problem(), 0, 1000, cache=cache)
    assert (result.hits, result.compressions) == case.brute_force(0, 1000)
    assert result.engine in (KINDS if classes <= 2**16 else ["hashlib"])


@pytest.mark.parametrize("blocks", [1, 2])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("engine", KINDS)
def test_many_hits_and_threads(cache: Path, engine: Engine, blocks: int, threads: int) -> None:
    """More hits than fit into one call, and a range cut into slices for several threads."""
    message = bytes(640 if blocks == 2 else 630)
    free = range(8 * 629, 8 * 629 - 20, -1)
    problem = make_problem(b"k", message, free, np.zeros(9, dtype=int), 2, 5)
    assert problem.tail_blocks == blocks
    whole = search(problem, 1, 60_000, cache=cache, threads=threads, engine=engine)
    plain = search(problem, 1, 60_000, engine="hashlib")
    assert len(whole.hits) > 20_000
    assert (whole.hits, whole.tries, whole.compressions) == (plain.hits, plain.tries, plain.compressions)


@pytest.mark.parametrize("engine", KINDS)
def test_many_blocks_of_labels_that_all_pass(cache: Path, engine: Engine) -> None:
    """512 labels without thresholds: every queue runs at its fullest."""
    case = Case(b"k", bytes(700), tuple(range(8 * 690, 8 * 690 + 13)), tuple([1] * 512), 2, tuple([0] * 63 + [200]))
    result = search(case.problem(), 7, 8000, cache=cache, engine=engine)
    plain = search(case.problem(), 7, 8000, engine="hashlib")
    assert len(result.hits) > 7000
    assert (result.hits, result.compressions) == (plain.hits, plain.compressions)


@pytest.mark.parametrize("engine", [*KINDS, "hashlib"])
@pytest.mark.parametrize("threads", [1, 2])
def test_stop_at_first(cache: Path, engine: Engine, threads: int) -> None:
    problem = make_problem(b"k", bytes(100), range(8 * 90, 8 * 90 + 24), np.arange(16) % 10, 10, 6)
    result = search(problem, 100, 1 << 23, cache=cache, threads=threads, stop_at_first=True, engine=engine)
    assert result.hits
    assert result.tries < 1 << 23
    if threads == 1:
        assert result.hits == search(problem, 100, result.tries, cache=cache, engine="hashlib").hits


def test_states_alone_suffice(cache: Path) -> None:
    """A problem made by hand, without the bytes behind its states, for the kernel and for the fallback."""
    known = DENSE.problem()
    bare = type(known)(known.inner, known.tail, known.free, known.outer, known.wanted, known.classes, known.thresholds)
    expected = DENSE.brute_force(0, 40)
    engines: list[Engine] = ["llvm", *KINDS, "hashlib"]
    for engine in engines:
        result = search(bare, 0, 40, cache=cache, engine=engine)
        assert (result.hits, result.compressions) == expected


def test_layout_prefers_late_words() -> None:
    late = make_problem(b"", bytes(128), [8 * 127 - 8 * i for i in range(30)], np.zeros(8, dtype=int), 10, 1)
    assert layout(late, 16).start >= 14
    early = make_problem(b"", bytes(128), [8 * 64 + i for i in range(30)], np.zeros(8, dtype=int), 10, 1)
    assert layout(early, 16).start == 0
