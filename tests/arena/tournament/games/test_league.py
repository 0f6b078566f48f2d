"""Leagues and fronts: ties are ties, and neither order nor names decide anything."""

import numpy as np

from arena.tournament.games.league import league, pareto

DRAWS = np.random.default_rng(1).normal(size=(4000, 4)) * [0.1, 0.1, 0.1, 3] + [2, 1.95, 1, 1.4]
NAMES = ["a", "b", "c", "wide"]


def test_who_is_surely_better_stands_first_and_ties_are_said():
    places = {one.name: one for one in league(NAMES, DRAWS.mean(0), DRAWS)}
    assert places["a"].place == places["b"].place == places["wide"].place == 1 and places["c"].place == 3
    assert places["a"].ties == ("b", "wide") and places["c"].ties == ("wide",)
    assert places["a"].low < 1.85 < 2.15 < places["a"].high


def test_what_seeds_share_decides_although_the_intervals_overlap():
    shared = np.random.default_rng(2).normal(size=(1000, 1))
    draws = shared + np.array([0.1, 0])
    first, second = league(["x", "y"], [0.1, 0], draws)
    assert (first.name, first.place, second.place) == ("x", 1, 2) and second.high > first.low


def test_neither_order_nor_names_matter():
    order = [2, 0, 3, 1]
    again = league([NAMES[i] for i in order], DRAWS.mean(0)[order], DRAWS[:, order])
    assert again == league(NAMES, DRAWS.mean(0), DRAWS)
    same = league(["z", "y"], [1, 1], np.ones((9, 2)))
    assert [(one.name, one.place, one.ties) for one in same] == [("y", 1, ("z",)), ("z", 1, ("y",))]


def test_the_front_is_what_nothing_beats():
    points = [[1, 0], [0, 1], [0.5, 0.5], [0.4, 0.5], [0.5, 0.5], [1, -1], [np.nan, 9]]
    assert pareto(points).tolist() == [True, True, True, False, True, False, False]
    assert pareto([[1], [3], [2]]).tolist() == [False, True, False]
