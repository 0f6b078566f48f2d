"""Every kind of extension as a user would write it (docs/extending.md): one file outside the packages, checked by the
suite for it, played."""

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
from tests.docs.pages import DOCS, examples

FILES = examples(DOCS / "extending.md")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("extensions")
    for name, text in FILES.items():
        (folder / name).write_text(text)
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
        "blur.py",
        "scheme.py",
        "forgery.py",
        "policy.py",
        "role.py",
    }
    assert ("jane", "alice on mallory: True") in printed and not result.faults
    assert result.stages[-1].evidence["alice"].rarity > 30


@pytest.mark.parametrize(("name", "check"), [
    ("blur.py:Blur", check_attack), ("scheme.py:Pictures", check_scheme), ("forgery.py:Hopeful", check_forgery),
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
