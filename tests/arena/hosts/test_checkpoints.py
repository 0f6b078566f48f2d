"""A training that is killed goes on from its last checkpoint, and nothing can be told from its bits, its curves or its
bill."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
import torch
from torch import nn

from arena.game import ledger
from arena.hosts import checkpoints, training, weights
from arena.hosts.checkpoints import Checkpoints
from arena.hosts.datasets import Samples
from arena.hosts.store import Store
from arena.hosts.training import Settings, Training
from arena.workshop.kept import Keeper
from tests.conftest import ROOT

COUNT, BATCH, EPOCHS = 50, 16, 3
STEPS = EPOCHS * 4
WAYS = {"adam": {}, "sgd": {"optimizer": "sgd", "rate": 0.01, "schedule": "one-cycle"},
        "plain sgd": {"optimizer": "sgd", "rate": 0.01, "momentum": 0.0}}


class Killed(BaseException):
    """What a kill looks like from within."""


def net():
    """Dropout, batch norm: what draws, and what remembers beside its weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.3), nn.Flatten(),
                             nn.Linear(288, 10))


def samples():
    draw = torch.Generator().manual_seed(5)
    return Samples(torch.randint(0, 256, (COUNT, 1, 8, 8), dtype=torch.uint8, generator=draw),
                   torch.randint(0, 10, (COUNT,), generator=draw))


def settings(way):
    return Settings(**{"epochs": EPOCHS, "batch": BATCH, "shift": 1, "flip": True, **WAYS[way]})


class Kept:
    """The last checkpoint; dies after so many."""

    def __init__(self, until=STEPS + 1):
        self.raw, self.until, self.written = None, until, 0

    def write(self, raw):
        self.raw, self.written = raw, self.written + 1
        if self.written == self.until:
            raise Killed

    def of(self):
        return Checkpoints(lambda: self.raw, self.write)


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)


def fit(model, way, kept=None):
    return training.fit(model, samples(), settings(way), torch.Generator().manual_seed(9),
                        checkpoints=kept.of() if kept else None)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("step", [1, 4, 5, STEPS - 1, STEPS])
def test_a_training_that_was_cut_off_anywhere_gives_the_same_bits(way, step):
    whole, kept, model = net(), Kept(step), net()
    history = fit(whole, way)
    with pytest.raises(Killed):
        fit(model, way, kept)
    again = Kept()
    again.raw = kept.raw
    assert fit(resumed := net(), way, again) == history
    assert again.written == STEPS - step  # what was done is not done again
    assert weights.tensors_to_bytes(resumed) == weights.tensors_to_bytes(whole)
    assert weights.tensors_to_bytes(model) != weights.tensors_to_bytes(whole) or step == STEPS


def test_other_random_state_gives_other_bits():
    """The dropout, the shifts and the order hang on what a checkpoint says of the generator: without it this fails."""
    kept = Kept(5)
    with pytest.raises(Killed):
        fit(net(), "adam", kept)
    tensors = weights.read_tensors(kept.raw, "checkpoint")
    tensors["standing/random"] = torch.Generator().manual_seed(1).get_state()
    again = Kept()
    again.raw = weights.pack(tensors)
    fit(whole := net(), "adam")
    fit(resumed := net(), "adam", again)
    assert weights.tensors_to_bytes(resumed) != weights.tensors_to_bytes(whole)


def test_nothing_is_written_before_it_is_time(monkeypatch):
    monkeypatch.setattr(checkpoints, "EVERY", 60.0)
    fit(net(), "adam", kept := Kept())
    assert kept.written == 0 and checkpoints.EVERY <= 60


def keep(folder, progress=lambda *where: None):
    """Trains through the store; gives model, curves and bill."""
    ledger.meter().watch_networks()
    model, before = net(), ledger.meter().total
    keeper = Keeper(Store(folder), b"a" * 32, torch.device("cpu"), torch.float32, 1, 0)
    curves = keeper.fit(model, samples(), Training("host", settings("adam")), 7, progress)
    return weights.tensors_to_bytes(model), curves, ledger.meter().total - before


DIE = """
import os, signal, sys
from pathlib import Path
from tests.arena.hosts import test_checkpoints as test
import torch
torch.set_num_threads(int(sys.argv[2]))
test.checkpoints.EVERY = 0.0
seen = []
write = test.Store.keep
def counted(self, *how, **facts):
    write(self, *how, **facts)
    seen.append(0)
    if len(seen) == 6:
        os.kill(os.getpid(), signal.SIGKILL)
test.Store.keep = counted
test.keep(Path(sys.argv[1]))
"""


def test_a_killed_process_leaves_its_training_to_the_next(tmp_path):
    """Killed with SIGKILL in the second epoch: the next one makes the same model, curves and bill, and clears up."""
    died = subprocess.run([sys.executable, "-c", DIE, str(tmp_path / "one"), str(torch.get_num_threads())], cwd=ROOT)
    assert died.returncode == -signal.SIGKILL
    left = [file for file in (tmp_path / "one" / "recipes").rglob("*") if file.is_file()]
    assert len(left) == 1
    seen = []
    resumed = keep(tmp_path / "one", lambda done, total, text: seen.append(done))
    whole = keep(tmp_path / "two")
    assert resumed == whole and seen == [8]  # killed in the second epoch of four batches
    both = [sorted(file.relative_to(folder / "recipes") for file in (folder / "recipes").rglob("*") if file.is_file())
            for folder in (tmp_path / "one", tmp_path / "two")]
    assert both[0] == both[1] and len(both[0]) == 1


def test_a_checkpoint_of_somebody_else_is_not_taken(tmp_path):
    """Under another seed, other data or another secret there is none."""
    keeper = Keeper(Store(tmp_path), b"a" * 32, torch.device("cpu"), torch.float32, 1, 0)
    keeper._checkpoints({"fit": 1}, ledger.meter().total).write(b"mine")
    other = Keeper(Store(tmp_path), b"b" * 32, torch.device("cpu"), torch.float32, 1, 0)
    reads = [each._checkpoints({"fit": what}, ledger.meter().total).read() for each, what in
             ((keeper, 1), (keeper, 2), (other, 1))]
    assert [raw is None for raw in reads] == [False, True, True]
