"""Figures."""

from arena.report.panels.reproduction import figures
from arena.report.plots import bars, histogram, lines
from arena.reproduction.reproduction import Figure
from tests.arena.report.panels.shape import HOSTILE, Shape, same_shape


def test_it_applies_where_there_are_any(reproduced):
    assert not figures.applies(reproduced()) and figures.applies(
        reproduced(figures=[Figure("Figure 1", "x", "<svg></svg>")])
    )


def test_each_with_its_caption(reproduced):
    plot = lines({"a": ([0, 1], [0, 1])}, "x", "y")
    shape = Shape(figures.draw(reproduced(figures=[Figure("Figure 1", "one", plot), Figure("Figure 2", "two", plot)])))
    assert shape.count("figure") == shape.count("svg") == 2 and "Figure 2: two" in shape.text


def test_hostile_words(reproduced):
    same_shape(lambda text: figures.draw(reproduced(figures=[Figure(text, text, "<svg></svg>")])))


def test_plots_show_hostile_words_and_run_none():
    for svg in (lines({HOSTILE: ([0, 1], [0, 1])}, HOSTILE, HOSTILE), histogram({HOSTILE: [0.1]}, HOSTILE, 0, 1),
                bars({HOSTILE: [0.5]}, [HOSTILE], HOSTILE)):
        shape = Shape(svg)
        assert HOSTILE.split("{{")[0] in shape.text and not {"script", "img"} & {e[0] for e in shape.elements}
