"""Who was first among several claimants, whatever they are called and in whatever order they came."""

from dataclasses import FrozenInstanceError
from itertools import permutations

import pytest

from agents.roles._rivals import Rival, resolve


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


def test_nobody_has_no_rivals_and_rivals_are_not_changed():
    assert resolve([], lambda *_: True) == {} and resolve([Rival(1, "alice", 1)], lambda *_: None) == {1: ("first", "")}
    with pytest.raises(FrozenInstanceError):
        Rival(1, "alice", 1).stands = False
