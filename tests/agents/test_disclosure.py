"""Who shows what: all the members of a vote, a twin, or nothing; and what a Verifier makes of it."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from agents.attacks.model.prune import Prune
from agents.attacks.model.quantize import Quantize
from agents.attacks.theft.distill import Distill
from agents.attacks.theft.ensemble_of_thieves import EnsembleOfThieves
from agents.attacks.theft.independent_host import IndependentHost
from agents.attacks.theft.twin import Twin
from agents.policies.rarity_and_work import RarityAndWork
from agents.roles.attacker import Attacker
from agents.roles.owner import Owner
from agents.roles.verifier import Verifier
from agents.schemes.weights.uchida import Uchida
from arena.game.evidence import Case
from arena.game.messages import Disclosure, Verdict
from arena.hosts.task import Task
from arena.hosts.voting import Majority
from arena.testing import rehearse_match, small_workshop
from arena.workshop import disclosure
from arena.workshop.loot import Loot

TASK = Task(dataset="digits", network="wide-resnet-narrow", epochs=4, rate=1e-2, schedule="one-cycle", batch=32)
PLAIN = replace(TASK, network="digits-cnn", rate=2e-3)
SCHEME = Uchida(96, strength=0.3)


def judged(store, thief, policy=None, task=TASK):
    """(the verdict on alice's claim against a thief, what he disclosed)."""
    cast = {"alice": Owner(SCHEME), "mallory": thief, "victor": Verifier(policy or RarityAndWork())}
    said = [m.body for m in rehearse_match(cast, store, task, admitted=["uchida"])]
    verdicts = [body for body in said if isinstance(body, Verdict) and body.deployer == "mallory"]
    return verdicts[-1], next((body for body in said if isinstance(body, Disclosure)), None)


@pytest.mark.parametrize("to", ["dynamic-range", "full-integer"])
def test_an_honest_thief_with_weights_of_8_bits_loses_by_the_evidence(store, to):
    verdict, shown = judged(store, Attacker([Quantize(to)]))
    case = Case.from_data(verdict.case)
    assert verdict.granted and case.agreement == 1 and not case.undisclosed and shown.model and not shown.others
    assert case.evidence.rarity > 80


def test_voting_thieves_disclose_all_their_members(store):
    verdict, shown = judged(store, Attacker([EnsembleOfThieves([Prune(0.1), Quantize(), Prune(0.2)])]))
    case = Case.from_data(verdict.case)
    assert len(shown.members) == 3 and verdict.granted and case.agreement == 1 and not case.undisclosed
    assert case.evidence.looks == 2 * 3


@pytest.mark.parametrize(("thief", "why"), [
    (Attacker(discloses="nothing"), "the weights were not shown"),
    (Attacker(discloses="another"), "of the spot checks as the service does"),
    (Attacker([Twin(2, 1)]), "of the spot checks as the service does"),
    (Attacker([EnsembleOfThieves([EnsembleOfThieves([Prune(0.1), Prune(0.2)]), Prune(0.1)])]), "were not shown")],
    ids=["nothing", "another", "twin", "a vote within a vote"])
def test_who_does_not_disclose_loses_and_the_verdict_says_why(store, thief, why):
    again = copy.deepcopy(thief)
    verdict, _ = judged(store, thief)
    case = Case.from_data(verdict.case)
    assert verdict.granted and verdict.reasons[0].startswith("granted: adverse: ") and why in verdict.reasons[0]
    assert "on what alice released" in verdict.reasons[0] and why in case.undisclosed and case.agreement is None
    denied, _ = judged(store, again, RarityAndWork(undisclosed="denied"))
    assert not denied.granted and not denied.checks["disclosure"]
    assert any(reason.startswith("denied: disclosure: ") for reason in denied.reasons)
    otherwise = RarityAndWork(undisclosed="denied").judge(case)
    fault = "a case says what it rests on to whoever judges it"
    assert not otherwise.granted and not otherwise.checks["disclosure"], fault


def test_an_innocent_who_discloses_keeps_his_own(store):
    verdict, shown = judged(store, Attacker([IndependentHost()]))
    assert not verdict.granted and shown is not None and verdict.checks["disclosure"] and not verdict.checks["rarity"]


def test_nothing_is_held_against_who_was_there_before_the_release(store):
    """The order of the cast is that of the turns: a service that is older than the release owes it nothing."""
    thief = Attacker([IndependentHost()], discloses="nothing")

    class Early(Attacker):
        def _find(self, turn):
            return [("alice", turn.workshop.unmarked_host(), None)]

        def _attack(self, turn, stolen, release, copies):
            from agents.roles.attacker import Stage

            self._stages.append(Stage("his own", stolen, []))

    early = Early(discloses="nothing")
    cast = {"mallory": early, "alice": Owner(SCHEME), "victor": Verifier(RarityAndWork())}
    said = [m.body for m in rehearse_match(cast, store, TASK, admitted=["uchida"])]
    verdicts = [body for body in said if isinstance(body, Verdict) and body.deployer == "mallory"]
    assert verdicts and not any(v.granted for v in verdicts) and "not shown" in verdicts[-1].reasons[0]
    assert judged(store, thief)[0].granted, "a refusal later than the release is held against him, whoever he is"


CHECKS, BOUND = Verifier(RarityAndWork()).spot_checks, RarityAndWork().disclosed


def test_the_spot_checks_are_sized():
    """Enough for 1 % false alarms of what answers 97 % alike and 95 % power against what answers 80 % alike."""
    most_that_fail = int(np.ceil(BOUND * CHECKS)) - 1
    assert stats.binom.cdf(most_that_fail, CHECKS, 0.97) < 0.01
    assert stats.binom.cdf(most_that_fail, CHECKS, 0.80) > 0.95


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("task", [TASK, PLAIN], ids=["residual", "plain"])
def test_twins_answer_elsewhere(store, task, seed):
    """A good twin, which would answer most blends alike, is far below what 95 % power takes; honest weights are not."""
    shop, thief, victor = (small_workshop(store, name, task, seed) for name in ("alice", "mallory", "victor"))
    host = SCHEME.mark(SCHEME.draw_key(shop), shop)
    twin = Twin(4, 4).show(host, Loot(thief, "attack 1"))
    spots = disclosure.telling(victor, "spots", CHECKS, host)
    assert spots.shape == (CHECKS, 1, 8, 8) and spots.dtype == np.uint8
    served = victor.predict(host, spots)
    assert (victor.predict(twin, spots) == served).mean() < 0.75
    assert shop.accuracy(twin) > 0.8
    assert (victor.predict(copy.deepcopy(host), spots) == served).all()


def test_without_a_release_the_checks_are_any_blends(store):
    shop = small_workshop(store, "victor", TASK)
    assert np.array_equal(disclosure.telling(shop, "spots", 9, None), disclosure.blends(shop, "spots", 9))


def test_the_twin_changes_nothing_and_shows_another(store):
    shop = small_workshop(store, "mallory", TASK)
    host, loot, twin = shop.unmarked_host(), Loot(shop, "attack 1"), Twin(1, 0)
    assert twin.modify_model(host, loot) is host and not twin.changes
    assert twin.show(host, loot) is not host and twin.show(host, loot) is twin.show(host, loot)
    assert Distill(1).show(host, loot) is host
    assert isinstance(Majority([host, host]), Majority)


def test_near_a_border_but_not_on_it():
    """The least leads that are clear, then the greatest of those that are not."""
    leads = torch.tensor([0.05, 0.4, 0.1, 0.02, 0.2, 0.3])
    assert [disclosure._near(leads, count).tolist() for count in (1, 2, 4, 5, 6)] == [
        [2], [2, 4], [1, 2, 4, 5], [0, 1, 2, 4, 5], [0, 1, 2, 3, 4, 5]]


@pytest.mark.parametrize("task", [TASK, PLAIN], ids=["residual", "plain"])
def test_honest_weights_raise_no_alarm_whatever_their_precision(store, task):
    """Whoever serves floats and shows what 8 or 16 bits make of them, or the other way round: at 1 % false alarms 15
    checks hold more than one with a chance below 1 %."""
    shop, victor = (small_workshop(store, name, task) for name in ("alice", "victor"))
    host = SCHEME.mark(SCHEME.draw_key(shop), shop)
    shown = [Quantize(to).modify_model(copy.deepcopy(host), Loot(small_workshop(store, "mallory", task), "attack 1"))
             for to in ("dynamic-range", "full-integer", "float16")]
    alarms = np.zeros(len(shown))
    for number in range(15):
        spots = disclosure.telling(victor, f"spots {number}", CHECKS, host)
        served = victor.predict(host, spots)
        alarms += [(victor.predict(model, spots) == served).mean() < BOUND for model in shown]
    assert (alarms <= 1).all(), alarms
