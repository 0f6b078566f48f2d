"""What a tournament will take: hosts that several matches share are priced once, what is played in each as often."""

import pytest

from arena.base.yamlfile import parse
from arena.scenario import foreseen
from arena.scenario import prices as matches
from arena.tournament import prices, spec
from arena.tournament.cells import cells
from arena.tournament.plan import Plan
from tests.conftest import command

FILE = """
title: prices
base: {dataset: digits, epochs: 2, limit: 400}
schemes: {rose: rose, uchida: uchida, none: {}}
attacks: {as-is: [], tune: [{fine-tune: {epochs: 10}}], odd: [autoencoder], stranger: [independent-host]}
forgeries: {ground: {grind: {tries: 1000000}}}
seeds: {least: 3}
limits: {memory: 2 GiB}
"""
HOST = 2 * 320 * 64 * 77e3 * 3
FURTHER = 10 * 40 * 64 * 77e3 * 3
"""FLOPs of a host, and of the thief's further training."""


@pytest.fixture
def plan(tmp_path):
    found = spec.validate(parse(FILE, "who.yaml"), tmp_path / "who.yaml")
    return Plan(found, {cell: {} for cell in cells(found)}, {})


@pytest.fixture(autouse=True)
def rates(monkeypatch):
    for module in (matches, foreseen):
        monkeypatch.setattr(module, "rate", lambda: 1e6)
    monkeypatch.setattr(matches, "hashes", lambda: 1e4)


def test_hosts_are_shared_and_attacks_are_not(plan):
    """Four hosts a seed: unmarked, two marked, a stranger's. Three schemes meet each attack and forgery."""
    told = next(prices.lines(plan))
    hosts, others = 3 * 4 * HOST / 1e6, 3 * 3 * (FURTHER / 1e6 + 4 * 1e6 / 1e4)
    assert told == (f"about, one after another: hosts {matches.duration(hosts)}, less what the store has; attacks and "
                    f"forgeries {matches.duration(others)}; the rest of a match comes on top")


def test_what_is_not_foreseen_and_memory_are_said(plan):
    told = list(prices.lines(plan))
    assert "not foreseen: autoencoder of mallory" in told
    assert any(line.startswith("memory: about ") and "a match" in line and "2 GiB (limits.memory)" in line
               for line in told)


def test_data_to_fetch_is_said_once(tmp_path):
    found = spec.validate(parse(FILE.replace("digits", "mnist"), "who.yaml"), tmp_path / "who.yaml")
    told = [line for line in prices.lines(Plan(found, {cell: {} for cell in cells(found)}, {}), tmp_path)
            if "fetch" in line]
    assert told == [f"data to fetch: mnist: there is no mnist.npz in {tmp_path}; torchvision downloads it when it is "
                    f"needed"]


@pytest.mark.parametrize("words", [("check",), ("tournament", "--plan")])
def test_the_command_line_says_it(words, tmp_path):
    file = tmp_path / "who.yaml"
    file.write_text(FILE)
    done = command(*words, file, ARENA_DATA="", cwd=tmp_path)
    assert done.returncode == 0 and "15 cells with 3 seeds each" in done.stdout, done.stdout + done.stderr
    assert "about, one after another: hosts " in done.stdout and "not foreseen: autoencoder" in done.stdout
    assert "memory: about " in done.stdout and "data to fetch" not in done.stdout
