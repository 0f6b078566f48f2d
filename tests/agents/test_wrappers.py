"""Strategies that hold another of their kind: what they are is what they hold, and nobody looks at which methods they
override."""

from dataclasses import dataclass, fields

import numpy as np
import pytest
import torch

from agents.attacks.model.overwrite import Overwrite
from agents.attacks.model.prune import Prune
from agents.attacks.model.quantize import Quantize
from agents.attacks.model.transfer import Transfer
from agents.attacks.service.jpeg import Jpeg
from agents.attacks.service.perturb import Perturb
from agents.attacks.theft.distill import Distill
from agents.attacks.theft.ensemble_of_thieves import EnsembleOfThieves
from agents.attacks.theft.independent_host import IndependentHost
from agents.forgeries.labels.natural import Natural
from agents.forgeries.weights.grind_seed import GrindSeed
from agents.schemes.triggers.label_change import LabelChange
from agents.schemes.triggers.rose import Rose
from agents.schemes.weights.negative_correlation import NegativeCorrelation
from agents.schemes.weights.uchida import Uchida
from arena.base.errors import ArenaError
from arena.game.messages import Release
from arena.hosts.weights import fingerprint
from arena.scenario.fitting import _chain
from arena.scenario.scenario import load
from arena.scenario.task import Library
from arena.strategies import (
    ANSWERS,
    LAYER_NAMES,
    MODEL,
    PLAIN_LAYERS,
    QUERIES,
    TASK_CLASSES,
    TWO_PARTS,
    Attack,
    Scheme,
    built_in,
    find,
)
from arena.strategies.premises import Premises
from arena.testing import check_attack, check_declarations, rehearse, small_host, small_workshop
from arena.testing.rehearsal import SMALL
from arena.workshop.loot import Loot
from tests.conftest import TINY

BUILT_IN = [find("attacks", name) for name in built_in("attacks")]
TUNED = next(cls for cls in BUILT_IN if {"attack", "search"} <= {f.name for f in fields(cls)})
"""The attack that searches another's parameters."""


@dataclass(frozen=True)
class Shouting(Attack):
    """does what another does, whose methods it overrides, all of them"""

    attack: Attack

    def modify_model(self, model, loot):
        return self.attack.modify_model(model, loot)

    def modify_query(self, images, loot):
        return self.attack.modify_query(images, loot)

    def modify_answers(self, answers, images, loot):
        return self.attack.modify_answers(answers, images, loot)


@dataclass(frozen=True)
class Spoiling(Attack):
    """says nothing of what it changes, answers among it"""

    def modify_answers(self, answers, images, loot):
        return 1 - answers


@dataclass(frozen=True)
class Plain(Attack):
    """says nothing of what it changes"""

    def modify_query(self, images, loot):
        return 255 - images


@dataclass(frozen=True)
class Seal(Scheme):
    """another scheme's mark, under a name of its own"""

    scheme: Scheme

    @property
    def overwriting(self):
        return self.scheme.overwriting

    @property
    def copies(self):
        return self.scheme.copies

    def draw_key(self, workshop):
        return self.scheme.draw_key(workshop)

    def further_copies(self, key, workshop):
        return self.scheme.further_copies(key, workshop)

    def overwrite(self, key, model, loot, settings):
        return self.scheme.overwrite(key, model, loot, settings)


def wrapped(attack, **search):
    return [TUNED(attack, LabelChange(5), search, 1), Shouting(attack), Shouting(Shouting(attack))]


@pytest.mark.parametrize(("attack", "search", "changes"), [
    (Prune(0.1), {"rate": [0.1, 0.3]}, MODEL), (Jpeg(), {"quality": [20, 90]}, QUERIES),
    (Perturb(), {"rate": [0.1, 0.9]}, ANSWERS),
    (Distill(1), {"epochs": [1, 2]}, MODEL), (IndependentHost(1), {"epochs": [1, 2]}, MODEL),
    (Transfer("digits"), {"epochs": [1, 2]}, MODEL)], ids=str)
def test_an_attack_on_another_is_what_that_is(attack, search, changes, store):
    loot = Loot(small_workshop(store, "mallory"), "attack 1")
    for each in wrapped(attack, **search):
        assert each.changes == attack.changes == changes
        assert (each.replaces_model, each.mends) == (attack.replaces_model, attack.mends)
        wanted, got = attack.test_set(loot), each.test_set(loot)
        assert (got is None) == (wanted is None) and (wanted is None or got.images.equal(wanted.images))


def test_what_says_nothing_may_change_both():
    assert Plain().changes == Shouting(Plain()).changes == MODEL | QUERIES
    assert Spoiling().changes == Shouting(Spoiling()).changes == MODEL | QUERIES | ANSWERS
    assert not Plain().replaces_model and Plain().mends == frozenset()


def test_a_tuned_query_attack_is_a_query_attack_when_it_is_played(store):
    """The model goes on as it was stolen, the queries are changed, and the stage says what the search found."""
    shop, host = small_workshop(store, "mallory"), small_host(store)
    attacker = find("roles", "attacker")([TUNED(Jpeg(), LabelChange(5), {"quality": [20, 90]}, 1)])
    rehearse(attacker, shop, [("alice", Release(shop.save(host), "a host"))])
    stolen, tuned = attacker._stages
    assert fingerprint(tuned.model) == fingerprint(stolen.model) and [len(s.queries) for s in (stolen, tuned)] == [0, 1]
    assert "; tuned: jpeg quality=" in tuned.name


def test_a_tuned_model_attack_leaves_queries_alone(store):
    shop, host = small_workshop(store, "mallory"), small_host(store)
    attacker = find("roles", "attacker")([TUNED(Prune(0.1), LabelChange(5), {"rate": [0.1, 0.2]}, 1), Plain()])
    rehearse(attacker, shop, [("alice", Release(shop.save(host), "a host"))])
    stolen, tuned, plain = attacker._stages
    assert [len(s.queries) for s in attacker._stages] == [0, 0, 1]
    assert fingerprint(plain.model) == fingerprint(tuned.model) != fingerprint(stolen.model)


def test_thieves_vote_with_models():
    for attack in wrapped(Jpeg(), quality=[20, 90]):
        with pytest.raises(ValueError, match="changes none"):
            EnsembleOfThieves([attack, Prune()])
    for attack in (*wrapped(Prune(), rate=[0.1, 0.2]), Plain()):
        assert EnsembleOfThieves([attack, Prune()]).changes == MODEL
    assert EnsembleOfThieves([IndependentHost(), IndependentHost(1)]).replaces_model
    assert not EnsembleOfThieves([IndependentHost(), Prune()]).replaces_model


def test_what_all_mend_is_mended(store):
    library = Library(None, SMALL)
    shop = small_workshop(store, "mallory")
    premises = Premises(library("digits"), shop.architecture, library)
    chain = [Quantize(), EnsembleOfThieves([Distill(1), Distill(2)]), Shouting(Distill(1)), Jpeg()]
    lost = [set(each.lost) for each in _chain(chain, premises)]
    assert lost == [set(), {PLAIN_LAYERS, LAYER_NAMES}, {TWO_PARTS, LAYER_NAMES}, set()]
    assert EnsembleOfThieves([Distill(1), Prune()]).mends == EnsembleOfThieves().mends == frozenset()


def test_what_is_measured_after_an_ensemble_of_transfers_is_their_data_set(store):
    loot = Loot(small_workshop(store, "mallory"), "attack 1")
    both = EnsembleOfThieves([Transfer("digits", epochs=1), Transfer("digits", epochs=2)])
    assert both.test_set(loot).images.equal(Transfer("digits").test_set(loot).images)
    assert EnsembleOfThieves([Prune(), Prune(0.3)]).test_set(loot) is None


def test_a_scheme_within_says_what_it_can_be_embedded_into_and_how_many_are_sold(store):
    shop = small_workshop(store, "alice")
    premises = Premises(Library(None, SMALL)("digits"), shop.architecture, Library(None, SMALL))
    for scheme, needs in ((Uchida(64), {TASK_CLASSES, LAYER_NAMES}), (NegativeCorrelation(1), set()), (Rose(10), None)):
        for each in (Overwrite(scheme), Overwrite(Seal(scheme)), Overwrite(Seal(Seal(scheme)))):
            assert (needs is None) == ("can't be embedded" in str(each.misfit(premises)))
            assert each.needs == (needs or set())
    owner = find("roles", "owner")
    schemes = (Rose(10), Seal(Rose(10)), Seal(NegativeCorrelation(1, copies=3)))
    assert [owner(each).copies for each in schemes] == [1, 1, 3]
    for scheme in (Seal(Rose(10)), NegativeCorrelation(1, copies=2), Seal(NegativeCorrelation(1, copies=2))):
        check_declarations(scheme, shop)


@dataclass(frozen=True)
class Liar(NegativeCorrelation):
    """says that it can't be embedded into a trained model, and can"""

    overwriting = None


@dataclass(frozen=True)
class Generous(Rose):
    """sells another copy without a word"""

    def further_copies(self, key, workshop):
        yield workshop.host(workshop.samples, "unmarked host")


@dataclass(frozen=True)
class Sly(Attack):
    """changes the model and says that it doesn't"""

    changes = QUERIES

    def modify_model(self, model, loot):
        with torch.no_grad():
            next(model.parameters()).mul_(2)
        return model


@dataclass(frozen=True)
class Silent(Attack):
    """changes answers and says that it doesn't"""

    changes = MODEL

    def modify_answers(self, answers, images, loot):
        return 1 - answers


@dataclass(frozen=True)
class Shy(Attack):
    """changes queries and says that it doesn't"""

    changes = MODEL

    def modify_query(self, images, loot):
        return np.flip(images, 3).copy()


def test_the_suite_finds_declarations_that_are_not_so(store):
    shop = small_workshop(store, "alice")
    for scheme, fault in ((Liar(1), "into a trained model"), (Generous(10), "2 copies are sold, but `copies` says 1")):
        with pytest.raises(AssertionError, match=fault):
            check_declarations(scheme, shop)
    for attack, fault in ((Sly(), "changes the model: say so"), (Shy(), "changes queries: say so"),
                          (Silent(), "changes answers: say so")):
        with pytest.raises(AssertionError, match=fault):
            check_attack(attack, store)


WAITING = '''
from dataclasses import dataclass
from arena.strategies import Forgery

@dataclass(frozen=True)
class Waiting(Forgery):
    """forges as another does"""
    forgery: Forgery

    @property
    def schemes(self):
        return self.forgery.schemes

    def forge(self, copy):
        return self.forgery.forge(copy)
'''


def test_a_forgery_within_says_whose_keys_it_makes(tmp_path):
    (tmp_path / "mine.py").write_text(WAITING)
    path = tmp_path / "s.yaml"
    cases = (("natural", "rose", True), ("grind-seed", "uchida", True), ("grind-seed", "rose", False))
    for forgery, scheme, fits in cases:
        usurper = f"{{role: usurper, scheme: {scheme}, forgery: {{'mine.py:Waiting': {{forgery: {forgery}}}}}}}"
        path.write_text(TINY.replace("{role: attacker}", usurper))
        if fits:
            assert load(path)
        else:
            line = r"s\.yaml:6:\d+: agents\.mallory\.forgery.*mine\.py:Waiting makes keys of uchida, not of rose"
            with pytest.raises(ArenaError, match=line):
                load(path)
    assert (Natural().schemes, GrindSeed().schemes) == (("rose",), ("uchida",))
