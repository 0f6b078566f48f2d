"""What is asked of a network of the user's own is what those of the library give. What it finds in others:
tests/arena/scenario/test_own_network.py."""

import contextlib
import io

import pytest
import torch

from arena.base.errors import ArenaError
from arena.hosts import trial
from arena.hosts.architecture import Architecture
from arena.hosts.networks import NETWORKS, build
from arena.hosts.trial import Ear, try_out


@pytest.mark.parametrize("name", [*NETWORKS, "squeezenet1_1", "mobilenet_v2"])
def test_our_own_networks_pass(name):
    doing = []
    try_out(Architecture(name, 10, (3, 32, 32)), doing.append)
    assert doing == ["made", "called", "trained", "saved and loaded"]


def test_nothing_outside_is_moved():
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try_out(Architecture("digits-cnn", 10, (1, 8, 8)))
    assert torch.equal(state, torch.get_rng_state()) and threads == torch.get_num_threads() and said.getvalue() == ""


def test_a_network_that_was_damaged_on_the_way_is_seen(monkeypatch):
    """Each step sees what it is for, also in a network of the library."""
    arch = Architecture("digits-cnn", 10, (1, 8, 8))
    monkeypatch.setattr(trial.weights, "from_bytes", lambda raw, source: build(arch, torch.Generator().manual_seed(7)))
    with pytest.raises(ArenaError, match="answers otherwise once it was saved and loaded"):
        try_out(arch)


def test_an_ear_keeps_the_beginning_alone():
    ear = Ear()
    assert [ear.write("x" * 1000), ear.write("y"), ear.write("")] == [1000, 1, 0] and ear.heard == "x" * 200
    print("a", 5, file=ear)
    quiet = Ear()
    print("a", 5, file=quiet)
    assert quiet.heard == "a 5\n"
