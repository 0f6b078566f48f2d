"""Figures as data, what a page claims to show of its paper, and the Markdown that the command writes."""

import json
from dataclasses import asdict
from pathlib import PurePosixPath

import numpy as np
import pytest

from arena.face import onrecord
from arena.report import papers
from arena.report.figure import as_data, svg_of
from arena.report.markdown import written
from arena.report.plots import pictures
from arena.reproduction.reproduction import Figure, Row, Shown, overclaimed
from tests.arena.report.panels.shape import HOSTILE, Shape, same_shape

FIGURES = (Figure.lines("Figure 1", "one", {"a": ([0, 1], [2, 3])}, "x", "y"),
           Figure.training("Figure 4", "two", {"a": ([50, 40.5], [2.0, 1.5]), "b": ([60], [1])}),
           Figure.histogram("Figure 2 (a)", "three", {"a": [0.1, 0.2, 7], "b": []}, "sigma", 0, 1),
           Figure.bars("Figure 2", "four", {"a": [0.5]}, ["20"], "AUC"))
ROW = Row("Table 1", "error | of *one*", "8 %", "9 %", 2, "8 to 10", "fewer <images>", False)
DATA = {"task": {"limit": 4000, "dataset": "cifar10", "network": "n", "epochs": 6}, "command": "arena reproduce x",
        "seconds": 61.0, "profile": "quick", "throughout": "", "full": "200 epochs", "machine": {"processor": "a chip"},
        "rows": [asdict(ROW)], "shown": [asdict(Shown("Table 1", "smaller", "fewer images"))]}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.kind)
def test_a_figure_is_its_numbers(figure):
    assert svg_of(figure).startswith("<svg") and svg_of(figure) == svg_of(figure)
    kept, = onrecord.from_bytes(onrecord.as_bytes([figure]))
    assert svg_of(kept) == svg_of(figure)
    assert json.loads(json.dumps(as_data(figure), allow_nan=False))["values"].keys() == figure.values.keys()


def test_what_lies_beyond_a_histograms_ends_is_counted():
    assert sum(FIGURES[2].values["a"]) == 3 and FIGURES[2].values["a"][-1] == 1 and FIGURES[2].span == [0, 1]


@pytest.mark.parametrize("kind", ["lines", "training", "histogram", "bars"])
def test_hostile_names_are_text(kind):
    made = {"lines": lambda: Figure.lines("", "", {HOSTILE: ([0, 1], [0, 1])}, HOSTILE, HOSTILE),
            "training": lambda: Figure.training("", "", {HOSTILE: ([1, 2], [1, 2])}),
            "histogram": lambda: Figure.histogram("", "", {HOSTILE: [0.1]}, HOSTILE, 0, 1),
            "bars": lambda: Figure.bars("", "", {HOSTILE: [0.1]}, [HOSTILE], HOSTILE)}[kind]()
    assert not {"script", "img"} & {element[0] for element in Shape(svg_of(made)).elements}


def test_smaller_says_how_and_not_says_why():
    assert Shown("Table 1", "reproduced").how == ""
    for state in ("smaller", "not"):
        with pytest.raises(ValueError, match="must be said how or why"):
            Shown("Table 1", state)


@pytest.mark.parametrize(("shown", "found", "claimed"), [
    (Shown("Table 1", "reproduced"), ROW, []),
    (Shown("Table 2", "reproduced"), ROW, ["Table 2"]),
    (Shown("Table 2", "not", "no data"), ROW, []),
    (Shown("Figure 2", "smaller", "fewer"), FIGURES[2], []),  # "Figure 2 (a)"
    (Shown("Figure 1", "reproduced"), Figure("Figure 10", "", "<svg/>"), ["Figure 1"]),
    (Shown("Table 1", "reproduced"), Row("Table 1", "error", "8 %", "-", 0), ["Table 1"]),
])
def test_nothing_is_claimed_that_was_not_found(shown, found, claimed):
    assert overclaimed([shown], [found]) == claimed


def test_the_markdown_has_every_row_and_picture():
    files = written("x", "A paper", DATA, [ROW], FIGURES)
    text = files[PurePosixPath("x.md")]
    assert [str(path) for path in files][1:] == ["x/1-figure-1.svg", "x/2-figure-4.svg", "x/3-figure-2-a.svg",
                                                 "x/4-figure-2.svg"]
    assert all(f"]({path})" in text for path in files if path.suffix == ".svg")
    assert r"| error \| of \*one\* | 8 % | 9 % | 2 | 8 to 10 | fewer \<images\> | **does not hold** |" in text
    assert "What would change with --full: 200 epochs" in text and "a chip" in text and "arena reproduce x" in text
    assert all('xmlns="http://www.w3.org/2000/svg"' in svg for path, svg in files.items() if path.suffix == ".svg")
    whole = written("x", "A paper", {**DATA, "profile": "full"}, [], ())
    assert "What would change" not in whole[PurePosixPath("x.md")]


def test_the_index_says_what_could_not_be_played():
    entries = [papers.Entry("x", "A paper", "x/page.html", DATA), papers.Entry("y", "y", "", {}, "no data set")]
    page, text = papers.render(entries), papers.as_markdown(entries)
    assert 'href="x/page.html"' in page and "1 reproduced smaller" in page and "not played: no data set" in page
    assert "[A paper](x/page.html)" in text and "0 of 1" in text and "not played: no data set" in text
    same_shape(lambda words: papers.render([papers.Entry("x", words, "x", {**DATA, "command": words})]))


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_stand_one_above_the_other(channels):
    image = np.full((channels, 8, 8), 200, np.uint8)
    drawn = pictures({"a key": (image, image), HOSTILE: (image, image)})
    assert drawn.startswith("<svg") and Shape(drawn).count("image") == 4 and "script" not in {
        element[0] for element in Shape(drawn).elements}
