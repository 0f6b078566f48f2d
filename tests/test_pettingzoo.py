"""A match as PettingZoo's environment: its own tests pass, choices are what is played, and payoffs are what is paid."""

import importlib.util
import sys
import warnings

import numpy as np
import pytest

import arena
from arena.base.errors import ArenaError
from arena.game.messages import BODIES
from arena.game.transcript import read
from tests.conftest import ROOT

pytest.importorskip("pettingzoo")

SCENARIO = """\
title: steps
seed: 1
task: {dataset: digits, epochs: 6, rate: 2e-3, schedule: one-cycle}
limits: {turn: 60, quiet: 20}
agents:
  alice: {role: owner, scheme: {rose: {triggers: 24, oversample: 3}}}
  mallory: {role: attacker, attacks: [{prune: {rate: 0.2}}, {prune: {rate: 0.9}}]}
  eve: {role: usurper, forgery: random-key}
  victor: {role: verifier, policy: {rarity: 30, work: 0}}
"""
KINDS = list(BODIES)


@pytest.fixture
def scenario(tmp_path):
    (tmp_path / "steps.yaml").write_text(SCENARIO)
    return tmp_path / "steps.yaml"


def made(scenario, store, **how):
    return arena.pettingzoo.env(scenario, store=store, **how)


def played(env, seed=None, **actions):
    """Plays to the end; gives the payoffs, and what each saw at his last turn."""
    env.reset(seed=seed)
    paid, seen = {}, {}
    for agent in env.agent_iter():
        observation, reward, terminated, truncated, _ = env.last()
        over = terminated or truncated
        (paid if over else seen)[agent] = reward if over else observation
        env.step(None if over else actions.get(agent, 0))
    return paid, seen


def seen_of(observation, kind):
    return int(observation[1 + KINDS.index(kind)])


def test_pettingzoo_s_own_tests_pass(scenario, store):
    from pettingzoo.test import api_test, seed_test

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # names of agents, no picture
        api_test(made(scenario, store), num_cycles=20)
        seed_test(lambda: made(scenario, store), num_cycles=20)


def test_the_first_choice_is_the_match_itself(scenario, store, tmp_path):
    env = made(scenario, store)
    paid, seen = played(env)
    plain = arena.play(scenario, out=tmp_path / "run", store=store, threads=1)
    assert [(v.claimant, v.deployer, v.text, v.rarity) for v in env.result.verdicts] == [
        (v.claimant, v.deployer, v.text, v.rarity) for v in plain.verdicts]
    messages = [e["body"]["kind"] for e in read(plain.run).of("message")]
    assert seen_of(seen["victor"], "Claim") == messages.count("Claim") == 2
    assert set(paid) == {"alice", "mallory", "eve", "victor"} and played(env)[0] == paid


def test_choices_are_what_is_played_and_paid_for(scenario, store):
    env = made(scenario, store)
    assert [len(choice.settings["attacks"]) for choice in env.choices["mallory"]] == [2, 1, 0]
    stages, paid, granted = {}, {}, {}
    for choice in range(3):
        paid[choice], _ = played(env, mallory=choice)
        stages[choice] = len([stage for stage in env.result.stages if stage.deployer == "mallory"])
        granted[choice] = next(v.granted for v in env.result.verdicts if v.claimant == "alice")
    assert stages == {0: 3, 1: 2, 2: 1} and granted[2] and not granted[0]
    assert paid[2]["mallory"] <= 0 and paid[2]["alice"] > paid[0]["alice"] + 0.9
    assert paid[0]["victor"] < -1 < -0.1 < paid[2]["victor"] < 0


def test_a_claim_that_is_withheld_is_never_heard(scenario, store):
    env = made(scenario, store)
    _, seen = played(env, alice=1, eve=1)
    assert not env.result.verdicts and seen_of(seen["victor"], "Claim") == 0
    assert not env.choices["alice"][1].claims and not env.result.faults


def test_named_choices_and_payoffs(scenario, store):
    env = made(scenario, store, choices={"mallory": {"attacks.0.prune.rate": [0.1, 0.9], "samples": [0, 10]}},
               payoffs={"attacker": "deployed"})
    assert [dict(choice.settings) for choice in env.choices["mallory"]] == [
        {"attacks.0.prune.rate": rate, "samples": count} for rate in (0.1, 0.9) for count in (0, 10)]
    paid = [played(env, mallory=choice)[0]["mallory"] for choice in (0, 2)]
    last = [stage for stage in env.result.stages if stage.deployer == "mallory"][-1]
    assert paid[1] == pytest.approx(last.accuracy) and len(paid) == 2


WRONG = {
    "nobody": ({"bob": {"samples": [1]}}, "nobody is called 'bob'"),
    "no parameter": ({"mallory": {"attacks.0.prune.rat": [1]}}, "steps.yaml:.*unknown key"),
    "out of range": ({"mallory": {"attacks.0.prune.rate": [2.0]}}, "steps.yaml:.*rate"),
    "none": ({"mallory": {"samples": []}}, "mallory has 0"),
    "too many": ({"mallory": {"samples": list(range(300))}}, "mallory has 300"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_choice_that_can_not_be_played_is_refused_beforehand(scenario, store, case):
    choices, said = WRONG[case]
    with pytest.raises(ArenaError, match=said):
        made(scenario, store, choices=choices)


def test_actions_that_are_none_are_refused_and_harm_nothing(scenario, store):
    env = made(scenario, store)
    with pytest.raises(ArenaError, match="reset"):
        env.observe("alice")
    env.reset()
    for action in (2, -1, None, 0.5, "claim"):
        with pytest.raises(ArenaError, match="choices 0 to 1"):
            env.step(action)
    env.step(np.int64(0))
    assert env.agent_selection == "mallory"
    env.close()
    env.close()


def test_who_breaks_down_loses_his_own_turns_alone(scenario, store, tmp_path):
    (tmp_path / "bad.py").write_text("from dataclasses import dataclass\nfrom arena import Attack\n"
                                     "from arena.strategies import MODEL\n\n\n@dataclass(frozen=True)\n"
                                     "class Bad(Attack):\n    \"\"\"breaks down\"\"\"\n"
                                     "    def modify_model(self, model, loot):\n        raise RuntimeError('no')\n")
    scenario.write_text(SCENARIO.replace("[{prune: {rate: 0.2}}, {prune: {rate: 0.9}}]", '["bad.py:Bad"]'))
    env = made(scenario, store)
    paid, _ = played(env)
    assert [fault.agent for fault in env.result.faults] == ["mallory"] and set(paid) == set(env.possible_agents)


def test_an_environment_that_is_dropped_leaves_no_process(scenario, store):
    env = made(scenario, store)
    env.reset()
    env.step(0)
    process = env._match._players["alice"]._process
    folder, transcript = env._match.run, env._match._books.writer._file
    del env
    assert not process.is_alive() and not folder.exists() and transcript.closed


def test_a_bandit_learns_to_prune_better_than_a_fixed_thief(store, monkeypatch):
    """Small: 12 plays against two owners, judged on two that it has not seen."""
    spec = importlib.util.spec_from_file_location("bandit", ROOT / "docs" / "examples" / "bandit.py")
    bandit = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bandit", bandit)
    spec.loader.exec_module(bandit)
    choice, learnt, fixed = bandit.trained(plays=12, seeds=(1, 3), unseen=(11, 12), store=store)
    assert choice != bandit.FIXED and learnt > fixed
    text = (ROOT / "docs" / "examples" / "bandit.py").read_text()
    assert len([line for line in text.splitlines() if line.strip()]) <= 40
