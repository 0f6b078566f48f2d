"""The page of a comparison: a table for each kind of figure, rows that differ marked, nothing said is code."""

from arena.match.comparison import Comparison
from arena.match.result import VERSION, AccuracyRecord, Result
from arena.report.comparison import render
from arena.report.panels.comparison import tables
from tests.arena.report.panels.shape import Shape, same_shape


def result(title="a", seed=1, marked=0.9):
    return Result(VERSION, "finished", {"title": title, "seed": seed}, "who.yaml", {}, {}, {}, {},
                  accuracies=(AccuracyRecord("alice", marked, 0.95),))


def test_tables_with_a_column_for_each_result():
    page = Shape(tables.draw(Comparison(("one", "other"), (result(), result(seed=2)))))
    assert page.rows == [["", "one", "other"], ["seed", "1", "2"], ["ended", "finished", "finished"],
                         ["path", "one", "other"], ["seed", "1", "2"],
                         ["owner", "one", "other"], ["alice", "95.0 %, 90.0 %", "95.0 %, 90.0 %"]]
    assert page.elements.count(("tr", "class")) == 2, "both rows of the seed differ"


def test_the_page():
    text = render(Comparison(("one", "other"), (result(), result())))
    assert "<h1>one, other: side by side</h1>" in text and "can&#39;t be drawn" not in text
    assert "What differs" not in text


def test_nothing_that_is_said_is_code():
    same_shape(lambda text: tables.draw(Comparison(("one", "other"), (result(text), result()))))
