"""The workshop: what was trained once is taken from the store, every training leaves its curves, and workshops made
from another tell it theirs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from agents.schemes.triggers.rose import Rose
from agents.schemes.weights.negative_correlation import NegativeCorrelation
from arena.game import ledger
from arena.hosts import training
from arena.hosts.networks import build
from arena.hosts.training import Penalty, Settings, Training
from arena.hosts.weights import fingerprint
from arena.testing import SMALL, small_host, small_workshop
from arena.workshop.kept import Curves, noted
from arena.workshop.practice import PracticeWorkshop

BRIEF = Settings(epochs=1)


@pytest.fixture
def trained(monkeypatch):
    """The settings of every training that was really done, the store's left out."""
    done, fit = [], training.fit

    def counted(model, samples, settings, *rest, **more):
        done.append(settings)
        return fit(model, samples, settings, *rest, **more)

    monkeypatch.setattr(training, "fit", counted)
    return done


def fresh(shop):
    return build(shop.architecture, torch.Generator().manual_seed(1))


def test_fit_gives_the_same_network_back_and_keeps_its_curves(tmp_path, trained):
    shop, again = small_workshop(tmp_path), small_workshop(tmp_path)
    one, two = fresh(shop), fresh(again)
    assert shop.fit(one, shop.samples, Training("warm-up", BRIEF)) is one
    assert again.fit(two, shop.samples, Training("warm-up", BRIEF)) is two
    assert trained == [BRIEF] and fingerprint(one) == fingerprint(two) != fingerprint(fresh(shop))
    [curves] = shop.trainings
    assert shop.trainings == again.trainings and curves.purpose == "warm-up"
    assert len(curves.loss) == len(curves.accuracy) == 1
    assert not one.training and not two.training


def test_another_penalty_is_another_training(tmp_path, trained):
    shop = small_workshop(tmp_path)

    def fit(strength, recipe):
        penalty = Penalty(lambda model: strength * model.decision[0].weight.square().sum(), recipe)
        return fingerprint(shop.fit(fresh(shop), shop.samples, Training("penalized", BRIEF, penalty=penalty)))

    light, heavy = fit(0.1, "light"), fit(10.0, "heavy")
    assert light != heavy and light == fit(0.1, "light") and len(trained) == 2


def test_other_parameters_are_another_training(tmp_path, trained):
    shop, names = small_workshop(tmp_path), ["features", "decision"]
    moved = {}
    for name in [*names, *names]:
        model = fresh(shop)
        shop.fit(model, shop.samples, Training("a part", BRIEF, list(getattr(model, name).parameters())))
        moved[name] = [not torch.equal(getattr(model, part)[0].weight, getattr(fresh(shop), part)[0].weight)
                       for part in names]
    assert moved == {"features": [True, False], "decision": [False, True]} and len(trained) == 2


def test_what_somebody_else_kept_is_not_found(tmp_path, trained):
    shop, other = small_workshop(tmp_path), small_workshop(tmp_path, "somebody else")
    for who in (shop, other):
        who.fit(fresh(shop), shop.samples, Training("warm-up", BRIEF))
    assert len(trained) == 2 and shop.trainings != other.trainings


def test_a_workshop_made_from_another_tells_it_of_its_trainings(tmp_path):
    shop = small_workshop(tmp_path)
    longer = replace(shop, task=replace(shop.task, epochs=2))
    longer.host(shop.samples, "host")
    assert [len(curves.loss) for curves in shop.trainings] == [2] and shop.trainings == longer.trainings
    assert not small_workshop(tmp_path).trainings


def test_all_get_the_same_unmarked_host_trained_once(tmp_path, trained):
    shop = small_workshop(tmp_path)
    hosts = [shop.unmarked_host(), shop.unmarked_host(), shop.host(shop.samples, "unmarked host"), small_host(tmp_path)]
    assert len(trained) == 1 and len({fingerprint(host) for host in hosts}) == 1
    assert len({id(host) for host in hosts}) == 4


def test_schemes_mark_the_unmarked_host_that_the_owner_compares_with(tmp_path, trained):
    shop = small_workshop(tmp_path)
    shop.unmarked_host()
    scheme = NegativeCorrelation(1, alpha=0.2, regions=1)
    marked, plain = scheme.mark(scheme.draw_key(shop), shop).state_dict(), shop.unmarked_host().state_dict()
    changed = [name for name in plain if not torch.equal(plain[name], marked[name])]
    assert len(trained) == 1 and changed == ["features.0.weight", "features.3.weight", "features.7.weight"]


def test_practice_has_draws_of_its_own_and_tells_of_its_trainings(tmp_path):
    shop = replace(small_workshop(tmp_path, "mallory"), admitted=("rose",), customers=3)
    shop.unmarked_host()
    practice = PracticeWorkshop.beside(shop, shop.samples.take(torch.arange(60)))
    assert practice.draws == shop.draws.apart("practice") and practice.agent == "mallory, practising"
    assert (practice.task, practice.options) == (shop.task, shop.options)
    assert (practice.admitted, practice.customers) == (("rose",), 3)
    host, longer = practice.unmarked_host(), replace(practice, task=replace(shop.task, epochs=4))
    assert fingerprint(host) != fingerprint(shop.unmarked_host())
    assert longer.samples.labels.equal(practice.samples.labels)
    assert [curves.purpose for curves in shop.trainings] == [
        "unmarked host", "practice: unmarked host", "unmarked host"]
    assert practice.trainings == shop.trainings


def test_practice_marks_the_stolen_model_or_from_scratch_a_host_of_its_own(tmp_path):
    shop, stolen = small_workshop(tmp_path, "mallory"), small_host(tmp_path)
    practice = PracticeWorkshop.beside(shop, shop.samples.take(torch.arange(60)), stolen)
    unmarked, marked = practice.unmarked_host(), Rose(8).mark(Rose(8).draw_key(practice), practice)
    assert unmarked is not stolen and fingerprint(unmarked) == fingerprint(stolen) != fingerprint(marked)
    assert [curves.purpose for curves in shop.trainings] == ["practice: marked host"]


def test_a_note_has_the_latest_training_of_each_purpose():
    first, other = Curves("host", (1.0,), (0.5,)), Curves("key", (2.0,), (0.1,))
    last = Curves("host", (0.5, 0.25), (0.75, 1.0))
    assert list(noted([first, other, last]).curves.items()) == [
        ("host", {"loss": [0.5, 0.25], "accuracy": [0.75, 1.0]}), ("key", {"loss": [2.0], "accuracy": [0.1]})]
    assert Curves.of("key", other.plain()) == other


def test_the_flops_of_one_architecture_are_no_others(store):
    """Kept for the process: by all that an architecture says."""
    small, padded = small_workshop(store), small_workshop(store, task=replace(SMALL, pad=16))
    again = small_workshop(store, "another")
    for shop in (small, padded, again):
        assert shop.flops == ledger.flops(build(shop.architecture), shop.architecture.shape)
    assert again.flops == small.flops != padded.flops
