"""What a claim must reach: bounds of the scheme where the policy names none, tries that are paid for, and evidence that
innocents' answers are measured for; with a usurper who tries each."""

import math
from dataclasses import replace

import numpy as np
import pytest

from agents.policies.rarity_and_work import RarityAndWork
from agents.roles.verifier import Verifier
from agents.schemes.patterns.content import Content
from agents.schemes.triggers import rose
from agents.schemes.triggers._key_samples import HELD_OUT
from agents.schemes.triggers.frontier_stitching import FrontierStitching, fgsm
from arena.game.evidence import Bounds, Case, Flaws, Setting, Work
from arena.game.messages import Claim, Commitment, Deployment, Query, Response, Verdict
from arena.game.rarity import Hits
from arena.hosts.task import Task
from arena.strategies import built_in, find
from arena.strategies.returned import ruled
from arena.testing import rehearse, small_workshop

TASK = Task(dataset="digits", network="digits-cnn", epochs=8, rate=2e-3, schedule="one-cycle")
CASE = Case(9, "alice", "bob", "s", "content", Hits(20, 20, 0.2), Work(40.0, 40.0, "x"), 5, 2)


@pytest.fixture(scope="module")
def shop(store):
    return small_workshop(store, "victor", TASK)


@pytest.mark.parametrize(("policy", "bounds", "granted"), [
    (RarityAndWork(), Bounds(), False), (RarityAndWork(), Bounds(46, 40), True),
    (RarityAndWork(), Bounds(47, 40), False), (RarityAndWork(), Bounds(46, 41), False),
    (RarityAndWork(rarity=47), Bounds(0, 0), False),
    (RarityAndWork(rarity=46, work=40), Bounds(), True), (RarityAndWork(work=41), Bounds(0, 0), False),
    (RarityAndWork(rarity=46), Bounds(64, 40), True)])
def test_a_policy_without_bounds_asks_what_the_scheme_says(policy, bounds, granted):
    assert policy.judge(replace(CASE, bounds=bounds)).granted is granted


def test_a_key_fits_from_the_bound_that_is_asked_for():
    assert RarityAndWork().convincing(replace(CASE, bounds=Bounds(16, 24))) == 16
    assert RarityAndWork(rarity=5).convincing(CASE) == 5 and RarityAndWork().convincing(CASE) == 20


def test_what_every_scheme_asks_for_can_be_reached_by_its_key():
    """Ten classes, a key as it is by default: a perfect score is rarer than the bound."""
    for name in built_in("schemes"):
        bounds = find("schemes", name).bounds
        assert 16 <= bounds.rarity <= 64 and 24 <= bounds.work <= 64, name
    assert Content.bounds.rarity < 10 * math.log2(10) and Bounds().rarity < 30 * math.log2(9)


@pytest.mark.parametrize(("controls", "dated", "work", "granted"), [
    (3, True, 0, True), (0, True, 0, False), (3, False, 0, False), (0, False, 48, True)])
def test_evidence_that_was_looked_for_needs_work_unless_innocents_answers_were_measured(controls, dated, work, granted):
    policy = RarityAndWork(rarity=20, work=0, commitment="required" if dated else "ignored")
    case = replace(CASE, evidence=Hits(20, 20, 0.2, controls=controls), work=Work(work, work), selectable=True)
    assert ruled(policy, case).granted is granted


def asked(said, about):
    return next(e.body for e in said if isinstance(e.body, Query) and e.body.about == about)


def answered(key, query):
    known = {image.tobytes(): int(label) for image, label in zip(key.images, key.labels(), strict=True)}
    return np.array([known.get(image.tobytes(), 0) for image in query.images])


def heard(shop, keys, claims, services):
    """Verdicts on claims (key, service) of alice, who committed to all keys; services answer as each key has it."""
    victor = Verifier(RarityAndWork())
    inbox = [("alice", Commitment(key.commit(key.fields(), "alice"))) for key in keys]
    inbox += [("mallory", Deployment(service)) for service in services]
    first = len(inbox)
    inbox += [("alice", Claim("alice", "mallory", service, "rose", keys[key].fields())) for key, service in claims]
    said = rehearse(victor, shop, inbox)
    back = [("mallory", Response(service, answered(keys[key], asked(said, first + n)), first + n))
            for n, (key, service) in enumerate(claims)]
    said = rehearse(victor, shop, back, number=1, first=len(inbox))
    return [e.body for e in said if isinstance(e.body, Verdict)]


@pytest.mark.parametrize(("keys", "claims", "services", "tried"), [
    (1, [(0, "a")], ["a"], 1), (4, [(0, "a")], ["a"], 4), (1, [(0, "a"), (0, "b")], ["a", "b"], 2),
    (3, [(1, "a"), (1, "b")], ["a", "b", "c"], 6), (2, [(0, "a"), (0, "a")], ["a"], 2)])
def test_whoever_tries_more_keys_on_more_services_pays_for_it(shop, keys, claims, services, tried):
    drawn = [replace(rose.Rose(30).draw_key(small_workshop(shop.options.store, "alice")), secret=bytes([n]) * 32)
             for n in range(keys)]
    for verdict in heard(shop, drawn, claims, services):
        case = Case.from_data(verdict.case)
        assert verdict.granted and case.tried == tried
        assert case.rarity == pytest.approx(30 * math.log2(10) - math.log2(tried))
        assert (f", less {math.log2(tried):.1f} for {tried} tries)" in verdict.reasons[0]) is (tried > 1)


def test_an_owner_who_tries_enough_keys_needs_more_than_the_bound(shop):
    """64 keys are 6 bits: 21 of 30 hits (47.3 bits) were enough for 42 with one key."""
    policy, case = RarityAndWork(rarity=42, work=0), replace(CASE, evidence=Hits(21, 30, 0.1))
    assert policy.judge(case).granted and not policy.judge(replace(case, tried=64)).granted
    assert policy.judge(replace(case, tried=64)).reasons[0].endswith(", less 6.0 for 64 tries)")


def test_a_price_of_the_claimants_own_choice_is_committed_to(shop):
    """2^14 to 2^20 were seven labelings under one commitment, and log2 7 bits for nothing."""
    key = rose.Rose(10, level=3, memory=2**4).draw_key(small_workshop(shop.options.store, "alice"))
    shown = key.fields()
    assert len({key.commit({**shown, "memory": 2**power}, "alice") for power in range(14, 21)}) == 7


def examined(scheme, key, shop):
    return scheme.examine(Claim(key.claimant, "bob", "s", "x", key.fields()), shop.setting())


def test_what_most_models_answer_says_nothing(shop):
    """Keys that an innocent answers: the usurper chose images that all read right, and claims their true labels."""
    images, truth = shop.samples.images[:60].numpy(), shop.samples.labels[:60].numpy()
    key = FrontierStitching(60).key(images, truth, small_workshop(shop.options.store, "eve", TASK))
    examination = examined(FrontierStitching, key, shop)
    controls = shop.control_answers(images, HELD_OUT)
    evidence = examination.score(shop.predict(shop.unmarked_host(), images), controls)
    assert evidence.hits > 55 and evidence.rarity < 3 and evidence.controls == 3
    assert examination.score(truth).rarity == 0.0  # without controls it says nothing at all


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_usurper_whose_images_fool_many_models_fools_the_controls_too(store, seed):
    """Liu et al. (2024): images made on hosts of one's own, labels as those answer them, committed before any release.
    Whoever answers so, so do the controls, which is what the chance is held to."""
    eve, victor = (small_workshop(store, who, TASK, seed) for who in ("eve", "victor"))
    train = eve.samples.images[:120]
    truth = eve.samples.labels[:120]
    own = eve.host(eve.samples, "practice")
    pushed = fgsm(own, train, truth, 0.25, eve.device)
    wrong = eve.predict(own, pushed)
    chosen = np.flatnonzero(wrong != truth.numpy())[:60]
    key = FrontierStitching(60).key(pushed[chosen], wrong[chosen], eve)
    suspect = small_workshop(store, "bob", TASK, seed).unmarked_host()
    examination = examined(FrontierStitching, key, victor)
    evidence = examination.score(victor.predict(suspect, key.images), victor.control_answers(key.images, HELD_OUT))
    naive = Hits(evidence.hits, evidence.trials, 1 / 9)
    assert naive.rarity > 20 and evidence.rarity < FrontierStitching.bounds.rarity


def test_the_forger_of_shared_labels_is_priced_by_what_their_hash_costs(shop):
    """Every try of the joint hash draws all targets anew: as many tries as the evidence is rare, and not one label at a
    time."""
    key = Content(30, overlay="heart-grey").draw_key(small_workshop(shop.options.store, "alice", TASK))
    examination = examined(Content, key, shop)
    evidence = examination.score(key.labels)
    work = examination.forging_cost(evidence, Setting(10, (1, 8, 8), 10**6, Flaws()))
    assert evidence.rarity == pytest.approx(len(set(key.truth.tolist())) * math.log2(10), abs=1e-6)
    assert work.cheapest > evidence.rarity and work.forger == "grinding with a cached prefix"
