"""Every table and figure of the paper."""

from dataclasses import asdict

from arena.report.panels.reproduction import Paper, coverage
from arena.reproduction.reproduction import Shown
from tests.arena.report.panels.shape import Shape, same_shape


def test_what_became_of_each():
    page = Paper({"shown": [asdict(Shown("Table 1", "smaller", "fewer images"))]}, ())
    assert coverage.applies(page) and not coverage.applies(Paper({}, ()))
    assert "reproduced smallerfewer images" in Shape(coverage.draw(page)).text


def test_hostile_words():
    same_shape(lambda text: coverage.draw(Paper({"shown": [asdict(Shown(text, "not", text))]}, ())))
