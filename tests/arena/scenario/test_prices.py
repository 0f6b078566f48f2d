"""What a match will take: attacks and forgeries by what their sources say, memory, data that isn't here."""

import subprocess
import sys
from dataclasses import MISSING, fields

import numpy as np
import pytest

from arena.scenario import foreseen, prices
from arena.scenario.prices import duration, fetched, lines, price, size
from arena.strategies import find
from arena.strategies.catalogue import built_in, defaults
from tests.conftest import ROOT, command

TASK = {"dataset": "digits", "network": "digits-cnn", "epochs": 2, "limit": 400}
STEP = 40 * 64 * 77e3 * 3 / 1e9
"""Seconds of an epoch over the thief's 40 images, at the rate that tests set."""


@pytest.fixture(autouse=True)
def rates(monkeypatch):
    """A billion FLOPs, a million compressions a second."""
    monkeypatch.setattr(prices, "rate", lambda: 1e9)
    monkeypatch.setattr(foreseen, "rate", lambda: 1e9)
    monkeypatch.setattr(prices, "hashes", lambda: 1e6)


def match(**agents):
    return {"task": TASK, "agents": agents, "limits": {"memory": 2.0**32}}


@pytest.mark.parametrize(("attacks", "epochs"), [
    (["fine-tune"], 30), ([{"fine-tune": {"epochs": 3}}], 3), (["jpeg", "quantize"], 0), (["prune"], 0),
    ([{"prune": {"retrain": 4}}, {"transfer": {"dataset": "digits"}}], 9), (["independent-host"], 0), (None, 0),
    ([{"tuned": {"attack": {"prune": {"retrain": 2}}, "search": {"rate": [0, 1]}}}], 20),
    ([{"tuned": {"attack": "fine-tune", "trials": 2}}], 60),
    ([{"ensemble-of-thieves": {"attacks": [{"fine-tune": {"epochs": 1}}, "quantize", {"prune": {"retrain": 1}}]}}], 2)])
def test_attacks_cost_their_epochs(attacks, epochs):
    found = price(match(mallory={"role": "attacker", "attacks": attacks}))
    assert found.agents.get("mallory", 0) == pytest.approx(epochs * STEP) and not found.unknown


def test_a_thief_trains_on_the_samples_that_he_says_he_has():
    found = price(match(mallory={"attacks": [{"fine-tune": {"epochs": 1}}], "samples": 200}))
    assert found.agents["mallory"] == pytest.approx(5 * STEP)


@pytest.mark.parametrize("attack", ["autoencoder", "mine.py:Mine", {"tuned": {"attack": "mine.py:Mine"}}])
def test_what_no_flops_tell_is_named(attack):
    found = price(match(eva={"attacks": ["jpeg", attack]}))
    assert found.unknown == (f"{attack if isinstance(attack, str) else 'tuned'} of eva",) and not found.agents
    told = next(line for line in lines(match(eva={"attacks": [attack]})) if "not foreseen" in line)
    assert told.startswith("attacks and forgeries: not foreseen: ")


@pytest.mark.parametrize(("forgery", "seconds"), [
    ("grind", 2**22 * 4 / 1e6), ({"grind": {"tries": "2^10"}}, 2**10 * 4 / 1e6), ("natural", 0), ("replay", 0),
    ("multi-target", 2**16 * 4 / 1e6), ({"adversarial": {"steps": 10, "triggers": 20}}, 200 * 64 * 77e3 * 3 / 1e9),
    ({"false-claim": {"steps": 10, "triggers": 20, "surrogates": 3}}, 4 * 200 * 64 * 77e3 * 3 / 1e9 + 3 * 2 * STEP),
    ({"grind": {"level": 3}}, None), ("grind-seed", None), ("mine.py:Mine", None)])
def test_forgeries_cost_tries_and_steps(forgery, seconds):
    found = price(match(eve={"role": "usurper", "forgery": forgery}))
    assert found.agents.get("eve", 0) == pytest.approx(seconds or 0) and bool(found.unknown) == (seconds is None)


@pytest.mark.parametrize("kind", ["attacks", "forgeries"])
def test_sources_tell_the_defaults_that_classes_have(kind):
    """Every plain one: nothing is imported to find them."""
    for name in built_in(kind):
        plain = {f.name.replace("_", "-"): f.default for f in fields(find(kind, name)) if f.default is not MISSING}
        told = defaults(kind, name)
        assert told == {word: plain[word] for word in told}, name
        assert {word for word in plain if word in ("epochs", "retrain", "tries", "steps", "trials")} <= set(told), name
    assert defaults(kind, "mine.py:Mine") == {}


def test_hosts_cost_as_foreseen():
    found = price(match(alice={"scheme": "rose"}, bob={"attacks": ["independent-host"]}))
    assert found.hosts == 3 and found.host == pytest.approx(2 * 320 * 64 * 77e3 * 3 / 1e9)
    assert found.seconds == pytest.approx(3 * found.host)


def test_memory_grows_with_agents_and_data(tmp_path):
    """200 MiB, 75 for each agent, and 1.3 times the pixels, three colours where the set has them."""
    two, four = (price(match(**{name: {} for name in names})).memory for names in ("ab", "abcd"))
    assert four - two == pytest.approx(2 * (75 * 2**20 + 1.3 * 64 * 1438)) and two > 350 * 2**20
    colour = {**match(a={}), "task": {"dataset": "cifar10"}}
    assert price(colour, tmp_path).memory - 275 * 2**20 == pytest.approx(1.3 * 50_000 * 1024 * 3)
    told = next(line for line in lines(match(**{name: {} for name in "abcdefgh"})) if line.startswith("memory"))
    assert told == "memory: about 800 MiB, and more while networks are trained; no agent has more than 4 GiB " \
                   "(limits.memory)"


def test_data_that_is_not_here_is_named_with_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.delenv("ARENA_DATA", raising=False)
    plain = {"task": {"dataset": "cifar10"}, "agents": {"m": {"attacks": [{"transfer": {"dataset": "mnist"}}]}}}
    found = list(fetched(plain, tmp_path, tmp_path))
    assert [line.split(":")[1].strip() for line in found] == ["cifar10", "mnist"]
    assert all(f"no {name}.npz in {tmp_path};" in line for name, line in zip(("cifar10", "mnist"), found, strict=True))
    np.savez(tmp_path / "cifar10.npz", train_images=np.zeros((2, 2, 2, 3), np.uint8))
    assert [line.split(":")[1].strip() for line in fetched(plain, tmp_path, tmp_path)] == ["mnist"]
    monkeypatch.setenv("ARENA_DATA", "/elsewhere")
    assert f"in {tmp_path} or /elsewhere;" in next(iter(fetched(plain, tmp_path, tmp_path)))
    assert "anywhere" not in "".join(fetched(plain, tmp_path, tmp_path))
    assert not list(fetched(match(), None, tmp_path))


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (99.4, "99 s"), (119, "2 min"), (5000, "83 min"),
                                                (9000, "2.5 h")])
def test_durations(seconds, words):
    assert duration(seconds) == words


def test_sizes():
    assert size(2.0**32) == "4 GiB" and size(804 * 2**20) == "800 MiB" and size(1.5 * 2**30) == "1.5 GiB"



def test_check_prints_the_price(tmp_path, tiny):
    done = command("check", tiny)
    assert done.returncode == 0 and "  trains digits-cnn for digits" in done.stdout
    assert "  memory: about " in done.stdout and "data to fetch" not in done.stdout
    done = command("check", "quickstart")
    line = next(line for line in done.stdout.splitlines() if "attacks and forgeries" in line)
    assert all(f" for {name}" in line for name in ("mallory", "eve", "oscar")) and "ivan" not in line
    done = command("check", "rose/fashion-mnist", "--set", "task.dataset=cifar100", "--data", tmp_path, ARENA_DATA="")
    assert f"data to fetch: cifar100: there is no cifar100.npz in {tmp_path}" in done.stdout


def test_it_needs_no_torch():
    code = ("import sys; from arena.scenario.prices import lines; list(lines({'agents': {'a': {'scheme': 'rose', "
            "'attacks': ['tuned'], 'forgery': 'grind'}}})); sys.exit('torch' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
