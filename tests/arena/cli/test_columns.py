"""Tables as plain text."""

from arena.cli.columns import aligned


def test_columns_are_as_wide_as_their_widest_cell():
    assert list(aligned(("a", "claim", "n"), [("long", "x", "1"), ("b", "longer", "22")])) == [
        "a     claim   n", "long  x       1", "b     longer  22"]


def test_a_row_that_ends_early_may_end_where_it_likes():
    assert list(aligned(("a", "b", "c"), [("1", "! a reason that is longer than all"), ("2", "x", "y")])) == [
        "a  b  c", "1  ! a reason that is longer than all", "2  x  y"]


def test_nothing_but_a_head():
    assert list(aligned(("a", "b"), [])) == ["a  b"]
