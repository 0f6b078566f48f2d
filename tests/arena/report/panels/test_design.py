"""The page of a design: what is taken, the front, and what nobody knows."""

import math

from arena.report.design import render
from arena.tournament.answers.design import Designed, Point
from arena.tournament.statistics.intervals import Interval


def point(name, cost, rarity, front=False, **more):
    return Point(name, {"triggers": 16}, Interval(cost, cost - 0.001, cost + 0.001, 5),
                 Interval(rarity, rarity - 4, rarity + 4, 5), "prune", 0.25, front, **more)


POINTS = [point("a", 0.004, 30, True), point("b", 0.0095, 60, True), point("c", 0.005, 20),
          Point("d", {}, reason="<i>broken</i>")]


def test_what_is_taken_and_what_is_not():
    found = Designed("rose", "task", 0.01, POINTS, ["as-is", "prune"], {"jpeg": "it breaks"})
    html = render("Who?", found, 0.95)
    assert found.recommended.name == "a"
    assert "Take a (triggers = 16): it costs 0.40 points (0.30 to 0.50, n = 5)" in html
    assert "b" in [each.name for each in found.points if not found.fits(each)] and "may cost too much" in html
    assert "&lt;i&gt;broken&lt;/i&gt;" in html and "jpeg is not among the attacks: it breaks" in html
    assert "can't be drawn" not in html and "Which rose? (Who?)" in html and "<svg" in html


def test_nothing_to_take():
    html = render("Who?", Designed("rose", "task", 0.001, POINTS, ["as-is"]), 0.95)
    assert "No setting of rose is recommended: none of 4 costs at most 0.1 points" in html and "nearest is a" in html
    html = render("Who?", Designed("rose", "task", 0.5, POINTS[3:], ["as-is"]), 0.95)
    assert "No setting of rose could be played: &lt;i&gt;broken&lt;/i&gt;" in html and "can't be drawn" not in html


def test_of_one_seed_nothing_is_sure():
    one = Point("a", {}, Interval(0.0, -math.inf, math.inf, 1), Interval(50.0, -math.inf, math.inf, 1), "as-is")
    found = Designed("rose", "task", 0.5, [one], ["as-is"])
    assert found.recommended is None and "can't be drawn" not in render("Who?", found, 0.95)


def test_of_equals_the_cheapest_is_taken():
    same = [point("dear", 0.005, 60), point("cheap", 0.002, 60), point("worse", 0.001, 59)]
    assert Designed("rose", "task", 0.01, same, ["as-is"]).recommended.name == "cheap"
