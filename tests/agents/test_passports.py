"""Passports: the null, what a forged one is worth and what it does to the host, and filters turned around."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from agents.forgeries.weights.invert_passport import InvertPassport
from agents.policies.rarity_and_work import RarityAndWork
from agents.roles.attacker import Attacker
from agents.roles.owner import Owner
from agents.roles.usurper import Usurper
from agents.roles.verifier import Verifier
from agents.schemes.weights.passports import (
    Key,
    PassportExamination,
    Passports,
    fold,
    scaled,
    scales,
    signatures,
    start,
)
from arena.base.errors import Malformed
from arena.game.messages import Claim, Verdict
from arena.hosts.architecture import Architecture
from arena.hosts.channels import aligned
from arena.hosts.networks import build
from arena.hosts.networks.exponential import weight_exponentially
from arena.hosts.task import Task
from arena.testing import rehearse_match, small_workshop
from arena.workshop.specimen import Specimen

TASK = Task(dataset="digits", network="digits-cnn", epochs=6, rate=2e-3, schedule="one-cycle")


def key(number=0, claimant="alice", layers=2):
    return Key(claimant, number.to_bytes(32, "big"), layers)


def score(one, model):
    return PassportExamination(one, "").score(model)


@pytest.fixture(scope="module")
def sold(store):
    """A workshop, the key, and the marked host."""
    shop = small_workshop(store, "alice", TASK)
    own = Passports().draw_key(shop)
    return shop, own, Passports().mark(own, shop)


@pytest.mark.parametrize("alike", [False, True], ids=["filters apart", "filters alike"])
def test_signs_are_fair_coins(alike):
    """Hits of 400 keys have the mean n / 2 and the variance n / 4, where all filters are one, and all signs therefore,
    too."""
    model = nn.Sequential(nn.Conv2d(3, 32, 3), nn.BatchNorm2d(32), nn.Conv2d(32, 32, 3), nn.BatchNorm2d(32))
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight, _ in scaled(model, 2):
            weight.copy_(torch.randn(weight[:1].shape if alike else weight.shape, generator=draw) + 0.5)
    hits = [score(key(number), model).hits for number in range(400)]
    assert abs(np.mean(hits) - 32) < 4 * np.sqrt(16 / 400) and 0.7 < np.var(hits) / 16 < 1.35


def test_a_scale_is_the_mean_of_what_a_convolution_says():
    """To any image: of its mean patch."""
    conv, image = nn.Conv2d(4, 6, 3, bias=False), torch.randn(1, 4, 9, 7, generator=torch.Generator().manual_seed(0))
    patch = nn.functional.unfold(image, 3).mean(2)[0]
    assert torch.allclose(conv(image).mean((0, 2, 3)), conv.weight.flatten(1) @ patch, atol=1e-5)


@pytest.mark.parametrize(("network", "norms"), [("digits-cnn", 3), ("resnet-8", 3), ("wide-resnet-narrow", 2),
                                                ("rose-cnn", 0)])
def test_a_network_starts_with_the_right_signs(network, norms):
    model = build(Architecture(network, 10, (1, 28, 28)), torch.Generator().manual_seed(0))
    count = 3 if norms else 2
    start(key(layers=count), model)
    layers = scaled(model, count)
    gammas = scales(key(layers=count), layers)
    assert all(bool((gamma * signs > 0).all())
               for gamma, signs in zip(gammas, signatures(key(layers=count), layers), strict=True))
    found = [norm.weight for _, norm in layers if norm is not None]
    assert len(found) == norms and all(any(torch.equal(one, gamma) for gamma in gammas) for one in found)
    weighted = weight_exponentially(copy.deepcopy(model), 2.0)
    assert sum(norm is not None for _, norm in scaled(weighted, count)) == norms
    with pytest.raises(Malformed, match="convolutions, too few for passports in 64"):
        scaled(model, 64)


def test_an_owner_is_believed_and_his_scales_are_the_passports(sold, store):
    shop, own, host = sold
    innocent = small_workshop(store, "bob", TASK).unmarked_host()
    assert score(own, host).hits > 0.98 * 224 and score(own, innocent).rarity < 10
    assert all(torch.equal(norm.weight, gamma)
               for (_, norm), gamma in zip(scaled(host, 3), scales(own, scaled(host, 3)), strict=True))
    assert shop.accuracy(host) > shop.accuracy(shop.unmarked_host()) - 0.02
    opened = Passports.examine(Claim("eve", "bob", "s", "passports", own.fields()), shop.setting())
    assert opened.score(host).rarity < 10


def test_a_forged_passport_spoils_the_host_unless_it_gives_the_hosts_own_scales(sold, store):
    """Solved for eve's signature it shows that, and as scales it ruins the answers (the paper's argument). Solved for
    the scales that are there (Chen et al.) it ruins nothing, and shows alice's signature, not one that eve's seed
    draws."""
    shop, own, host = sold
    specimen = Specimen("eve", copy.deepcopy(host), small_workshop(store, "eve", TASK))
    fields = InvertPassport().forge(specimen)
    forged = Key("eve", fields["seed"], 3, fields["passports"])
    assert score(forged, host).rarity > 100
    assert shop.accuracy(fold(forged, copy.deepcopy(host))) < 0.5
    patches = [(torch.linalg.pinv(weight.detach().double().flatten(1)) @ norm.weight.detach().double()).float()
               for weight, norm in scaled(host, 3)]
    same = Key("eve", fields["seed"], 3, torch.cat(patches).numpy())
    assert shop.accuracy(fold(same, copy.deepcopy(host))) > 0.9
    assert score(same, host).rarity < 10
    with pytest.raises(Malformed, match="the passports have 3 numbers, the layers"):
        score(Key("eve", fields["seed"], 3, np.ones(3, np.float32)), host)
    assert own.chosen is None


def test_inversion_wins_where_keys_may_be_chosen_and_is_not_heard_else(store):
    cast = {"alice": Owner(Passports()), "mallory": Attacker(), "eve": Usurper(InvertPassport(), "passports"),
            "victor": Verifier(RarityAndWork()),
            "felix": Verifier(RarityAndWork(work=0, commitment="ignored", chosen_keys=True))}
    said = rehearse_match(cast, store, TASK, admitted=["passports"])
    verdicts = {(m.sender, m.body.claimant): m.body for m in said if isinstance(m.body, Verdict)}
    assert not verdicts["victor", "eve"].granted and not verdicts["victor", "eve"].checks["well-formed"]
    assert "of the claimant's own choice proves nothing" in verdicts["victor", "eve"].reasons[0]
    assert verdicts["victor", "alice"].granted and verdicts["felix", "eve"].granted


def test_filters_turned_around_take_the_bits_for_nothing_and_are_turned_back(sold):
    """Each filter, its batch norm's mean and scale: the answers stay, signs are coins; matched to the release they are
    back."""
    shop, own, host = sold
    turned, draw = copy.deepcopy(host), torch.Generator().manual_seed(0)
    with torch.no_grad():
        convolutions = [layer for layer in turned.modules() if isinstance(layer, nn.Conv2d)]
        for conv, (weight, norm) in zip(convolutions, scaled(turned, 3), strict=True):
            signs = torch.randint(0, 2, (len(weight),), generator=draw) * 2.0 - 1
            weight.mul_(signs.view(-1, 1, 1, 1))
            for part in (conv.bias, norm.running_mean, norm.weight):
                part.mul_(signs)
    images = shop.dataset.parts["test"].images[:256]
    assert torch.allclose(shop.soft_answers(turned, images), shop.soft_answers(host, images), atol=1e-4)
    assert score(own, turned).rarity < 10
    assert score(own, aligned(turned, host, images).model).hits > 0.98 * 224
