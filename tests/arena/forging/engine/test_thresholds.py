"""Tables of minimal matches against sums over all paths in fractions, and against every other table."""

from __future__ import annotations

import itertools
import math
from dataclasses import FrozenInstanceError
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.forging.engine.thresholds import Costs, Stopping, evaluate, sizes, thresholds_exact, thresholds_optimal
from tests.arena.forging.engine.test_problem import by_fractions


@pytest.mark.parametrize(("s", "expected"), [(1, [1]), (7, [7]), (8, [8]), (9, [8, 1]), (16, [8, 8]), (40, [8] * 5),
                                             (45, [8, 8, 8, 8, 8, 5])])
def test_labels_come_eight_at_a_time(s: int, expected: list[int]) -> None:
    assert sizes(s) == expected


@pytest.mark.parametrize(("s", "m", "table"), [(20, 9, [0, 5, 9]), (20, 20, [8, 16, 20]), (20, 0, [0, 0, 0]),
                                               (8, 3, [3]), (1, 1, [1]), (1, 0, [0]), (40, 19, [0, 0, 3, 11, 19])])
def test_without_loss_one_gives_up_when_the_rest_is_too_few(s: int, m: int, table: list[int]) -> None:
    assert thresholds_exact(s, 10, m).tolist() == table and thresholds_exact(s, 10, m).dtype == np.int64


@pytest.mark.parametrize(("s", "c", "m"), [(0, 10, 0), (-8, 10, 0), (8, 1, 3), (8, 0, 3), (8, 10, -1), (8, 10, 9)])
def test_what_is_no_game(s: int, c: int, m: int) -> None:
    for ask in (lambda: thresholds_exact(s, c, m), lambda: evaluate(s, c, m, np.array([0])),
                lambda: thresholds_optimal(s, c, m)):
        with pytest.raises(ValueError, match="no such game"):
            ask()


@pytest.mark.parametrize(("s", "c", "m"), [(1, 2, 0), (1, 2, 1), (8, 2, 8), (9, 2, 0)])
def test_the_smallest_games(s: int, c: int, m: int) -> None:
    best = thresholds_optimal(s, c, m)
    assert (best.kept == pytest.approx(1) and best.thresholds[-1] == m
            and best.rarity == pytest.approx(by_fractions(s, c, m, [*best.thresholds])[2]))


def test_what_a_success_costs() -> None:
    half = Stopping(np.array([3]), 0.5, 3.0, 10.0)
    assert half.per_expected_try == 6 and half.per_success == 6 * 1024
    assert Stopping(np.array([3]), 0.0, 3.0, 10.0).per_expected_try == math.inf
    assert [Stopping(np.array([3]), 1.0, 1.0, bits).per_success
            for bits in (0.0, 999.0, 1000.0, 2000.0)] == [1.0, 2.0**999, math.inf, math.inf]


def test_a_try_costs_two_compressions_and_one_for_each_block_unless_told_otherwise() -> None:
    assert Costs() == Costs(2.0, 1.0) and evaluate(40, 10, 19, np.array([0, 0, 0, 0, 19])).per_try == pytest.approx(7)
    assert evaluate(40, 10, 19, np.array([0, 0, 0, 0, 19]), Costs(0.5, 3.0)).per_try == pytest.approx(15.5)


def test_records_are_not_changed() -> None:
    best = thresholds_optimal(40, 10, 12)
    assert best is thresholds_optimal(40, 10, 12)  # all who ask get the same
    for record, name in ((best, "kept"), (Costs(), "base")):
        with pytest.raises(FrozenInstanceError):
            setattr(record, name, 0.5)
    with pytest.raises(ValueError, match="read-only"):
        best.thresholds[0] = 0


@settings(max_examples=60, deadline=None)
@given(s=st.integers(1, 30), c=st.integers(2, 12), block=st.floats(0.1, 5), data=st.data())
def test_any_table_is_evaluated_as_fractions_say(s: int, c: int, block: float, data: st.DataObject) -> None:
    m = data.draw(st.integers(0, s))
    table = [*(data.draw(st.integers(0, min(m, 4 * i + 4))) for i in range(len(sizes(s)) - 1)), m]
    kept, blocks, rarity = by_fractions(s, c, m, table)
    got = evaluate(s, c, m, np.array(table), Costs(3, block))
    assert (got.kept, got.per_try, got.rarity) == (pytest.approx(kept, rel=1e-9),
                                                   pytest.approx(3 + block * blocks, rel=1e-12),
                                                   pytest.approx(rarity, abs=1e-9))
    assert got.kept <= 1 and got.thresholds.tolist() == table


@pytest.mark.parametrize(("table", "blocks"), [([9, 9, 9], 1), ([0, 17, 17], 2), ([8, 16, 9], None), ([5, 0, 0], None),
                                               ([0, 0, 0], 3)])
def test_tables_that_keep_nothing_or_more_than_asked(table: list[int], blocks: int | None) -> None:
    """Nine of eight can't be had; a last entry below m wins nothing more."""
    kept, expected, _ = by_fractions(20, 3, 9, table)
    got = evaluate(20, 3, 9, np.array(table))
    assert (got.kept == pytest.approx(kept, rel=1e-9) and got.per_try == pytest.approx(2 + expected)
            and (blocks is None or got.per_try == pytest.approx(2 + blocks)))
    assert (got.per_expected_try == math.inf) == (kept == 0)


def play_on(s: int, c: int, m: int, costs: Costs) -> Fraction:
    """The fewest expected compressions of a success over all strategies that may stop after any block, by bisection on
    the price: at the true price going on from the start, and stopping wherever it doesn't pay, is worth nothing."""
    parts, chance = sizes(s), Fraction(1, c)

    def worth(price: Fraction) -> Fraction:
        later = [price if k >= m else Fraction(0) for k in range(s + 1)]
        done = s
        for size in reversed(parts):
            done -= size
            later = [max(Fraction(0), sum(comb(size, j) * chance**j * (1 - chance) ** (size - j) * later[k + j]
                                          for j in range(size + 1)) - Fraction(costs.block))
                     if done else sum(comb(size, j) * chance**j * (1 - chance) ** (size - j) * later[k + j]
                                      for j in range(size + 1)) - Fraction(costs.block)
                     for k in range(done + 1)]
        return later[0] - Fraction(costs.base)

    low, high = Fraction(0), Fraction(1)
    while worth(high) < 0:
        high *= 2
    for _ in range(45):
        low, high = (low, (low + high) / 2) if worth((low + high) / 2) > 0 else ((low + high) / 2, high)
    return high


@pytest.mark.parametrize(("s", "c", "m"), [(16, 10, 6), (17, 3, 12), (9, 2, 9), (20, 4, 11), (24, 7, 8), (16, 2, 3),
                                           (8, 5, 4)])
@pytest.mark.parametrize("costs", [Costs(), Costs(0.25), Costs(3, 0.5), Costs(2, 10), Costs(40, 1)])
def test_no_strategy_is_cheaper_than_the_best_table(s: int, c: int, m: int, costs: Costs) -> None:
    assert thresholds_optimal(s, c, m, costs).per_success == pytest.approx(float(play_on(s, c, m, costs)), rel=1e-9)


@pytest.mark.parametrize(("s", "c", "m"), [(300, 10, 290), (100, 2**31, 90), (60, 2**20, 60)])
def test_beyond_floating_point_numbers_tables_are_evaluated_the_same(s: int, c: int, m: int) -> None:
    best = thresholds_optimal(s, c, m, Costs(3))
    kept, blocks, rarity = by_fractions(s, c, m, [int(t) for t in best.thresholds])
    assert (best.kept, best.per_try, best.rarity) == (pytest.approx(kept, rel=1e-9),
                                                      pytest.approx(3 + blocks, rel=1e-12),
                                                      pytest.approx(rarity, abs=1e-8))
    for i, change in itertools.product(range(len(best.thresholds) - 1), (-1, 1)):
        other = best.thresholds.copy()
        other[i] += change
        assert best.per_expected_try <= evaluate(s, c, m, other, Costs(3)).per_expected_try * (1 + 1e-9)
