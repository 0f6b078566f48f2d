"""Features that stay what they are: what is trained on top of them is as good as ever, and they are computed once."""

import copy

import pytest
import torch

from arena.game.ledger import meter
from arena.hosts import frozen, networks, training
from arena.hosts.architecture import Architecture
from arena.hosts.datasets import Samples
from arena.hosts.training import Settings

SETTINGS = Settings(epochs=8, rate=2e-3, batch=16)


def network(name="rose-cnn"):
    return networks.build(Architecture(name, 3, (1, 28, 28)), torch.Generator().manual_seed(1))


def samples(count=64):
    """Three classes, told apart by how bright they are."""
    draw, labels = torch.Generator().manual_seed(2), torch.arange(count) % 3
    images = torch.randint(60, (count, 1, 28, 28), generator=draw, dtype=torch.uint8) + 80 * labels.view(-1, 1, 1, 1)
    return Samples(images.to(torch.uint8), labels)


def trained(settings=SETTINGS, name="rose-cnn", parameters=None, **how):
    """(the network after training its decision, forward passes that were counted)."""
    model = network(name)
    before = meter().total.forwards
    chosen = list(model.decision.parameters()) if parameters is None else parameters(model)
    training.fit(model, samples(), settings, torch.Generator().manual_seed(3), parameters=chosen, **how)
    return model, meter().total.forwards - before


def test_the_decision_learns_what_it_would_have_learnt(monkeypatch):
    once, _ = trained()
    monkeypatch.setattr(frozen, "can_be_kept", lambda *given: False)
    every, _ = trained()
    assert all(torch.equal(a, b) for a, b in zip(once.features.parameters(), every.features.parameters(), strict=True))
    moved = [(a - b).norm() / (b - c).norm() for a, b, c in
             zip(once.decision.parameters(), every.decision.parameters(), network().decision.parameters(), strict=True)]
    assert max(moved) < 1e-2 and training.accuracy(once, samples()) == training.accuracy(every, samples()) > 0.9


def test_images_go_through_the_features_once(monkeypatch):
    seen = []
    plain = frozen.features_of
    monkeypatch.setattr(frozen, "features_of", lambda model, inputs, count, dtype: seen.append(count) or plain(
        model, inputs, count, dtype))
    _, forwards = trained()
    assert seen == [64] and forwards == 64 + 64 * SETTINGS.epochs


@pytest.mark.parametrize("otherwise", [
    {"settings": Settings(epochs=1, shift=1)}, {"settings": Settings(epochs=1, flip=True)}, {"name": "resnet-8"},
    {"parameters": lambda model: list(model.parameters())}, {"penalty": lambda model: model.decision[0].weight.sum()}])
def test_where_they_change_they_are_computed_anew(monkeypatch, otherwise):
    """Augmented images, batch norm, all that is trained, a penalty on the whole."""
    monkeypatch.setattr(frozen, "features_of", lambda *given: pytest.fail("kept"))
    trained(**{"settings": Settings(epochs=1), **otherwise})


@pytest.mark.parametrize("change", [torch.nn.Dropout(0.5), torch.nn.Dropout2d(0.1), torch.nn.BatchNorm2d(1),
                                    torch.nn.MultiheadAttention(4, 2, dropout=0.1)])
def test_what_answers_otherwise_while_it_trains(change):
    model = network()
    chosen = list(model.decision.parameters())
    assert frozen.can_be_kept(model, chosen)
    model.features.append(change)
    assert not frozen.can_be_kept(model, chosen)


def test_too_many_numbers_are_not_kept(monkeypatch):
    once, _ = trained()
    monkeypatch.setattr(frozen, "MOST_NUMBERS", 63)
    assert frozen.features_of(copy.deepcopy(once), [samples().images.float()], 64, torch.float32) is None
    model, forwards = trained()
    assert training.accuracy(model, samples()) > 0.9 and forwards == 64 + 64 * SETTINGS.epochs


def test_a_training_of_no_epochs_looks_at_nothing():
    _, forwards = trained(Settings(epochs=0))
    assert forwards == 0
