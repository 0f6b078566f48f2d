"""Rows, the paper's number beside ours."""

from arena.report.panels.reproduction import rows
from tests.arena.report.panels.shape import Shape, same_shape


def test_a_page_goes_by_the_papers_order(row):
    found = rows.sections(
        [row(where) for where in ("scenario", "4.2", "-", "Table 10", "Figure 2", "Table 2", "Table 10")]
    )
    assert [(heading, len(inner)) for heading, inner in found] == [
        ("Table 2", 1), ("Table 10", 2), ("Figure 2", 1), ("Section 4.2", 1), ("Not in the paper", 1), ("Scenarios", 1)]


def test_what_was_not_played_comes_last(row):
    (_, found), = rows.sections([row("Table 1", what="a", n=0), row("Table 1", what="b"), row("Table 1", what="c", n=0),
                                 row("Table 1", what="d")])
    assert [each.what for each in found] == ["b", "d", "a", "c"]


def test_what_holds_what_does_not_and_what_was_not_asked(reproduced, row):
    html = rows.draw(reproduced([row(holds=True), row(holds=False), row()]))
    assert html.count('<span class="ok">holds</span>') == 1 and html.count('<span class="no">does not hold</span>') == 1
    assert Shape(html).count("tr") == 4 and html.count("<h2>") == 1 and Shape(html).count("span") == 2


def test_no_rows_no_table(reproduced):
    assert Shape(rows.draw(reproduced())).elements == []


def test_hostile_words(reproduced, row):
    same_shape(
        lambda text: rows.draw(
            reproduced([row(f"Table {text}", what=text, paper=text, ours=text, spread=text, differs=text)])
        )
    )


BRIEF, REST = "3,200 images, 6 epochs in one cycle", "best of 6 epochs, on 1,000 test images"


def test_a_condition_that_many_rows_share_is_told_once_and_stands_on_every_row(reproduced, row):
    many = [row(differs=f"{BRIEF}; number {n}") for n in range(rows.OFTEN)] + [row(differs=REST)]
    assert rows.conditions(many) == {BRIEF: "a"} and rows.conditions(many[1:]) == {}
    assert [rows.lettered(each.differs, {BRIEF: "a"}) for each in many] == [
        *(f"a; number {n}" for n in range(rows.OFTEN)), REST]
    html = rows.draw(reproduced(many))
    assert html.count(BRIEF) == 1 and html.count(REST) == 1 and html.count(">a; number ") == rows.OFTEN
    assert "<h2>Conditions</h2>" not in rows.draw(reproduced(many[1:]))


def test_short_words_are_no_conditions(row):
    assert rows.conditions([row(differs="64 asked for")] * 9) == {}


def test_there_are_no_more_letters_than_the_alphabet_has(row):
    told = rows.conditions([row(differs=f"a condition, and quite a long one: {n}") for n in range(40)] * rows.OFTEN)
    assert len(told) == 26 == len(set(told.values()))
