"""How an answered claim is weighed: what goes into its case, on which models its key is tried, and what among rivals
becomes of it."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from agents.roles._hearing import PendingClaim, Standing
from agents.roles._question import Question
from agents.roles._weighing import Bench, among_rivals
from arena.base.errors import Malformed
from arena.game.evidence import Bounds, Judgement
from arena.game.messages import Message, Release
from arena.game.rarity import binomial_rarity
from arena.strategies import WhiteBox
from tests.agents.roles.stand_ins import POLICY, Asked, Host, Read, Shop, another, digest, images_of
from tests.agents.roles.stand_ins import claim as said

IMAGES, DEPLOYED = images_of(range(10)), 1010
LABELS = np.arange(10)
ORDER = np.array([7, 2, 9, 0, 4, 1, 8, 3, 5, 6])
QUESTION = Question(IMAGES[np.argsort(ORDER)], {"key": ORDER, "ordinary": np.array([], int)}, np.array([], int))
BITS = np.log2(10)


class Broken(WhiteBox):
    """An examination that raises what no scheme should."""

    def score(self, model, reference=None):
        raise ZeroDivisionError


def black(**changes):
    return Asked(digest("aa"), IMAGES, LABELS, **changes)


def pending(examination, committed_at=1005, claimant="alice", **changes):
    """A claim with the service's answers, each as the key has it."""
    body = said(claimant)[1]
    message = Message(1020, 1, claimant, "victor", body)
    return PendingClaim(message, body, examination, QUESTION, committed_at, 1,
                        **{"labels": LABELS[np.argsort(ORDER)], "bounds": Bounds(31, 7), "tried": 2, **changes})


def released(*models):
    """(number, sender, model) as releases, with the store that has them."""
    return {f"m{n}": model for n, _, model in models if model is not None}, [
        (Message(n, 0, another(who), "all", Release(f"m{n}")), Release(f"m{n}")) for n, who, _ in models]


def bench(*models, policy=POLICY, controls=1, shop=None, **more):
    store, releases = released(*models)
    return Bench(shop or Shop({**store, **more}), policy, controls, releases)


def standing(**changes):
    return Standing(DEPLOYED, **{"ordinary": (5, 6), **changes})


def test_a_bench_is_not_changed():
    with pytest.raises(FrozenInstanceError):
        bench().controls = 3


def test_a_claim_without_answers_is_not_weighed():
    with pytest.raises(Malformed, match=r"^the service did not answer$"):
        bench().weigh(pending(black(), labels=None), standing())
    with pytest.raises(Malformed, match=r"^the service did not answer$"):
        bench().weigh(pending(Read("")), standing())  # answered, nothing shown


def test_what_stands_in_a_case():
    weighed = bench(policy=replace(POLICY, seed_bits=3)).weigh(pending(black(selectable=True)), standing())
    case = weighed.case
    assert (case.number, case.claimant, case.deployer, case.service, case.scheme) == (1020, "alice", "mallory", "shop",
                                                                                     "asked")
    assert (case.deployed_at, case.committed_at, case.ordinary, case.tried) == (DEPLOYED, 1005, (5, 6), 2)
    assert case.evidence.hits == 10 and case.bounds == Bounds(31, 7) and case.parameters == {"memory": 2**14}
    assert case.agreement is None and case.stood_before is False and case.selectable is True and not case.undisclosed
    assert case.work.cheapest == 60 and "seed_bits=3" in case.work.forger and case.rarity_on_earlier == {}
    assert weighed.judgement.granted and weighed.score(None).hits == 10


def test_a_service_is_scored_by_its_answers_and_a_model_by_its_own():
    claim = pending(black())
    claim.labels = (claim.labels + (claim.labels > 6)) % 10  # 7, 8 and 9 are answered wrong
    weighed = bench().weigh(claim, standing())
    assert weighed.case.evidence.hits == 7 and weighed.score(None).hits == 7
    assert weighed.score(Host(0)).hits == 10 and weighed.score(Host(1)).hits == 0


@pytest.mark.parametrize(("same", "stood"), [(8, False), (9, True), (10, True), (0, False)])
def test_a_service_stood_before_when_nine_of_ten_probes_are_answered_alike(same, stood):
    places = {"key": ORDER, "again": ORDER, "ordinary": np.array([], int)}
    then = Question(IMAGES, {"probe": np.arange(10)}, np.array([], int))
    labels = np.where(np.arange(10) < same, LABELS, 77)
    claim = replace(pending(black()), question=replace(QUESTION, places=places))
    found = bench().weigh(claim, standing(probe=then, labels=labels, answered_at=1012)).case
    assert found.stood_before is stood
    assert bench(policy=replace(POLICY, disclosed=0.85)).weigh(
        claim, standing(probe=then, labels=labels, answered_at=1012)).case.stood_before is stood


# what was public before the key was fixed


def on(evidence):
    return pytest.approx(evidence, abs=1e-9)


def test_a_key_is_tried_on_every_model_that_is_older_than_its_commitment():
    models = [(1001, "bob", Host(0)), (1004, "alice", Host(1)), (1005, "carl", Host(0)), (1006, "dora", Host(0))]
    perfect = binomial_rarity(10, 10, 0.1)
    assert bench(*models).weigh(pending(black(), 1005), standing()).case.rarity_on_earlier == {1001: on(perfect),
                                                                                               1004: 0.0}
    assert bench(*models).weigh(pending(black(), 1001), standing()).case.rarity_on_earlier == {}
    assert set(bench(*models).weigh(pending(black(), None), standing()).case.rarity_on_earlier) == {1001, 1004, 1005,
                                                                                                    1006}


def test_a_model_that_cannot_be_scored_is_not_fitted():
    lost = bench((1001, "bob", None), (1002, "eve", Host(0, 9)))
    assert lost.weigh(pending(black()), standing()).case.rarity_on_earlier[1001] == 0.0
    strange = bench((1001, "bob", Unmarked()), (1002, "eve", Host(0, 9)), shown=Host(0, 30))
    assert strange.weigh(pending(Read(""), shown=("shown",)), standing()).case.rarity_on_earlier == {1001: 0.0,
                                                                                                     1002: 9.0}


class Unmarked(Host):
    """A model in which no mark can be looked for."""

    def __init__(self):
        super().__init__()
        del self.mark


# weights


@pytest.mark.parametrize(("wrong", "agreement"), [(0, 1.0), (1, 0.9), (10, 0.0)])
@pytest.mark.parametrize("up", [1, -1])
def test_weights_agree_with_the_service_on_a_share_of_the_spot_checks(wrong, agreement, up):
    claim = pending(Read(""), shown=("shown",))
    claim.labels = claim.labels + up * (claim.labels >= 10 - wrong)
    case = bench(shown=Host(0, 30)).weigh(claim, standing()).case
    assert case.agreement == on(agreement) and case.evidence.rarity == 30.0
    assert case.parameters == {"bits": 64}


def test_a_key_is_read_in_all_weights_that_are_shown_and_in_one_model():
    """Of two members the better counts, at the price of a bit."""
    weighed = bench(one=Host(0, 12), two=Host(0, 40)).weigh(pending(Read(""), shown=("one", "two")), standing())
    assert weighed.case.evidence.rarity == 39.0 and weighed.score(None).rarity == 39.0
    assert weighed.score(Host(0, 21)).rarity == 21.0


def test_weights_that_are_not_there_are_malformed():
    with pytest.raises(Malformed, match=r"^the weights were not shown$"):
        bench().weigh(pending(Read(""), shown=()), standing())
    with pytest.raises(Malformed, match=r"is not in the store$"):
        bench().weigh(pending(Read(""), shown=("gone",)), standing())


# what the claimant released, where nothing is shown


def own(*models, committed_at=1005, claimant="alice", examination=None, **changes):
    claim = pending(examination or Read(""), committed_at, claimant, shown=())
    return bench(*models, **changes).weigh_release(claim, standing(), "hidden")


def test_a_release_is_weighed_where_nothing_is_shown():
    found = own((1002, "alice", Host(0, 33)), (1003, "bob", Host(1, 11)), (1004, "alice", Host(2, 22)),
                policy=replace(POLICY, seed_bits=3))
    case = found.case
    assert (case.number, case.claimant, case.deployer, case.service, case.scheme) == (1020, "alice", "mallory", "shop",
                                                                                     "asked")
    assert case.undisclosed == "hidden" and case.evidence.rarity == 33.0 and case.deployed_at == DEPLOYED
    assert case.rarity_on_earlier == {1002: 33.0, 1003: 11.0, 1004: 22.0} and case.committed_at == 1005
    assert case.parameters == {"bits": 64} and case.ordinary == (5, 6) and case.bounds == Bounds(31, 7)
    assert case.tried == 2 and case.agreement is None and "seed_bits=3" in case.work.forger
    assert found.score(None).rarity == 33.0 and found.score(Host(0, 8)).rarity == 8.0
    assert found.judgement.checks["disclosure"] and not found.judgement.checks["commitment"]
    granted = own((1006, "alice", Host(0, 33)))
    assert granted.stands and granted.judgement.reasons[0].startswith("granted: adverse: hidden; on what alice ")


@pytest.mark.parametrize(("number", "heard"), [(1009, True), (DEPLOYED, False), (1011, False)])
def test_a_release_is_older_than_the_service(number, heard):
    assert (own((number, "alice", Host(0, 33))) is not None) is heard


@pytest.mark.parametrize("other", ["aaron", "zoe"])
def test_a_release_of_somebody_else_is_not_the_claimants(other):
    assert own((1002, other, Host(0, 33))) is None and own() is None
    assert own((1002, other, Host(0, 33)), (1011, "alice", Host(1, 33))) is None
    assert own((1011, other, Host(0, 33)), (1003, "alice", Host(1, 33))).case.evidence.rarity == 33.0
    assert own((1002, other, Host(0, 11)), (1003, "alice", Host(1, 33))).case.evidence.rarity == 33.0


def test_only_a_mark_in_weights_is_looked_for_in_a_release():
    assert own((1002, "alice", Host(0)), examination=black()) is None


def test_a_release_that_somebody_else_made_before_is_not_the_claimants(monkeypatch):
    monkeypatch.setattr("agents.roles._weights.aligned", lambda *_: object())
    assert own((1002, "bob", Host(0, 33)), (1003, "alice", Host(0, 33))) is None


# rivals


def weighed(claim, *models, policy=POLICY, controls=1):
    table = bench(*models, policy=policy, controls=controls)
    claim.weighed = table.weigh(claim, standing())
    return table


def test_a_claim_that_was_not_weighed_fits_nothing():
    assert bench((1001, "bob", Host(0))).fits(pending(black()), "bob") is None


def test_a_key_fits_any_model_that_an_agent_released():
    claim = pending(black())
    table = weighed(claim, (1001, "bob", Host(1)), (1002, "carl", Host(0)), (1003, "bob", Host(0)),
                    (1004, "dora", Host(1)), (1006, "eve", None))
    fits = {name: table.fits(claim, another(name)) for name in ("bob", "carl", "dora", "eve", "alice", "zoe")}
    assert fits == {"bob": True, "carl": True, "dora": False, "eve": None, "alice": None, "zoe": None}


@pytest.mark.parametrize(("mark", "fits"), [(19.9, False), (20.0, True), (20.1, True), (0.0, False)])
def test_a_key_fits_from_what_convinces_the_policy(mark, fits):
    claim = pending(Read(""), shown=("m1001",))
    mark = float(np.float32(mark))
    assert weighed(claim, (1001, "bob", Host(0, mark))).fits(claim, "bob") is fits
    lenient = replace(POLICY, rarity=5)
    assert weighed(claim, (1001, "bob", Host(0, mark)), policy=lenient).fits(claim, "bob") is (mark > 5)


# stages


def test_a_stage_is_scored_by_its_answers_or_its_weights():
    assert bench().on_stage(pending(black()), np.array([0, 1, 2, 0, 0, 0, 0, 0, 0, 0])).hits == 3
    assert bench((1001, "bob", Host(0, 44))).on_stage(pending(Read("")), "m1001").rarity == 44.0


def test_a_stage_that_cannot_be_scored_says_nothing():
    assert bench().on_stage(pending(Read("")), "gone") is None
    assert bench((1001, "bob", Host())).on_stage(pending(Broken()), "m1001") is None
    assert bench().on_stage(pending(black()), "no answers") is None


# control hosts


@pytest.mark.parametrize(("asked", "trains", "trained"), [(0, 1, []), (0, 3, []), (1, 1, [1]), (1, 3, [3]), (3, 1, [3]),
                                                          (2, 2, [2])])
def test_control_hosts_are_trained_where_a_scheme_asks_for_them_once_a_claim(asked, trains, trained):
    shop, claim = Shop({"m1001": Host(0)}), pending(black(least=asked))
    table = bench((1001, "bob", Host(0)), controls=trains, shop=shop)
    weighed = table.weigh(claim, standing())
    table.on_stage(claim, LABELS)
    assert shop.trained == trained and weighed.case.evidence.controls == sum(trained)
    assert (claim.controls is None) is (not trained) and weighed.score(Host(0)).controls == sum(trained)


# what becomes of it


STOOD = Judgement({"rarity": True}, ("granted: so",))


@pytest.mark.parametrize(("claimant", "silent", "stays"), [
    ("mallory", False, True), ("mallory", True, False), ("alice", True, True), ("alice", False, True),
    ("zoe", True, True), ("zoe", False, True)])
def test_who_was_first_is_granted_unless_his_own_service_was_silent(claimant, silent, stays):
    judgement = among_rivals(pending(black(), claimant=claimant), STOOD, another("first"), "", silent)
    if stays:
        assert judgement is STOOD
    else:
        assert judgement == Judgement({"rarity": True, "rival": False}, (
            "disputed: mallory's own service left another claimant's question unanswered",))


@pytest.mark.parametrize(("claimant", "silent"), [("alice", False), ("mallory", True), ("zoe", False)])
@pytest.mark.parametrize("outcome", ["later", "disputed"])
def test_who_was_not_first_hears_why(claimant, silent, outcome):
    judgement = among_rivals(pending(black(), claimant=claimant), STOOD, another(outcome), "bob", silent)
    assert judgement == Judgement({"rarity": True, "rival": False}, ({
        "later": f"denied: bob was first: his key fits the marked models of {claimant}, and not the other way round",
        "disputed": f"disputed: the keys of {claimant} and bob both stand, and what they released doesn't tell whose "
                    f"was first"}[outcome],))
    assert not judgement.granted
