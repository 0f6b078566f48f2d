"""Forgeries: planned beside measured."""

from arena.match.result import ForgeryRecord
from arena.report.panels.run import forgeries
from tests.arena.report.panels.shape import Shape, same_shape


def test_it_applies_where_somebody_forged(run_of):
    assert not forgeries.applies(run_of())
    assert forgeries.applies(run_of(forgeries=(ForgeryRecord("eve", "grind", 35.1),)))


def test_what_is_not_known_is_a_dash(run_of):
    known = ForgeryRecord("eve", "grind", 35.08, 33.94, 20.66, "a cached prefix")
    html = forgeries.draw(run_of(forgeries=(known, ForgeryRecord("rex", "replay", 16.4))))
    assert Shape(html).rows[1:] == [
        ["eve", "grind", "20.7", "33.9", "35.1", "a cached prefix"],
        ["rex", "replay", "-", "-", "16.4", "-"],
    ]


def test_zero_is_a_figure(run_of):
    html = forgeries.draw(run_of(forgeries=(ForgeryRecord("rex", "replay", 0.0, 0.0, 0.0, "x"),)))
    assert html.count(">0.0<") == 3


def test_hostile_words(run_of):
    same_shape(lambda text: forgeries.draw(run_of(forgeries=(ForgeryRecord(text, text, 1.0, 1.0, 1.0, text),))))
