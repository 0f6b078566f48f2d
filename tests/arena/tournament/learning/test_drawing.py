"""Settings: spread, around the best, the same for the same seed, and each with one name."""

from dataclasses import replace

import numpy as np

from arena.scenario.space import Dimension
from arena.tournament.learning.drawing import REACH, Drawing
from arena.tournament.learning.learners import Learner

LEARNER = Learner("attacks", "prune", "prune", {"retrain": 5, "rate_after": 1e-3},
                  (Dimension("rate", (0.0, 1.0), "real"), Dimension("order", ("ascending", "random"), "choice")))


def test_the_same_seed_draws_the_same_and_another_others():
    first, again, other = (Drawing(LEARNER, seed) for seed in (1, 1, 2))
    names = first.explore(8, ())
    assert names == [f"prune~{n}" for n in range(1, 9)] == again.explore(8, ())
    assert first.settings == again.settings and other.explore(8, ()) == names and other.settings != first.settings
    assert Drawing(replace(LEARNER, name="other"), 1).explore(8, ())[0] == "other~1"


def test_they_are_spread_over_everything():
    drawing = Drawing(LEARNER, 3)
    drawing.explore(16, ())
    rates = [setting["rate"] for setting in drawing.settings.values()]
    assert np.histogram(rates, 8, (0, 1))[0].min() >= 1  # 16 points of a Sobol sequence: two in every eighth
    assert {setting["order"] for setting in drawing.settings.values()} == {"ascending", "random"}


def test_around_the_best_and_never_one_that_is_known():
    drawing = Drawing(LEARNER, 1)
    best = drawing.explore(4, ())[0]
    near = drawing.refine(best, 5, {*drawing.settings})
    assert len(near) == 5 and not {best} & {*near}
    for name in near:
        assert abs(drawing.settings[name]["rate"] - drawing.settings[best]["rate"]) <= REACH + 1e-6
        assert drawing.settings[name]["order"] == drawing.settings[best]["order"]


def test_few_settings_run_out_and_keep_their_names():
    few = replace(LEARNER, dimensions=(Dimension("retrain", (1, 3), "whole"),))
    drawing = Drawing(few, 1)
    names = drawing.explore(10, ())
    assert sorted(drawing.settings[name]["retrain"] for name in names) == [1, 2, 3]
    assert sorted(drawing.explore(10, names[:1])) == sorted(names[1:])
    assert drawing.refine(names[0], 10, names[:1]) and len(drawing.settings) == 3


def test_a_setting_stands_in_the_strategy_as_a_file_has_it():
    assert LEARNER.playing({"rate": 0.5, "rate-after": 0.1}) == [{"prune": {"retrain": 5, "rate": 0.5,
                                                                            "rate-after": 0.1}}]
    owner = replace(LEARNER, side="schemes", strategy="rose", given={})
    assert owner.playing({"triggers": 16}) == {"rose": {"triggers": 16}} and (owner.player, LEARNER.player) == (0, 1)
