"""Who was first among several claimants, whatever they are called and in whatever order they came."""

from dataclasses import FrozenInstanceError
from itertools import permutations

import pytest

from agents.roles._rivals import Rival, earlier, resolve


@pytest.mark.parametrize("names", permutations(["anna", "mona", "zoe"]))
def test_the_order_of_names_and_claims_tells_nothing(names):
    """The keys of each fit what those after him released: the first is first, whatever he is called."""
    marked = ["zoe", "anna", "mona"]
    rivals = [Rival(number, name, number) for number, name in enumerate(names)]
    found = resolve(rivals, lambda number, agent: marked.index(agent) > marked.index(names[number]))
    assert [found[number][0] for number in range(3)] == ["first" if name == "zoe" else "later" for name in names]


def test_ones_own_second_claim_hides_no_rival():
    again = "".join(["al", "ice"])  # the same name, another object
    rivals = [Rival(1, "alice", 1), Rival(2, again, 2), Rival(3, "mallory", 3)]
    found = resolve(rivals, lambda number, agent: number == 3)
    assert found == {1: ("later", "mallory"), 2: ("later", "mallory"), 3: ("first", "")}


def test_a_rival_who_contests_in_vain_hides_no_other():
    rivals = [Rival(1, "alice", 1), Rival(2, "bob", 2, stands=False), Rival(3, "mallory", 3)]
    fits = {
        (1, "bob"): True,
        (2, "alice"): True,
        (1, "mallory"): False,
        (3, "alice"): True,
        (2, "mallory"): None,
        (3, "bob"): None,
    }
    assert resolve(rivals, lambda number, agent: fits[number, agent])[1] == ("later", "mallory")


def test_who_lost_once_has_lost_to_that_one():
    rivals = [Rival(1, "alice", 1), Rival(2, "bob", 2), Rival(3, "carl", 3)]
    found = resolve(rivals, lambda number, agent: number > 1 or agent == "nobody")
    assert found[1] == ("later", "bob") and found[2][0] == found[3][0] == "disputed"
    assert (found[2][1], found[3][1]) == ("carl", "bob")


@pytest.mark.parametrize("order", permutations(range(3)))
def test_who_is_disputed_once_stays_so(order):
    """Alice and bob each fit the other's; carl's fits what both released: whoever stands before carl in the list
    disputes first."""
    three = [Rival(1, "alice", 1), Rival(2, "bob", 2), Rival(3, "carl", 3)]
    found = resolve([three[n] for n in order], lambda number, agent: number == 3 or agent != "carl")
    last = {1: order.index(2) > order.index(1), 2: order.index(2) > order.index(0)}
    assert found[1] == (("disputed", "bob") if last[1] else ("later", "carl"))
    assert found[2] == (("disputed", "alice") if last[2] else ("later", "carl")) and found[3] == ("first", "")


@pytest.mark.parametrize("stands", [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("winner", [0, 1])
def test_one_who_only_contests_is_first_or_later_as_any(stands, winner):
    rivals = [Rival(1, "alice", 1, stands[0]), Rival(2, "bob", 2, stands[1])]
    found = resolve(rivals, lambda number, agent: number == winner + 1)
    assert found[winner + 1] == ("first", "")
    assert found[2 - winner] == ("later", ["alice", "bob"][winner])


def test_nobody_has_no_rivals_and_rivals_are_not_changed():
    assert resolve([], lambda *_: True) == {} and resolve([Rival(1, "alice", 1)], lambda *_: None) == {1: ("first", "")}
    with pytest.raises(FrozenInstanceError):
        Rival(1, "alice", 1).stands = False


@pytest.mark.parametrize(("in_theirs", "in_ones_own", "first"), [
    (None, None, "the one who committed first"), (None, True, "two"), (None, False, "one"),
    (True, None, "one"), (False, None, "two"), (True, True, None), (False, False, None), (True, False, "one"),
    (False, True, "two")])
def test_whose_key_fits_the_others_release_was_first(in_theirs, in_ones_own, first):
    """A release that holds another's mark was made after it. Of one who released nothing nothing is known but whether
    his key fits the other's."""
    one, two = Rival(1, "ann", 5), Rival(2, "bob", 3)
    said = {(1, "bob"): in_theirs, (2, "ann"): in_ones_own}
    expected = {"one": one, "two": two, "the one who committed first": two, None: None}[first]
    assert earlier(one, two, lambda claim, agent: said[claim, agent]) is expected
    assert earlier(two, one, lambda claim, agent: said[claim, agent]) is expected
