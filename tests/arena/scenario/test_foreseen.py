"""What is said before a match is checked: hosts by the cast, their cost as it is counted, nothing of what is wrong."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from agents.roles.owner import Owner
from arena.game.ledger import flops
from arena.hosts.architecture import Architecture
from arena.hosts.data.known import KNOWN
from arena.hosts.networks import NETWORKS, build
from arena.hosts.training import Settings
from arena.scenario import foreseen as told
from arena.scenario.foreseen import foreseen
from tests.conftest import ROOT, TINY, command

QUICK = {"task": {"epochs": 16, "limit": 400},
         "agents": {"alice": {"role": "owner", "scheme": "rose"}, "bob": {"attacks": ["independent-host", "jpeg"]},
                    "carl": {"scheme": {"content": {}}, "reference": False}, "mallory": {"attacks": [{"prune": {}}]}}}


@pytest.mark.parametrize("network", NETWORKS)
def test_the_cost_a_pixel_is_about_what_is_counted(network):
    for shape in ((1, 28, 28), (3, 32, 32)):
        counted = flops(build(Architecture(network, 10, shape), torch.Generator().manual_seed(0)).eval(), shape)
        assert 1 / 1.8 < told.PIXEL[network] * shape[1] * shape[2] / counted < 1.8


def test_what_tasks_and_owners_are_unless_they_say_otherwise():
    assert Settings().epochs == told.EPOCHS and Owner(None).reference and set(told.SETS) == set(KNOWN)


def test_it_names_hosts_and_multiplies(monkeypatch):
    """4 hosts, 16 epochs, 320 images of 64 pixels, three passes: 4 * 16 * 320 * 64 * 3 * 77e3 FLOPs are 303 GFLOP."""
    monkeypatch.setattr(told, "rate", lambda: 1e10)
    assert foreseen(QUICK) == ("trains digits-cnn for digits, 16 epochs of 320 images: hosts: 2 for alice, 1 for bob, "
                               "1 for carl; about 30 s, less what the store has")
    monkeypatch.setattr(told, "rate", lambda: 3.03e11)
    assert "about 1 s" in foreseen(QUICK)


def test_who_forges_a_scheme_trains_no_host_for_it():
    eve = {"role": "usurper", "scheme": "uchida", "forgery": "grind-seed"}
    assert foreseen({**QUICK, "agents": {"eve": eve}}) == ""


def test_the_rate_is_this_machines():
    assert 1e8 < told.rate() < 1e14


def test_a_set_of_ones_own_is_measured_by_its_header(tmp_path, monkeypatch):
    monkeypatch.setattr(told, "rate", lambda: 1e6)
    np.savez(tmp_path / "mine.npz", train_images=np.zeros((50, 9, 7, 1), np.uint8))
    task = {"dataset": "mine", "epochs": 1}
    assert "of 40 images" in (line := foreseen({**QUICK, "task": task}, tmp_path)) and "about 2,330 s" in line
    for place in (None, tmp_path / "nowhere"):
        assert foreseen({**QUICK, "task": task}, place).endswith("1 for carl; how long, the first epoch shows")
    (tmp_path / "mine.npz").write_bytes(b"PK")
    assert "first epoch" in foreseen({**QUICK, "task": task}, tmp_path)


@pytest.mark.parametrize("wrong", [None, 5, [], {}, {"agents": 5}, {"agents": {"alice": 5}}, {"agents": []},
                                   {"agents": {"a": {"attacks": 5}}}, {"agents": {"a": {"attacks": [5, None, []]}}},
                                   {"task": 5, "agents": {"a": {"scheme": ""}}}])
def test_what_is_wrong_says_nothing(wrong):
    assert foreseen(wrong) == ""


@pytest.mark.parametrize("task", [5, [], {"epochs": "x"}, {"epochs": -1}, {"limit": []}, {"dataset": {}},
                                  {"dataset": "../x\0"}, {"network": 5}, {"network": "mine.py:Net"}])
def test_a_wrong_task_still_gives_a_line(task):
    assert foreseen({**QUICK, "task": task}).startswith("trains ")


def test_it_is_the_second_line_of_a_run_before_anything_is_checked(tmp_path, tiny):
    tiny.write_text(TINY.replace("triggers: 10", "trigers: 10"))
    done = command("run", tiny, "--out", tmp_path / "run", "--set", "task.epochs=3")
    title, line = done.stdout.splitlines()
    assert title == "tiny" and re.fullmatch(r"  trains digits-cnn for digits, 3 epochs of 320 images: hosts: 1 for "
                                            r"alice; about \d+ s, less what the store has", line)
    assert done.returncode == 2 and "trigers" in done.stderr
    tiny.write_text("agents: [")
    done = command("run", tiny)
    assert not done.stdout and done.returncode == 2


def test_it_needs_no_torch():
    code = ("import sys; from arena.scenario.foreseen import foreseen; foreseen({'agents': {'a': {'scheme': 'x'}}}); "
            "sys.exit('torch' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
