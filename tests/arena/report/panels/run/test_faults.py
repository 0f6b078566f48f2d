"""Who left, and what was refused."""

from arena.match.books import Fault
from arena.report.panels.run import faults
from tests.arena.report.panels.shape import Shape, same_shape


def test_it_applies_where_there_are_any(run_of):
    assert not faults.applies(run_of())
    assert faults.applies(run_of(faults=(Fault(0, "eve", True, "boom"),)))
    assert faults.applies(run_of(faults=(Fault(0, "eve", False, "no"),)))


def test_who_left_when_and_what_was_refused(run_of):
    found = (
        Fault(3, "eve", True, "boom"),
        Fault(-1, "rex", True, "no sign of life"),
        Fault(2, "bob", False, "no verdict"),
    )
    shape = Shape(faults.draw(run_of(faults=found)))
    assert shape.text.strip().startswith("eve left the play in turn 3: boom\nrex left the play: no sign of life\n")
    assert shape.rows[1:] == [["bob", "2", "no verdict"]]


def test_no_table_without_refusals_and_its_end_is_told(run_of):
    assert "<table" not in faults.draw(run_of(faults=(Fault(0, "eve", True, "boom"),)))
    for count, more in ((50, ""), (51, "and 1 more"), (167, "and 117 more")):
        html = faults.draw(run_of(faults=tuple(Fault(n, "eve", False, f"no {n}") for n in range(count))))
        assert [row[2] for row in Shape(html).rows[1:]] == [f"no {n}" for n in range(min(count, 50))]
        assert f'<p class="soft">{more}</p>' in html if more else "more" not in html


def test_details_are_for_the_author_and_not_on_the_page(run_of):
    assert "secret.py" not in faults.draw(run_of(faults=(Fault(0, "eve", True, "boom", "secret.py, line 5"),)))


def test_hostile_words(run_of):
    same_shape(lambda text: faults.draw(run_of(faults=(Fault(0, text, True, text), Fault(0, text, False, text)))))
