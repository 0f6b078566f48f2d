"""A scheme whose costs and rarities are known: the setting that is recommended is the best of those that fit."""

import contextlib

import pytest

from arena.scenario.space import Dimension
from arena.tournament.answers.design import Designing, Point
from arena.tournament.learning.learners import Learner
from tests.arena.tournament.learning.stubs import bench, played_by, row, spec_of

TEXT = """
schemes: {mark: {rose: {triggers: 0}}}
attacks: {as-is: [{prune: {rate: 0}}], hard: [{prune: {rate: 1}}], bystander: [independent-host]}
seeds: {least: 5, most: 5}
"""
MARK = Learner("schemes", "mark", "rose", {}, (Dimension("triggers", (0.0, 1.0), "real"),))
REACH = 2.7764451 * 0.001 * 2.5 ** 0.5 / 5 ** 0.5
"""Of Student's interval at 95 % of five seeds whose costs are 1 to 5 thousandths apart."""


def known(job):
    """A mark of strength p costs 0.02 p, give or take some thousandths by seed; 100 p bits are left as it is, 60 p
    after the hard attack, which costs the thief twenty points."""
    p, rate = played_by(job)
    return row(job, 0.9, 0.9 - 0.2 * rate, unmarked=0.9, marked=0.9 - 0.02 * p - 0.001 * (job["seed"] - 3),
               rarity=(100 - 40 * rate) * p)


def turns(job):
    """Each attack is the worst one on every other seed."""
    _, rate = played_by(job)
    return row(job, 0.9, 0.9, rarity=10.0 + 40 * ((job["seed"] + rate) % 2))


def some_fail(job):
    """The hard attack breaks down whatever it meets; strong marks can't be made at all."""
    p, rate = played_by(job)
    if rate or p > 0.5:
        raise ValueError("it breaks" if rate else "too strong")
    return known(job)


def nothing_works(job):
    raise ValueError("broken")


def designed(folder, workers, work, trials=12, most=0.01, **how):
    """(what came of it, rows played)."""
    with contextlib.ExitStack() as within:
        made = within.enter_context(bench(folder, workers, "known"))
        made.work = f"tests.arena.tournament.answers.test_design:{work}"
        playing = Designing(spec_of(folder, TEXT), how.pop("mark", MARK), made, trials, most, "task", **how).play()
        rows = []
        while True:
            try:
                rows.append(next(playing))
            except StopIteration as end:
                return end.value, rows


def strength(point):
    return point.setting.get("triggers", 0.0)


def test_costs_rarities_and_the_recommended_setting_are_those_known(tmp_path, workers):
    found, rows = designed(tmp_path, workers, "known")
    assert len(found.points) == 12 and len(rows) == 12 * 2 * 5 and found.attacks == ["as-is", "hard"]
    for point in found.points:
        p = strength(point)
        assert point.cost.value == pytest.approx(0.02 * p, abs=1e-12) and point.cost.n == 5
        assert point.cost.high - point.cost.value == pytest.approx(REACH, rel=1e-5)
        assert point.rarity.value == pytest.approx(60 * p) and found.fits(point) == (0.02 * p + REACH <= 0.01)
    fitting = [strength(point) for point in found.points if 0.02 * strength(point) + REACH <= 0.01]
    best = found.recommended
    assert strength(best) == max(fitting) > 0.3 and best.cost.high <= 0.01 and best.worst == "hard"
    assert best.lost == pytest.approx(0.2) and "n = 5" in found.sentence and best.name in found.sentence
    assert all(point.front for point in found.points)  # more strength costs more and leaves more


def test_a_setting_whose_mean_fits_but_not_its_interval_is_not_taken(tmp_path, workers):
    narrow = Learner("schemes", "mark", "rose", {"triggers": 0.45}, (Dimension("triggers", (0.45, 0.49), "real"),))
    found, _ = designed(tmp_path, workers, "known", trials=4, mark=narrow)
    assert all(point.cost.value < 0.01 < point.cost.high for point in found.points)
    assert found.recommended is None and found.nearest.name == "mark"
    assert "none of 4 costs at most 1 point with its interval" in found.sentence and "mark (as the" in found.sentence


def test_only_attacks_that_a_thief_can_afford(tmp_path, workers):
    found, _ = designed(tmp_path, workers, "known", trials=3, thief=0.05)
    assert all(point.rarity.value == pytest.approx(100 * strength(point)) for point in found.points)
    assert {point.worst for point in found.points} == {"as-is"}


def test_of_every_seed_the_least_that_any_attack_leaves(tmp_path, workers):
    found, _ = designed(tmp_path, workers, "turns", trials=2)
    assert [point.rarity.value for point in found.points] == [10, 10]  # each attack alone leaves 26 or 34


def test_what_fails_is_said_and_the_rest_is_there(tmp_path, workers):
    found, rows = designed(tmp_path, workers, "some_fail", trials=6)
    assert "it breaks" in found.left["hard"] and found.attacks == ["as-is"]
    strong = [point for point in found.points if strength(point) > 0.5]
    assert strong and all(not point.known and "against as-is: ValueError: too strong" in point.reason
                          for point in strong)
    assert found.recommended is not None and strength(found.recommended) <= 0.5
    assert {row.status for row in rows} == {"finished", "failed"}
    none, _ = designed(tmp_path / "none", workers, "nothing_works", trials=2)
    assert none.recommended is None and "could be played: against as-is: ValueError: broken" in none.sentence


def test_what_is_in_the_journal_is_not_played_again(tmp_path, workers):
    whole, rows = designed(tmp_path, workers, "known", trials=6)
    again, none = designed(tmp_path, workers, "known", trials=6)
    assert again == whole and rows and not none


def test_a_point_of_which_nothing_is_known_fits_nowhere():
    point = Point("mark", {}, reason="broken")
    assert not point.known and point.cost.high == float("inf") and point.said == "as the file has it"
