"""Neurons that change no answer: the same function in a wider network, and what the Verifier says to who shows it."""

import pytest
import torch

from agents.attacks.model.dummy_neurons import DummyNeurons, shares, widen
from agents.policies.rarity_and_work import RarityAndWork
from agents.schemes.weights.uchida import Uchida
from arena.base.errors import ArenaError
from arena.game.messages import Claim
from arena.hosts.architecture import Architecture
from arena.hosts.layers import markable
from arena.hosts.networks import build
from arena.hosts.voting import Majority
from arena.strategies.premises import Data, Premises
from arena.testing import small_workshop
from arena.workshop.loot import Loot
from tests.agents.test_white_box import judge


def network(name, seed=0, shape=(1, 8, 8)):
    """With batch norms that do something."""
    draw = torch.Generator().manual_seed(seed)
    net = build(Architecture(name, 10, shape), draw).eval()
    with torch.no_grad():
        for norm in (each for each in net.modules() if isinstance(each, torch.nn.BatchNorm2d)):
            for tensor in (norm.running_mean, norm.bias, norm.weight):
                tensor.copy_(torch.randn(tensor.shape, generator=draw))
            norm.running_var.copy_(0.5 + torch.rand(norm.running_var.shape, generator=draw))
    return net


def test_shares_sum_to_one_and_some_are_negative():
    copies = torch.tensor([0, 0, 1, 2, 2, 2, 2])
    for spread in (0.0, 1.0, 10.0):
        found = shares(copies, spread, torch.Generator().manual_seed(0))
        assert torch.bincount(copies, found).tolist() == pytest.approx([1, 1, 1]) and float(found[2]) == 1
        assert bool((found < 0).any()) is (spread > 0)


@pytest.mark.parametrize("spread", [0.0, 1.0, 3.0])
def test_the_wider_network_computes_the_same_by_other_weights(spread):
    narrow, wide = network("digits-cnn"), network("digits-cnn-wide", 1)
    widen(narrow, wide, spread, torch.Generator().manual_seed(2))
    images = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        before, after = narrow(images), wide(images)
    assert torch.allclose(before, after, rtol=0, atol=1e-4 * float(before.abs().max()))
    for name, layer in markable(wide).items():
        assert layer.weight.shape != markable(narrow)[name].weight.shape
        assert bool(layer.weight.isfinite().all()) and bool((layer.weight.flatten(1).abs().sum(1) > 0).all())


@pytest.mark.parametrize(("one", "two", "why"), [
    ("digits-cnn", "digits-cnn", "no more channels"), ("digits-cnn-wide", "digits-cnn", "can't be copies"),
    ("digits-cnn", "wide-resnet", "only one of them has a layer"),
    ("wide-resnet-narrow", "wide-resnet", "only one of them has a layer 'features.conv2.past'"),
    ("digits-cnn", "nonsense", "nonsense"), ("digits-cnn", "mine.py:Net", "by name")])
def test_networks_that_are_no_wider_are_refused(one, two, why):
    data = Data("digits", tuple("0123456789"), (1, 8, 8), {"train": 100}, (10,) * 10)
    premises = Premises(data, Architecture(one, 10, (1, 8, 8)), lambda name: data)
    misfit = DummyNeurons(two).misfit(premises)
    assert misfit is not None and why in misfit.text and misfit.parameter == "network"
    assert DummyNeurons("digits-cnn-wide").misfit(Premises(data, Architecture("digits-cnn", 10, (1, 8, 8)),
                                                           lambda name: data)) is None
    if ":" not in two and two != "nonsense":
        with pytest.raises(ArenaError, match=why):
            widen(network(one), network(two), 1.0, torch.Generator())


def test_what_later_attacks_rebuilt_is_shown_as_it_is(store):
    loot = Loot(small_workshop(store, "mallory"), "attack 1")
    for model in (network("resnet-8"), torch.nn.Flatten(), Majority([network("digits-cnn")])):
        assert DummyNeurons().show(model, loot) is model


def test_torchvision_has_wider_siblings_too():
    data = Data("images", tuple("0123456789"), (3, 32, 32), {"train": 100}, (10,) * 10)
    premises = Premises(data, Architecture("resnet50", 10, (3, 32, 32), 32), lambda name: data)
    assert DummyNeurons("wide_resnet50_2").misfit(premises) is None


@pytest.fixture(scope="module")
def marked(store):
    """(key, marked host, what a thief makes of it)."""
    shop, scheme = small_workshop(store, "alice"), Uchida(96, strength=0.3)
    key = scheme.draw_key(shop)
    host = scheme.mark(key, shop)
    loot = Loot(small_workshop(store, "mallory"), "attack 1")
    return key, host, DummyNeurons().show(host, loot)


def test_the_key_is_not_read_in_dummy_neurons_and_the_thief_is_known_by_his_answers(marked, store):
    """No bit is read in the wider layer, whose vector the key was not made for; but it answers as the owner's release
    does, from within another network. Who doesn't hold that against its deployer, or knows no release, denies."""
    key, host, wide = marked
    shop = small_workshop(store, "victor")
    assert (shop.predict(wide, shop.dataset.parts["test"].images)
            == shop.predict(host, shop.dataset.parts["test"].images)).all()
    examination = Uchida.examine(Claim("alice", "mallory", "shop", "uchida", key.fields()), shop.setting())
    assert examination.score(host).rarity > 70 and examination.score(wide).rarity < 20
    verdict = judge(key, store, wide, wide, reference=host)
    assert verdict.granted and "shows weights of another network" in verdict.reasons[0], verdict.reasons
    for policy, reference in ((RarityAndWork(undisclosed="denied"), host), (None, None)):
        verdict = judge(key, store, wide, wide, reference=reference, policy=policy)
        assert not verdict.granted and not verdict.checks["rarity"], verdict.reasons
