"""Every kind of extension as a user would write it: one file outside the packages, checked by the suite for it,
played."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import arena
from arena.base.userfiles import part_called
from arena.testing import (
    SMALL,
    check_agent,
    check_attack,
    check_forgery,
    check_network,
    check_policy,
    check_reproduction,
    check_scheme,
)

FILES = {
    "attack.py": '''
from dataclasses import dataclass
from scipy.ndimage import uniform_filter
from arena import Attack
from arena.strategies import QUERIES


@dataclass(frozen=True)
class Blur(Attack):
    """averages every queried image over windows of `size` pixels"""
    size: int = 2

    def modify_query(self, images, loot):
        return uniform_filter(images, size=(1, 1, self.size, self.size))
''',
    "scheme.py": '''
"""Pictures of noise whose labels come from a hash of the secret and of all of them."""
from dataclasses import dataclass
from typing import Annotated
import numpy as np
import torch
from arena import Scheme
from arena.forging import cost
from arena.forging.hashing import image_bytes, keyed_hash, labels
from arena.game.rarity import Hits
from arena.hosts.datasets import Samples
from arena.strategies import BlackBox
from arena.strategies.keys import Committed, Given, KeyRecord
from arena.strategies.marks import Exactly, Images


@dataclass(frozen=True)
class Key(KeyRecord):
    domain = "noise-pictures/1"
    claimant: Given[str]
    secret: Annotated[bytes, Exactly(32), Committed()]
    images: Annotated[np.ndarray, Images(most=200), Committed(image_bytes)]
    classes: Given[int]

    @property
    def labels(self):
        whole = self.claimant.encode() + b"".join(image_bytes(self.images))
        return labels(keyed_hash(self.secret, whole), len(self.images), self.classes)


@dataclass(frozen=True)
class Pictures(Scheme):
    """pictures of noise with hashed labels"""
    count: int = 20
    record = Key

    def draw_key(self, workshop):
        images = workshop.draws.numpy("pictures").integers(0, 256, (self.count, *workshop.dataset.shape), np.uint8)
        return Key(workshop.agent, workshop.draws.bytes("secret"), images, len(workshop.dataset.classes))

    def mark(self, key, workshop):
        own, images, wanted = workshop.samples, torch.from_numpy(key.images), torch.from_numpy(key.labels)
        mixed = Samples(torch.cat([own.images, images.repeat(6, 1, 1, 1)]), torch.cat([own.labels, wanted.repeat(6)]))
        return workshop.host(mixed, "marked host")

    @classmethod
    def examine(cls, claim, setting):
        key = Key.read(claim.key, setting, claimant=claim.claimant, classes=setting.classes)
        return Examined(key, cls.commitment(claim.key, claim.claimant), key.images)


@dataclass(frozen=True)
class Examined(BlackBox):
    key: Key
    commitment: str
    images: np.ndarray

    def score(self, labels, controls=None):
        return Hits(int((labels == self.key.labels).sum()), len(labels), 1 / self.key.classes)

    def forging_cost(self, evidence, setting):
        terms = cost.Terms(2, len(self.images), setting.classes, int(np.prod(setting.shape)), setting.flops)
        return cost.cheapest(terms, evidence)
''',
    "network.py": '''
from torch import nn


class Net(nn.Module):
    """two convolutions with batch norm, one fully connected layer"""

    def __init__(self, classes, shape):
        super().__init__()
        channels, high, wide = shape
        conv = nn.Conv2d(channels, 32, 3, padding=1)
        self.first = nn.Sequential(conv, nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2))
        self.second = nn.Sequential(nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU())
        self.last = nn.Linear(64 * (high // 2) * (wide // 2), classes)

    def forward(self, images):
        return self.last(self.second(self.first(images)).flatten(1))
''',
    "forgery.py": '''
from dataclasses import dataclass
from arena import Forgery
from agents.schemes.triggers.rose import Key


@dataclass(frozen=True)
class Hopeful(Forgery):
    """claims with public images and whatever labels come"""
    triggers: int = 20
    schemes = ("rose",)

    def forge(self, specimen):
        images, _ = specimen.some_images(self.triggers)
        return Key(specimen.me, 2, specimen.workshop.draws.bytes("secret"), images, specimen.classes).fields()
''',
    "policy.py": '''
from dataclasses import dataclass
from arena import Policy
from arena.evidence import Judgement


@dataclass(frozen=True)
class Rare(Policy):
    """grants what is rare"""
    bits: float = 20.0

    def judge(self, case):
        rare = case.evidence.rarity >= self.bits
        reason = f"{'granted' if rare else 'denied'}: {case.evidence.text}"
        return Judgement({"well-formed": True, "rarity": rare}, (reason,))
''',
    "role.py": '''
from dataclasses import dataclass, field
from arena import Agent
from arena.messages import Deployment, Query, Verdict


@dataclass
class Journalist(Agent):
    """asks every service once and prints every verdict"""
    asked: list = field(default_factory=list, init=False)

    def take_turn(self, turn):
        for message, deployment in turn.received(Deployment):
            self.asked.append(message.sender)
            yield from ()
        for _, verdict in turn.received(Verdict):
            print(f"{verdict.claimant} on {verdict.deployer}: {verdict.granted}")
''',
    "page.py": '''
from dataclasses import dataclass
from arena.hosts.task import Task
from arena.report.plots import lines
from arena.reproduction.reproduction import Figure, Reproduction, Row


@dataclass(frozen=True)
class Mine(Reproduction):
    """a page on nothing"""
    title = "Nobody: On Nothing"

    def task(self, quick):
        return Task(epochs=1)

    def rows(self, studio):
        shop = studio.workshop(studio.seeds[0])
        yield Row("Table 1", "accuracy", "99 %", f"{shop.accuracy(shop.unmarked_host()):.2f}", 1)
        yield Figure("Figure 1", "nothing", lines({"a": ([0, 1], [0, 1])}, "x", "y"))
''',
}
SCENARIO = """
title: everything of one's own
seed: 3
task: {dataset: digits, network: "network.py:Net", epochs: 8, rate: 2e-3, schedule: one-cycle}
agents:
  alice: {role: owner, reference: false, scheme: {"scheme.py:Pictures": {count: 24}}}
  mallory: {role: attacker, attacks: [{"attack.py:Blur": {size: 1}}]}
  eve: {role: usurper, forgery: "forgery.py:Hopeful"}
  jane: {role: "role.py:Journalist"}
  victor: {role: verifier, schemes: [rose], policy: {"policy.py:Rare": {bits: 30}}}
expect:
  alice on mallory: granted
  eve on mallory: denied for rarity
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("extensions")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "who.yaml").write_text(SCENARIO)
    return folder


def test_they_all_play_in_one_match(home, store):
    printed = []

    class Watcher:
        def entry(self, entry): ...
        def progress(self, agent, event): ...
        def printed(self, agent, text): printed.append((agent, text))

    result = arena.play(home / "who.yaml", store=store, threads=1, observer=Watcher())
    assert result.as_expected and len(result.outcomes) == 2, (result, result.faults)
    assert set(result.files) == {
        "who.yaml",
        "network.py",
        "attack.py",
        "scheme.py",
        "forgery.py",
        "policy.py",
        "role.py",
    }
    assert ("jane", "alice on mallory: True") in printed and not result.faults
    assert result.stages[-1].evidence["alice"].rarity > 30


@pytest.mark.parametrize(("name", "check"), [
    ("attack.py:Blur", check_attack), ("scheme.py:Pictures", check_scheme), ("forgery.py:Hopeful", check_forgery),
    ("policy.py:Rare", check_policy), ("role.py:Journalist", check_agent), ("page.py:Mine", check_reproduction)])
def test_each_passes_the_suite_for_its_kind(home, store, name, check):
    check(part_called(name, home)(), store)


def test_a_network_passes_the_suite_for_it(home, store):
    """By its name in a scenario, as a class at hand, on larger images too."""
    check_network("network.py:Net", store, folder=home)
    check_network(part_called("network.py:Net", home), store)
    check_network(part_called("network.py:Net", home), store, replace(SMALL, pad=12, limit=400))


BROKEN = {
    "moody": ("policy.py", "rare = case.evidence.rarity >= self.bits",
              "type(self).turns = getattr(type(self), 'turns', 0) + 1; rare = type(self).turns % 2 == 0", "Rare",
              check_policy,
              "judged differently"),
    "generous": ("policy.py", "rare = case.evidence.rarity >= self.bits", "rare = True", "Rare", check_policy,
                 "without a single hit"),
    "rowless": ("page.py", "yield Row(", "shop, Row(", "Mine", check_reproduction, "yields rows"),
    "untitled": ("page.py", 'title = "Nobody: On Nothing"', 'title = ""', "Mine", check_reproduction, "title"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_the_suite_finds_faults(home, tmp_path, store, kind):
    file, old, new, name, check, fault = BROKEN[kind]
    assert old in FILES[file]
    (tmp_path / file).write_text(FILES[file].replace(old, new))
    with pytest.raises(AssertionError, match=fault):
        check(part_called(f"{file}:{name}", tmp_path)(), store)


SUPER, FORWARD = "super().__init__()\n", "def forward(self, images):\n"
BROKEN_NETWORKS = {
    "untold": (
        SUPER,
        f"{SUPER}        self.bent = lambda x: x\n",
        "can't be kept in the store: net has hooks, or an attribute",
    ),
    "hooked": (
        SUPER,
        f"{SUPER}        self.register_forward_hook(lambda *_: None)\n",
        "can't be kept in the store: net has hooks",
    ),
    "noisy": (
        FORWARD,
        f"{FORWARD}        import numpy\n        images = images + self.training * float(numpy.random.rand())\n",
        "the same training twice gave different networks",
    ),
    "dull": ("return self.last", "return 1e-12 * self.last", "it doesn't learn: loss 2.3"),
    "late": (SUPER, f"{SUPER}        self.steps = 0\n", "what a Verifier reads from the store answers otherwise"),
    "loud": (FORWARD, f"{FORWARD}        print('x')\n", "prints when it is made or called"),
    "wrong": ("classes)\n\n", "classes + 1)\n\n", r"where float logits of shape \(3, 10\) are wanted"),
}
LATE = (f"{FORWARD}        self.steps += self.training\n"
        "        images = images * (self.steps < 9) + (1 - images) * (self.steps >= 9)\n")


@pytest.mark.parametrize("kind", BROKEN_NETWORKS)
def test_the_suite_finds_faults_of_networks(tmp_path, store, kind):
    old, new, fault = BROKEN_NETWORKS[kind]
    code = FILES["network.py"].replace(old, new)
    assert code != FILES["network.py"]
    (tmp_path / "broken.py").write_text(code.replace(FORWARD, LATE) if kind == "late" else code)
    with pytest.raises(AssertionError, match=fault):
        check_network("broken.py:Net", store, folder=tmp_path)


@pytest.mark.parametrize(
    ("network", "fault"),
    [
        ("none.py:Net", "no such file"),
        ("network.py:Nett", "did you mean 'Net'"),
        ("network.py", "is no name"),
        (5, "is no name"),
        (lambda classes: None, "is no name"),
    ],
)
def test_what_is_no_network_fails_the_suite(home, store, network, fault):
    with pytest.raises(AssertionError, match=fault):
        check_network(network, store, folder=home)


def test_a_page_of_ones_own(home, store, tmp_path):
    from tests.conftest import arena as command

    done = command("reproduce", f"{home / 'page.py'}:Mine", "--out", tmp_path / "page", "--threads", 1, store=store)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "page" / "rows.json").read_text())["rows"][0]["where"] == "Table 1"
