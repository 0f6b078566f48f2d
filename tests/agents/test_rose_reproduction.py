"""ROSE's page: the paper's 48 range ends follow from its recoveries, each printed cell has a row with a figure or a
reason, and the targets can be missed."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from agents.reproductions import _rose_hosts as hosts
from agents.reproductions import rose
from agents.reproductions._rose_printed import COUNTS, SETS, lines
from arena.hosts.task import Task
from arena.reproduction.reproduction import Figure, Row, Studio
from arena.workshop.options import Options

CELLS = hosts.Cells((0.9, 6), 2.0, dict.fromkeys(hosts.ATTACKS, (0.895, 52)))


def test_all_48_printed_ends_follow_from_the_recoveries_rounded_up():
    """With the whole number of matches that a recovery stands for, ten of them don't."""
    ends = [(line.ends[end], *line.ours(end)) for line in lines() for end in (0, 1)]
    assert len(ends) == 48 and {(line.name, line.count) for line in lines()} == {(n, c) for n in SETS for c in COUNTS}
    assert [math.floor(up) for _, _, up, _ in ends] == [printed for printed, *_ in ends]
    assert sum(math.floor(whole) == printed for printed, _, _, whole in ends) == 38


@pytest.fixture
def small(monkeypatch):
    """Digits in the place of every set, one epoch, two rates."""
    tasks = {name: Task(dataset="digits", network="digits-cnn", epochs=1)
             for name in ("mnist", "fashion-mnist", "cifar10")}
    for module in (rose, hosts):
        monkeypatch.setattr(module, "QUICK", tasks)
        monkeypatch.setattr(module, "RATES", (0.0, 0.99))
    monkeypatch.setattr(hosts, "OTHER", {"epochs": 1})
    monkeypatch.setattr(rose, "_missing", lambda studio, name: rose.TRANSFER if name == "transfer" else "")


def test_every_printed_cell_has_a_figure_or_a_reason(small, tmp_path):
    studio = Studio(Task(), Options(str(tmp_path), threads=1), True, (1,), say=lambda line: None)
    found = list(rose.Rose().rows(studio))
    cells = [row for row in found if isinstance(row, Row) and row.what.endswith("accuracy; recovery (%)")]
    assert len(cells) == len({(row.where, row.what) for row in cells}) == 12 * (1 + 4 + 5)
    assert {row.n for row in cells} == {0, 1} and all(row.n or row.differs for row in cells)
    assert sum(row.n for row in cells) == 7 * 10  # cifar10 at 128 alone, no transfer
    figures = [item for item in found if isinstance(item, Figure)]
    assert [figure.where for figure in figures] == ["Figure 1", "Figure 2", "Figure 3", "Figure 4"]
    forged = [row for row in found if isinstance(row, Row) and "forged: matches" in row.what]
    assert len(forged) == 2 * 7
    assert "triggers' median margin" in "".join(row.what for row in found if isinstance(row, Row))


@pytest.mark.parametrize(("hits", "accuracy", "held"), [(52, 0.895, [True, True]), (51, 0.895, [False, True]),
                                                        (52, 0.889, [True, False])])
def test_what_is_asked_for_can_be_missed(tmp_path, hits, accuracy, held):
    """80 % of 64 is 51.2; a point of accuracy may be lost."""
    studio = Studio(Task(), Options(str(tmp_path), threads=1), True, (1,))
    cells = replace(CELLS, after=dict.fromkeys(hosts.ATTACKS, (accuracy, hits)))
    found = {("mnist", 1, count, "paper"): cells for count in COUNTS}
    line, = (line for line in lines() if (line.table, line.name, line.count) == ("Table I", "mnist", 64))
    rows = [row for row in rose.Rose()._line(studio, line, found, {}) if row.holds is not None]
    lost, = (row for row in rose.Rose()._hosts(studio, ["mnist"], found) if "s = 64" in row.what)
    assert len(rows) == 3 and {row.holds for row in rows} == {held[0]} and lost.holds is held[1]
