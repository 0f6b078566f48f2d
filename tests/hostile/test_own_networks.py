"""A match whose host is a network of the user's own: strangers' files are never imported, whatever weights say, and a
network that misbehaves costs its agents their turn, not the arena its match."""

import re

import pytest

import arena
from arena.game.transcript import read
from tests.conftest import command

NET = '''
import os
import torch
from torch import nn


class Net(nn.Module):
    """two convolutions and a layer"""

    def __init__(self, classes, shape):
        super().__init__()
        {made}
        self.one, self.two = nn.Conv2d(shape[0], 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.norms = nn.ModuleList([nn.BatchNorm2d(16), nn.BatchNorm2d(32)])
        self.last = nn.Linear(32 * (shape[1] // 2) * (shape[2] // 2), classes)

    def forward(self, images):
        {called}
        first = nn.functional.max_pool2d(self.norms[0](self.one(images)).relu(), 2)
        return self.last(self.norms[1](self.two(first)).relu().flatten(1))
'''
EVIL = '''
import dataclasses
import torch
from dataclasses import dataclass
from agents.roles.attacker import Attacker
from arena.hosts.networks import build
from arena.messages import Demand, Disclosure, Envelope, Release
from arena.hosts.weights import to_bytes


def strange(turn, **changes):
    """A model in the store whose header says another network."""
    network = build(turn.workshop.architecture, torch.Generator().manual_seed(1))
    network.architecture = dataclasses.replace(network.architecture, **changes)
    return turn.workshop.store.put(to_bytes(network))


@dataclass
class Stranger(Attacker):
    """releases and discloses models that name networks of his own"""
    network: str = ""
    source: str = ""
    classes: int = 10

    def take_turn(self, turn):
        said = {"network": self.network or turn.workshop.architecture.network, "classes": self.classes,
                "source": self.source or turn.workshop.architecture.source}
        if not self._stages:
            yield Release(strange(turn, **said))
        for each in super().take_turn(turn):
            if isinstance(each, Envelope) and isinstance(each.body, Disclosure):
                each = Envelope(each.to, dataclasses.replace(each.body, model=strange(turn, **said)))
            yield each
'''
SCENARIO = '''
title: a network of one's own
seed: 11
task: {{dataset: digits, network: "mynet.py:Net", epochs: 4, rate: 2e-3, schedule: one-cycle, limit: 600}}
limits: {{turn: 60, quiet: 20, memory: 2 GiB}}
agents:
  evil: {{role: {evil}, steals: alice}}
  alice: {{role: owner, reference: false, scheme: {{uchida: {{layer: two, bits: 64, strength: 0.1}}}}}}
  mallory: {{role: attacker, steals: alice}}
  victor: {{role: verifier, policy: {{rarity: 20, work: 0, chosen-keys: true}}}}
'''


@pytest.fixture
def home(tmp_path):
    def written(made="pass", called="pass", evil="attacker", head="", **files):
        (tmp_path / "mynet.py").write_text(head + NET.format(made=made, called=called))
        (tmp_path / "evil.py").write_text(EVIL)
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        (tmp_path / "s.yaml").write_text(SCENARIO.format(evil=evil))
        return tmp_path / "s.yaml"
    return written


def verdicts(result):
    return {(v.claimant, v.deployer): v for v in result.verdicts}


def test_it_plays_the_same_whoever_trained_before(home, tmp_path):
    path = home()
    first, again = (arena.play(path, store=tmp_path / store, threads=1, out=tmp_path / f"run-{n}")
                    for n, store in enumerate(("one", "one")))
    other = arena.play(path, store=tmp_path / "two", threads=1)
    assert first.transcript == again.transcript == other.transcript and not first.faults
    assert verdicts(first)["alice", "mallory"].granted and first.files.keys() == {"s.yaml", "mynet.py"}
    done = command("replay", tmp_path / "run-0", store=tmp_path / "one")
    assert done.returncode == 0 and "the same" in done.stdout
    home(called="images = images * 1.0")
    done = command("replay", tmp_path / "run-0", store=tmp_path / "one")
    assert done.returncode == 1 and "mynet.py (changed)" in done.stdout and "different from line" in done.stdout


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ("network: 'stranger.py:Net'", r"'stranger\.py:Net' is no network that the scenario names"),
        ("network: 'stranger:Net'", r"'stranger:Net' is no network that the scenario names"),
        ("network: './mynet.py:Net'", r"'\./mynet\.py:Net' is no network that the scenario names"),
        (f"source: '{'0' * 64}'", ""),
        ("classes: 11", ""),
        ("classes: 100000", ""),
        ("network: digits-cnn", r"lacks or adds something"),
    ],
)
def test_no_strangers_file_is_imported_whatever_weights_say(home, tmp_path, changes, fault):
    """He releases such a model first of all, and discloses it when the Verifier demands his weights."""
    store = tmp_path / "store"
    loud = f"open({str(store / 'imported')!r}, 'w').close()\n{NET.format(made='pass', called='pass')}"
    result = arena.play(
        home(evil=f"'evil.py:Stranger', {changes}", stranger=loud), store=store, threads=1, out=tmp_path / "run"
    )
    assert not (store / "imported").exists() and result.status == "finished"
    found = verdicts(result)
    assert found["alice", "mallory"].granted and not found["alice", "mallory"].case.undisclosed
    assert "adverse: " in found["alice", "evil"].reasons[0]  # what can't be read is as if it hadn't been shown
    assert all(f.agent == "evil" for f in result.faults)
    assert {f.turn > 3 for f in result.faults} == ({False, True} if fault else set())  # both were refused, or neither
    assert all(re.search(fault, f.reason) and not f.left for f in result.faults)


def test_a_network_that_exits_for_another_number_of_classes_costs_its_discloser_the_claim(home, tmp_path, store):
    """The Verifier must make it to read it: what it raises there is the weights' fault, not his end."""
    for trap in ("raise SystemExit('trap')", "raise RecursionError", "raise type('E', (BaseException,), {})('x')"):
        path = home(made=f"\n        if classes == 11: {trap}", evil="'evil.py:Stranger', classes: 11")
        result = arena.play(path, store=store, threads=1)
        found = verdicts(result)
        assert found["alice", "mallory"].granted and "adverse: " in found["alice", "evil"].reasons[0]
        assert not result.faults, result.faults


AGENT = "os.environ.get('ARENA_KERNELS')"
"""Set in an agent's process alone: behaves where it is tried, and not in the match."""


@pytest.mark.parametrize(("where", "code", "reason"), [
    ("made", f"if {AGENT}: raise SystemExit('no')", r"mynet\.py:Net can't be made .*SystemExit: no \(mynet\.py:\d+\)"),
    ("made", f"if {AGENT}: os._exit(3)", r"its process ended with code 3"),
    ("called", f"if {AGENT}: return images", r"\w+Error"),
    ("called", f"if {AGENT}: raise KeyError('q')", r"KeyError: 'q'"),
    ("called", f"if {AGENT} and self.training: self.__dict__['huge'] = torch.zeros(1 << 34)", r"allocate|memory"),
    ("called", f"while {AGENT}: pass", r"it gave no sign of life for 3 s"),
])
def test_one_that_behaves_until_the_match_ends_its_agents_and_not_the_arena(home, store, tmp_path, where, code, reason):
    path = home(**{where: code})
    result = arena.play(path, store=store, threads=1, out=tmp_path / "run", changes={"limits.quiet": 3})
    assert result.status == "finished" and not any(v.granted for v in result.verdicts)
    left = {f.agent: f.reason for f in result.faults if f.left}
    assert "alice" in left and all(re.search(reason, why) for why in left.values()), left
    assert read(tmp_path / "run").status == "finished"


@pytest.mark.parametrize(("where", "code"), [
    ("head", "print('x' * 10_000_000, flush=True)\n"),
    ("made", f"if {AGENT}: print('x' * 10_000_000)"), ("called", f"if {AGENT}: [print(n) for n in range(1000)]")])
def test_one_that_shouts_is_heard_within_bounds(home, store, where, code):
    lines = []

    class Watcher:
        def entry(self, entry): ...
        def progress(self, agent, event): ...
        def printed(self, agent, text): lines.append((agent, text))

    code = f"import os\n{code}" if where == "head" else code
    result = arena.play(home(**{where: code}), store=store, threads=1, observer=Watcher())
    assert verdicts(result)["alice", "mallory"].granted and not result.faults
    assert 0 < len(lines) <= 200 * 4 and max(len(text) for _, text in lines) <= 200
