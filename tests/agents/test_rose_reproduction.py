"""ROSE's page: the paper's 48 range ends follow from its recoveries, each printed cell has a row with a figure or a
reason, and the targets can be missed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.reproductions import _rose_hosts as hosts
from agents.reproductions import rose
from agents.reproductions._rose_printed import COUNTS, SETS, lines
from arena.hosts import networks
from arena.hosts.architecture import Architecture
from arena.hosts.task import Task
from arena.reproduction.reproduction import Figure, Row, Studio, borne_out
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
    """Digits in the place of every set, one epoch, two rates, a few tries; no weights to transfer."""
    tasks = {name: Task(dataset="digits", network="digits-cnn", epochs=1) for name in SETS[:3]}
    monkeypatch.setattr(hosts, "QUICK", {**tasks, "transfer": hosts.QUICK["transfer"]})
    for module in (rose, hosts):
        monkeypatch.setattr(module, "RATES", (0.0, 0.99))
    for name, less in {"OTHER": {"epochs": 1}, "REACHED": 6.0, "TRIES_SECONDS": 0.1, "MEMORY": 2**5}.items():
        monkeypatch.setattr(hosts, name, less)


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
    assert len(forged) == 4 * 7 and sum("level 3 forged" in row.what for row in forged) == 7
    assert all(rose.WEIGHTS in row.differs for row in cells if "transfer" in row.what)
    told = borne_out(rose.Rose().shown(True), found)
    assert [each.where for each in told] == ["Table I", "Table II", *(f"Figure {n}" for n in (1, 2, 3, 4))]
    assert {each.state for each in told} == {"smaller"}
    assert "triggers' median margin" in "".join(row.what for row in found if isinstance(row, Row))


def test_a_decision_on_features_that_others_learnt(small, tmp_path, monkeypatch):
    """The weights lie where the data do; the mark goes into the decision alone."""
    weights = networks.build(Architecture("squeezenet1_1", 2, (3, 32, 32)), torch.Generator().manual_seed(5))
    state = weights.features[1].model.state_dict()
    np.savez(tmp_path / hosts.WEIGHTS, **{name: tensor.numpy() for name, tensor in state.items()})
    task = replace(hosts.QUICK["transfer"], dataset="digits", resize=32, limit=100, epochs=2)
    monkeypatch.setitem(hosts.QUICK, "transfer", task)
    studio = Studio(Task(), Options(str(tmp_path), str(tmp_path), threads=1), True, (1,), say=lambda line: None)
    assert rose._missing(studio, "transfer") == "" and rose._seconds(studio, ("transfer", 1, 40, "paper")) > 0
    host = hosts.Marked(studio, ("transfer", 1, 20, "paper")).host
    assert all(torch.equal(tensor, state[name]) for name, tensor in host.features[1].model.state_dict().items())
    (tmp_path / hosts.WEIGHTS).unlink()
    assert rose._missing(studio, "transfer") == f"the weights {hosts.WEIGHTS} are not in the folder of the data sets"


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
