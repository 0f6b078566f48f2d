"""What is shown while matches are played: lines off a terminal, one that changes on it, what failed."""

import re
import sys

import pytest

from arena.cli import watching
from arena.cli.watching import watch
from arena.tournament.cells import Cell
from arena.tournament.rows import Row

CELL = Cell("digits", "rose", "prune")
ROWS = [Row("a", CELL, 1, "finished"), Row("b", CELL, 2, "late", error="too \x1b[2Jslow"),
        Row("c", CELL, 3, "finished")]


class Matches:
    """Three matches, of which the second failed; stopped after so many."""

    folder = "runs/x"

    def __init__(self, stop=9):
        self.done, self.stop = [], stop

    def play(self):
        for row in ROWS:
            if len(self.done) == self.stop:
                raise KeyboardInterrupt
            self.done.append(row)
            yield row

    def results(self):
        return self.done


def test_lines_off_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(watching, "EVERY", 0.0)
    heard = []
    watch(Matches(), 2, lambda cell: cell.scheme, lambda: "going on", lambda: heard.append(1))
    lines = [re.sub(r"[0-9.]+ (a second|min)", r"x \1", line) for line in capsys.readouterr().out.splitlines()]
    assert lines == ["1 of 2 matches, x a second, x min left", "! rose, seed 2: late: too \\u001b[2Jslow",
                     "2 of 2 matches, x a second, going on", "3 of 3 matches, x a second, going on"]
    assert len(heard) == 4


def test_now_and_then_off_a_terminal(capsys):
    watch(Matches(), 3, lambda cell: cell.scheme)
    assert [line[:6] for line in capsys.readouterr().out.splitlines()] == ["1 of 3", "! rose"]


def test_one_line_that_changes_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(watching, "OFTEN", 0.0)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    watch(Matches(), 3, lambda cell: cell.scheme)
    assert capsys.readouterr().out.count("\r") == 3


def test_who_stops_it_is_told_the_command(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/arena", "sweep", "who.yaml", "--vary", "a=[1, 2]"])
    with pytest.raises(KeyboardInterrupt):
        watch(Matches(1), 3, lambda cell: cell.scheme)
    assert capsys.readouterr().out.endswith(
        "\nstopped: what is finished is in runs/x; to go on: arena sweep who.yaml --vary 'a=[1, 2]'\n")
