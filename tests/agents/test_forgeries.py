"""What forgeries say of themselves: the schemes whose keys they make, and how many images that takes."""

from dataclasses import fields
from functools import partial

import pytest

from agents.forgeries._rose import RoseForgery
from agents.forgeries.labels.duplicates import Duplicates
from agents.forgeries.labels.grind import Grind
from agents.forgeries.labels.raise_level import RaiseLevel
from agents.forgeries.labels.random_key import RandomKey
from agents.forgeries.labels.replay import Replay
from agents.forgeries.weights.grind_seed import GrindSeed
from agents.forgeries.weights.sign_sequence import SignSequence
from arena.forging.hashing import MOST_COST
from arena.hosts.architecture import Architecture
from arena.strategies import Misfit, built_in, find
from arena.strategies.premises import Data, Premises

DATA = Data("digits", tuple("0123456789"), (1, 8, 8), {"train": 20, "validation": 4, "fine-tune": 5}, (3,) * 10)
OWNER = Premises(DATA, Architecture("digits-cnn", 10, (1, 8, 8)), lambda name: DATA)
FORGER = Premises(DATA, OWNER.architecture, OWNER.other, parts=("validation", "fine-tune"))
OF_ROSE = [name for name in built_in("forgeries") if issubclass(find("forgeries", name), RoseForgery)]
OF_POOL = [name for name in OF_ROSE if name != "duplicates"]


def test_every_forgery_names_schemes_that_there_are():
    for name in built_in("forgeries"):
        forgery = find("forgeries", name)()
        assert forgery.schemes and set(forgery.schemes) <= set(built_in("schemes")), name
    assert GrindSeed("negative-correlation").schemes == ("negative-correlation",) and GrindSeed().schemes == ("uchida",)
    assert OF_POOL == ["adversarial", "encoding-gap", "flip-bits", "grind", "multi-target", "natural", "random-key",
                       "truncated-seed"]


@pytest.mark.parametrize("name", OF_POOL)
def test_a_key_takes_as_many_images_as_triggers(name):
    kind = find("forgeries", name)
    assert "triggers" in {f.name for f in fields(kind)} and kind.schemes == ("rose",)
    for premises, pool in ((OWNER, 25), (FORGER, 9)):
        assert premises.pool == pool and kind(triggers=pool).misfit(premises) is None
        wanted = f"{pool + 1} different images are wanted, but digits has {pool} for it"
        assert kind(triggers=pool + 1).misfit(premises) == Misfit(wanted, "triggers")


def test_variants_of_one_image_are_many():
    assert Duplicates(2**20).misfit(FORGER) is None and Duplicates(2**20 + 1).misfit(FORGER).parameter == "triggers"


@pytest.mark.parametrize("kind", [partial(Grind, 5), RaiseLevel], ids=["grind", "raise-level"])
def test_memory_is_scrypts(kind):
    for memory in (16, MOST_COST):
        assert kind(level=3, memory=memory).misfit(OWNER) is None
    for memory in (8, 24, 2 * MOST_COST):
        wanted = f"a power of two from 16 to 2^20 is wanted, not {memory:,}"
        assert kind(level=3, memory=memory).misfit(OWNER) == Misfit(wanted, "memory")
        assert kind(level=2, memory=memory).misfit(OWNER) is None
    assert Grind(level=3, triggers=99).misfit(OWNER).parameter == "triggers"


def test_only_keys_with_levels_are_raised():
    assert RaiseLevel(RandomKey()).misfit(OWNER) is None and RaiseLevel(Replay()).misfit(OWNER) is None
    fault = "sign-sequence makes keys of negative-correlation, and only rose has levels"
    assert RaiseLevel(SignSequence()).misfit(OWNER) == Misfit(fault, "forgery")
