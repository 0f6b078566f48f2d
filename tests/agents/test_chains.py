"""Attacks one after another: `arena check` refuses exactly the pairs that fail when they are played, each tried
here."""

import copy
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from agents.attacks.model.adversarial_training import AdversarialTraining
from agents.attacks.model.align_features import AlignFeatures
from agents.attacks.model.blur_labels import BlurLabels
from agents.attacks.model.dummy_neurons import DummyNeurons
from agents.attacks.model.fine_prune import FinePrune
from agents.attacks.model.fine_tune import FineTune
from agents.attacks.model.launder import Launder
from agents.attacks.model.morph import Morph
from agents.attacks.model.neural_cleanse import NeuralCleanse
from agents.attacks.model.overwrite import Overwrite
from agents.attacks.model.overwrite_by_length import OverwriteByLength
from agents.attacks.model.prune import Prune
from agents.attacks.model.quantize import Quantize
from agents.attacks.model.refit import Refit
from agents.attacks.model.regularize import Regularize
from agents.attacks.model.transfer import Transfer
from agents.attacks.model.weight_shift import WeightShift
from agents.attacks.service.autoencoder import Autoencoder
from agents.attacks.service.input_noise import InputNoise
from agents.attacks.service.jpeg import Jpeg
from agents.attacks.service.mirror import Mirror
from agents.attacks.service.occlude import Occlude
from agents.attacks.service.perturb import Perturb
from agents.attacks.service.smooth import Smooth
from agents.attacks.service.squeeze import Squeeze
from agents.attacks.service.withhold import Withhold
from agents.attacks.theft.average import Average
from agents.attacks.theft.distill import Distill
from agents.attacks.theft.ensemble_of_thieves import EnsembleOfThieves
from agents.attacks.theft.independent_host import IndependentHost
from agents.attacks.theft.knockoff import Knockoff
from agents.attacks.theft.twin import Twin
from agents.schemes.weights.negative_correlation import NegativeCorrelation
from agents.schemes.weights.uchida import Uchida
from arena.scenario.fitting import _chain
from arena.scenario.task import Library
from arena.strategies import Attack, built_in, describe, name_of, within
from arena.strategies.premises import Premises
from arena.strategies.returned import modified_answers
from arena.testing import SMALL, small_host, small_workshop
from arena.workshop.loot import Loot

TASK = replace(SMALL, epochs=1, limit=300)
LAYER = "features.3"
ATTACKS = [
    FineTune(epochs=1), Prune(0.1), Prune(0.1, layers=LAYER), Prune(0.1, retrain=1), Quantize(),
    Quantize("full-integer"), Quantize("float16"),
    Transfer("two", epochs=1), Transfer("digits", epochs=1), Jpeg(), IndependentHost(1), Morph(), Morph(LAYER),
    Overwrite(Uchida(8), epochs=1),
    Overwrite(NegativeCorrelation(1)), Average(), WeightShift(epochs=1), WeightShift(epochs=0),
    WeightShift(LAYER, epochs=0), Autoencoder(1, folds=2),
    Distill(1), Distill(1, "hard"), Twin(1, 1), EnsembleOfThieves(), EnsembleOfThieves([Prune(0.1), Prune(0.2)]),
    EnsembleOfThieves([Quantize(), Prune(0.1)]),
    Smooth(), InputNoise(), Squeeze(), Mirror(), Occlude(), Refit(epochs=1), Regularize(epochs=1, mend=0),
    BlurLabels(epochs=1), AdversarialTraining(1, steps=1), FinePrune(epochs=1),
    Perturb(), Withhold(), NeuralCleanse(steps=1, images=4, epochs=1), Knockoff(queries=20, epochs=1),
    Launder(steps=1, images=4, epochs=1), AlignFeatures(copies=1, epochs=1), OverwriteByLength("", (0, 8), epochs=1),
    DummyNeurons(),
    EnsembleOfThieves([Transfer("two", epochs=1), Transfer("two", epochs=1, train="all")]),
]
ELSEWHERE = {"tuned"}
"""It needs what the attack within needs, which is asked by itself."""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with a data set of two classes."""
    folder, draw = tmp_path_factory.mktemp("two"), np.random.default_rng(0)
    images, labels = draw.integers(0, 256, (60, 8, 8, 1), dtype=np.uint8), np.arange(60) % 2
    np.savez(folder / "two.npz", train_images=images[:40], train_labels=labels[:40], test_images=images[40:],
             test_labels=labels[40:])
    return folder


def thief(store, data, number, copies):
    """What an attack gets to work with."""
    shop = small_workshop(store, "mallory", TASK)
    shop.options = replace(shop.options, data=str(data))
    return Loot(shop, f"attack {number}", copies=copies, samples=24)


def played(attack, model, loot):
    """The model after an attack that can be played; None when it can't."""
    try:
        model = attack.modify_model(copy.deepcopy(model), loot)
        loot = replace(loot, model=model)
        images = attack.modify_query(loot.workshop.dataset.parts["test"].images[:4].numpy(), loot)
        modified_answers(attack, loot.workshop.soft_answers(model, torch.from_numpy(images)).numpy(), images, loot)
    except Exception:
        return None
    return model


def refused(attack, premises):
    """What `check` says of an attack and of those within it."""
    return [fault for fault in [attack.misfit(premises), *(refused(inner, premises) for inner in within(attack))]
            if fault]


@pytest.mark.parametrize(("sold", "seconds"), [(1, (Average, EnsembleOfThieves)), (2, Attack)])
def test_pairs(store, data, sold, seconds):
    torch.set_num_threads(1)
    library = Library(data, TASK)
    host, other = small_host(store, TASK), small_host(store, replace(TASK, rate=1e-3))
    shop = thief(store, data, 0, ()).workshop
    copies = tuple(shop.save(copy.deepcopy(other)) for _ in range(sold - 1))
    premises = Premises(library("digits"), shop.architecture, library, samples=24, copies=sold, victim="alice")
    wrong = []
    firsts = {number: played(attack, host, thief(store, data, 1, copies)) for number, attack in enumerate(ATTACKS)}
    for number, attack in enumerate(ATTACKS):
        assert (firsts[number] is None) == bool(refused(attack, premises)), describe(attack)
    for (number, one), two in product(enumerate(ATTACKS), ATTACKS):
        if firsts[number] is None or not isinstance(two, seconds):
            continue
        said = refused(two, list(_chain([one, two], premises))[1])
        fails = played(two, firsts[number], thief(store, data, 2, copies)) is None
        if fails != bool(said):
            wrong.append(f"{describe(one)} -> {describe(two)}: {'fails' if fails else 'plays'}, check says {said}")
    assert not wrong, "\n".join(wrong)


def test_every_attack_was_tried():
    assert {name_of(attack) for attack in ATTACKS} | ELSEWHERE == set(built_in("attacks"))
