"""Search spaces: ranges and choices with the types of a strategy's own parameters."""

import math
from collections import Counter

import pytest

from agents.attacks.model.prune import Prune
from agents.forgeries.labels.grind import Grind
from arena.scenario.space import Dimension, Unsearchable, dimensions, kind_of


def test_types_come_from_the_dataclass():
    rate, order, retrain = dimensions(Prune, {"rate": [0, 1], "order": ["ascending", "random"], "retrain": [0, 5]})
    assert (rate.kind, order.kind, retrain.kind) == ("real", "choice", "whole") and rate.values == (0.0, 1.0)
    assert dimensions(Prune, {"rate_after": [1e-4, 1e-2]})[0].name == "rate-after"
    assert dimensions(Grind, {"tries": ["2^4", "2^7"]})[0].values == (16, 128)
    assert [each.kind for each in dimensions(None, {"a": [0, 1], "b": [0.0, 1], "c": [True, False], "d": [1, 2, 3]})] \
        == ["whole", "real", "choice", "choice"]


def test_every_whole_number_and_every_choice_has_an_equal_part():
    places = [(i + 0.5) / 6000 for i in range(6000)]
    assert Counter(map(Dimension("n", (3, 8), "whole").at, places)) == dict.fromkeys(range(3, 9), 1000)
    assert Counter(map(Dimension("c", ("a", "b", "c"), "choice").at, places)) == dict.fromkeys("abc", 2000)


def test_ends_and_middles():
    real, wide = Dimension("r", (0.2, 0.6), "real"), Dimension("w", (1e-5, 1e-1), "real")
    assert (real.at(0.0), real.at(1.0), real.at(0.5)) == (0.2, 0.6, pytest.approx(0.4)) and not real.logarithmic
    assert wide.logarithmic and wide.at(0.5) == pytest.approx(1e-3) and (wide.at(0), wide.at(1)) == (1e-5, 1e-1)
    many = Dimension("m", (1, 1000), "whole")
    assert (many.at(0.0), many.at(1.0), many.at(0.5)) == (1, 1000, round(math.sqrt(0.5 * 1000.5)))
    assert not Dimension("z", (0, 1000), "whole").logarithmic and kind_of(["a"]) == "choice"


@pytest.mark.parametrize(("search", "parameter", "words"), [
    ({}, "", "nothing to search; Prune has layers, order, rate, rate-after, retrain"),
    ({"raet": [0, 1]}, "raet", "no parameter 'raet'; did you mean 'rate'"),
    ({"rate": [0.5]}, "rate", r"needs \[low, high\] or a list of choices"),
    ({"rate": []}, "rate", r"needs \[low, high\]"),
    ({"rate": 0.5}, "rate", r"needs \[low, high\]"),
    ({"rate": [0.5, 0.5]}, "rate", "empty range: 0.5 is not below 0.5"),
    ({"retrain": [5, 1]}, "retrain", "empty range: 5 is not below 1"),
    ({"rate": [0, 2]}, "rate", "rate can't be 2"),
    ({"order": ["ascending", "sideways", "random"]}, "order", "order can't be 'sideways'"),
])
def test_what_cant_be_searched_is_one_line(search, parameter, words):
    with pytest.raises(Unsearchable, match=words) as fault:
        dimensions(Prune, search)
    assert fault.value.parameter == parameter
