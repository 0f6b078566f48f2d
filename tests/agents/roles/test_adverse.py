"""What comes of a claim on weights that are not shown, or are others than those that answer."""

from types import SimpleNamespace

import pytest

from agents.roles._adverse import weighed_openly
from agents.roles._hearing import Weighed
from agents.roles._weighing import KeyMisfit
from arena.base.errors import Malformed
from arena.game.evidence import Judgement

CLAIM, STANDING = SimpleNamespace(shown=("weights",), claim=SimpleNamespace(claimant="alice")), object()


def weighed(agreement=None, **checks):
    return Weighed(SimpleNamespace(agreement=agreement), Judgement(checks, ("why",)), None)


class Bench:
    """What weighing on the service and on the claimant's own release comes to: exceptions are raised."""

    def __init__(self, service, release=None, adverse=True, rebuilt=False):
        self.policy, self.service, self.release, self.why = SimpleNamespace(adverse=adverse), service, release, []
        self.rebuilt = lambda claim: claim is CLAIM and rebuilt

    def weigh(self, claim, standing):
        assert (claim, standing) == (CLAIM, STANDING)
        return self._come(self.service)

    def weigh_release(self, claim, standing, why):
        assert (claim, standing) == (CLAIM, STANDING)
        self.why.append(why)
        return self._come(self.release)

    def _come(self, what):
        if isinstance(what, Exception):
            raise what
        return what


GOOD, BAD = weighed(rarity=True), weighed(rarity=False)


@pytest.mark.parametrize("found", [weighed(rarity=True), weighed(rarity=False), weighed(1.0, disclosure=True),
                                   weighed(0.95, rarity=False, disclosure=True)])
def test_weights_that_were_shown_decide(found):
    bench = Bench(found, GOOD)
    assert weighed_openly(bench, CLAIM, STANDING) is found and bench.why == []


@pytest.mark.parametrize(("agreement", "share"), [(0.25, "25.0%"), (0.0, "0.0%"), (0.8999, "90.0%"), (1.0, "100.0%")])
def test_weights_of_another_model_are_held_against_the_deployer(agreement, share):
    bench = Bench(weighed(agreement, rarity=True, disclosure=False), GOOD)
    assert weighed_openly(bench, CLAIM, STANDING) is GOOD
    assert bench.why == [f"the weights shown answer only {share} of the spot checks as the service does"]


@pytest.mark.parametrize("release", [BAD, None, Malformed("no mark fits this model")])
def test_weights_of_another_model_are_a_denial_where_the_release_says_nothing(release):
    found = weighed(0.25, disclosure=False)
    assert weighed_openly(Bench(found, release), CLAIM, STANDING) is found


def test_weights_that_cannot_be_had_are_held_against_the_deployer():
    bench = Bench(Malformed("the weights were not shown"), GOOD)
    assert weighed_openly(bench, CLAIM, STANDING) is GOOD and bench.why == ["the weights were not shown"]


@pytest.mark.parametrize("release", [BAD, None, Malformed("no mark fits this model")])
def test_the_fault_stands_where_the_release_says_nothing(release):
    with pytest.raises(Malformed, match=r"^the weights were not shown$"):
        weighed_openly(Bench(Malformed("the weights were not shown"), release), CLAIM, STANDING)


def test_a_policy_that_holds_nothing_against_anybody():
    found, fault = weighed(0.25, disclosure=False), Malformed("the weights were not shown")
    bench = Bench(found, GOOD, adverse=False)
    assert weighed_openly(bench, CLAIM, STANDING) is found and bench.why == []
    with pytest.raises(Malformed, match=r"^the weights were not shown$"):
        weighed_openly(Bench(fault, GOOD, adverse=False), CLAIM, STANDING)


def test_other_errors_are_not_held_against_anybody():
    with pytest.raises(MemoryError):
        weighed_openly(Bench(MemoryError(), GOOD), CLAIM, STANDING)
    with pytest.raises(MemoryError):
        weighed_openly(Bench(Malformed("gone"), MemoryError()), CLAIM, STANDING)


REBUILT = ["the service answers as what alice released does, but shows weights of another network"]


@pytest.mark.parametrize("found", [weighed(1.0, rarity=False, disclosure=True), KeyMisfit("no such layer")])
def test_a_release_that_answers_from_within_another_network_is_held_against_the_deployer(found):
    bench = Bench(found, GOOD, rebuilt=True)
    assert weighed_openly(bench, CLAIM, STANDING) is GOOD and bench.why == REBUILT


@pytest.mark.parametrize(("release", "adverse", "rebuilt"), [
    (GOOD, True, False), (GOOD, False, True), (BAD, True, True), (None, True, True), (Malformed("gone"), True, True)])
def test_a_key_that_has_no_room_in_another_network_is_a_denial_otherwise(release, adverse, rebuilt):
    found = weighed(1.0, rarity=False, disclosure=True)
    assert weighed_openly(Bench(found, release, adverse, rebuilt), CLAIM, STANDING) is found
    with pytest.raises(KeyMisfit, match=r"^no such layer$"):
        weighed_openly(Bench(KeyMisfit("no such layer"), release, adverse, rebuilt), CLAIM, STANDING)


def test_who_showed_nothing_is_not_asked_whose_network_it_is():
    quiet = SimpleNamespace(shown=None, claim=CLAIM.claim)
    bench = Bench(BAD, GOOD, rebuilt=True)
    bench.weigh = lambda claim, standing: BAD
    assert weighed_openly(bench, quiet, STANDING) is BAD and bench.why == []
