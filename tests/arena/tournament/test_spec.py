"""A tournament file says at file:line:col what is wrong, before anything is played."""

from pathlib import Path

import pytest

from arena.base.errors import ArenaError
from arena.base.yamlfile import parse
from arena.tournament import spec
from arena.tournament.cells import JUDGE, OWNER, THIEF, USURPER, cells, key_of, scenario
from tests.conftest import ROOT

TEXT = """title: Small
base: {dataset: digits, network: digits-cnn, epochs: 3}
schemes:
  rose: {rose: {triggers: 20}}
  none: {}
attacks:
  as-is: []
  bystander: [independent-host]
forgeries: {random: random-key}
policies: {strict: {rarity-and-work: {rarity: 64 bits}}}
"""


def read(text=TEXT):
    return spec.validate(parse(text, "who.yaml"), Path("who.yaml"))


def test_what_a_file_says():
    found = read()
    assert (found.title, list(found.tasks), found.seeds, found.keep) == ("Small", ["task"], spec.Seeds(1, 2, 20),
                                                                         "failures")
    assert isinstance(found.executor, spec.Local) and found.policies["strict"].rarity == 64
    every = list(cells(found))
    assert [(cell.scheme, cell.other) for cell in every] == [
        ("rose", "as-is"), ("rose", "bystander"), ("rose", "random"), ("none", "as-is"), ("none", "bystander"),
        ("none", "random")]


def test_every_match_has_the_same_seats():
    found = read()
    agents = [scenario(found, cell, 7).data["agents"] for cell in cells(found)]
    assert {tuple(each) for each in agents} == {(OWNER, THIEF, JUDGE), (OWNER, THIEF, USURPER, JUDGE)}
    assert [each[OWNER] for each in agents[:1]] == [{"role": "owner", "scheme": {"rose": {"triggers": 20}}}]
    assert agents[3][OWNER] == {"role": "seller"} and agents[2][JUDGE]["schemes"] == ["rose"]


def test_a_match_is_what_its_scenario_seed_and_files_are():
    found, first = read(), next(iter(cells(read())))
    key = key_of(first, scenario(found, first, 1), {})
    other = read(TEXT.replace("triggers: 20", "triggers: 21"))
    keys = {key, key_of(first, scenario(found, first, 2), {}),
            key_of(first, scenario(found, first, 1), {"mine.py": "ab"}), key_of(first, scenario(other, first, 1), {})}
    assert len(keys) == 4 and key == key_of(first, scenario(read(TEXT.replace("Small", "Other")), first, 1), {})


@pytest.mark.parametrize(("change", "place", "words"), [
    (("schemes:", "schema:"), "3:1", "unknown key 'schema'"),
    (("{rarity: 64 bits}", "{rarety: 1}"), "10:47", "unknown key 'rarety'"),
    (("title: Small", "seeds: {least: 9, most: 3}"), "1:1", "least 9 is more than most 3"),
    (("title: Small", "executor: slurm"), "1:11", "'slurm' is no executor"),
    (("title: Small", "keep: some"), "1:7", "keep"),
    (("title: Small", "payoffs: {owner: 3}"), "1:18", "payoffs.owner"),
    (("title: Small", "payoffs: {owner: grantd - 1}"), "1:18", "did you mean 'granted'"),
    (("title: Small", "payoffs: {owner: '__import__(1)'}"), "1:18", "__import__"),
    (("title: Small", "payoffs: {thief: granted}"), "1:18", "'thief' is paid nothing"),
    (("  rose: {rose", "  Rose!: {rose"), "4:", "is no name"),
    (("title: Small", "learn: {epsilon: 0.1}"), "1:1", "nobody learns"),
    (("title: Small", "learn: {rounds: 0, attacks: {a: {attack: prune, search: {rate: [0, 1]}}}}"), "1:17",
     "learn.rounds"),
    (("title: Small", "learn: {attacks: {a: {attack: prune}}}"), "1:19", "'search' is missing"),
    (("title: Small", "learn: {attacks: {a: {attack: prune, search: {rate: 0.5}}}}"), "1:38",
     "learn.attacks.a.search: input should be a valid array"),
    (("title: Small", "learn: {attacks: {A~1: {attack: prune, search: {rate: [0, 1]}}}}"), "1:19", "is no name"),
    (("title: Small", "learn: {policy: strickt, schemes: {a: {scheme: rose, search: {triggers: [1, 2]}}}}"), "1:17",
     "unknown policy 'strickt'; did you mean 'strict'"),
    (("attacks:\n  as-is: []\n  bystander: [independent-host]\n", ""), "", "a tournament needs attacks"),
])
def test_faults_have_their_place(change, place, words):
    with pytest.raises(ArenaError, match=rf"^who\.yaml:{place}.*") as error:
        read(TEXT.replace(*change))
    assert words in str(error.value)


def test_the_quick_tournament_is_what_it_should_be():
    found = spec.load(ROOT / "scenarios" / "tournaments" / "quick.yaml")
    assert len(found.schemes) >= 6 and "none" in found.schemes and len(found.attacks) == 10
    assert len(found.forgeries) == 3 and len(found.policies) == 3
    with pytest.raises(ArenaError, match="no such file"):
        spec.load(Path("nowhere.yaml"))


def test_who_learns():
    found = read(TEXT + """learn:
  trials: 3
  attacks: {prune: {attack: {prune: {retrain: 5}}, search: {rate: [0, 0.9]}}}
  schemes: {rose: {scheme: {rose: {}}, search: {triggers: [16, 128], oversample: [1, 20]}}}
""").learn
    assert [(ask.side, ask.name, ask.given) for ask in found.asks()] == [
        ("schemes", "rose", {"rose": {}}), ("attacks", "prune", {"prune": {"retrain": 5}})]
    assert (found.epsilon, found.rounds, found.trials) == (0.05, 4, 3) and not read().learn
