"""On what it was played."""

from arena.base.machine import machine
from arena.report.panels.reproduction import machine as panel
from tests.arena.report.panels.shape import Shape, same_shape


def test_what_is_known_of_this_machine(reproduced):
    text = Shape(panel.draw(reproduced())).text
    assert machine() and all(f"{key}{value}" in text for key, value in machine().items())


def test_hostile_words(reproduced, monkeypatch):
    def draw(text):
        monkeypatch.setattr(panel, "machine", lambda: {text: text})
        return panel.draw(reproduced())

    same_shape(draw)
