"""What a thief can do to a mark in the weights, and what a claim survives: four fifths of the untouched rarity, read as
the Verifier reads."""

import copy
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from agents.attacks.model.morph import Morph
from agents.attacks.model.quantize import Quantize
from agents.attacks.model.weight_shift import WeightShift
from agents.attacks.theft.average import Average, normed_again
from agents.roles._weights import WeightsReader, reference_of
from agents.schemes.weights.negative_correlation import NegativeCorrelation
from agents.schemes.weights.uchida import Uchida
from arena.game.messages import Claim, Message, Release
from arena.hosts.channels import Moves, channels_of, move
from arena.hosts.quantised import Quantized
from arena.hosts.task import Task
from arena.hosts.training import CPU, to_input
from arena.hosts.weights import from_bytes, to_bytes
from arena.testing import small_workshop
from arena.workshop.loot import Loot

PLAIN = Task(dataset="digits", network="digits-cnn", epochs=3, rate=2e-3, schedule="one-cycle", batch=32)
RESIDUAL = Task(dataset="digits", network="wide-resnet-narrow", epochs=4, rate=1e-2, schedule="one-cycle", batch=32)
SCHEMES = {"uchida": Uchida(128, strength=0.3), "negative-correlation": NegativeCorrelation(1, alpha=0.15, regions=4)}
ATTACKS = {"whole-chain morph": Morph(), "scale": Morph(permute=False, scale=1e4, scaled="one"),
           "shift 1.5": WeightShift(factor=1.5, noise=0.0, epochs=0),
           "shift 1.5, repaired": WeightShift(factor=1.5, noise=0.0, epochs=4, rate=1e-3), "int8": Quantize()}


def marked(store, task, scheme, seed):
    """(marked host, the Verifier's reader of the mark, the thief's loot)."""
    shop, thief, victor = (small_workshop(store, name, task, seed) for name in ("alice", "mallory", "victor"))
    key = scheme.draw_key(shop)
    host = scheme.mark(key, shop)
    examination = type(scheme).examine(Claim("alice", "mallory", "shop", "any", scheme.open_key(key)), shop.setting())
    return host, WeightsReader(examination, host, victor), Loot(thief, "attack 1")


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("task", [PLAIN, RESIDUAL], ids=["plain", "residual"])
@pytest.mark.parametrize("name", SCHEMES)
def test_a_claim_survives(store, name, task, seed):
    host, reader, loot = marked(store, task, SCHEMES[name], seed)
    untouched = reader.score([host]).rarity
    assert untouched > 100
    for what, attack in ATTACKS.items():
        stolen = attack.modify_model(copy.deepcopy(host), loot)
        assert reader.score([stolen]).rarity >= 0.8 * untouched, what
        if what == "whole-chain morph":
            images = to_input(loot.workshop.dataset.parts["test"].images[:64], CPU)
            with torch.no_grad():
                one, two = host(images), stolen(images)
            assert torch.allclose(one, two, rtol=1e-5, atol=1e-5 * float(one.abs().max()))
            assert reader.examination.score(stolen).rarity < 0.2 * untouched, "it doesn't survive by itself"


def test_both_tails_cost_a_bit_and_the_shift_of_one_removes(store):
    """T bits right, or T wrong: T - 1 bits. Where the mean over filters is 0 the signs are those of rounding errors."""
    host, reader, loot = marked(store, RESIDUAL, SCHEMES["uchida"], 1)
    found = {factor: reader.score([WeightShift("features.conv2.second", factor, 0.0, 0).modify_model(
        copy.deepcopy(host), loot)]) for factor in (0.0, 1.0, 1.5, 2.0)}
    assert found[0.0].rarity == found[1.5].rarity == found[2.0].rarity == pytest.approx(127)
    assert [found[factor].details["inverted"] for factor in (0.0, 1.5, 2.0)] == [0, 1, 1]
    assert found[1.0].rarity < 20


@pytest.mark.parametrize("noise", [1.0, 2.0])
def test_noise_removes_what_it_covers(store, noise):
    """Noise of s standard deviations divides the statistic by sqrt(1 + s^2), and adds N(0, s^2 / (1 + s^2)): no shift
    is wanted for that, and no reading undoes it."""
    host, reader, loot = marked(store, RESIDUAL, SCHEMES["negative-correlation"], 1)
    before = reader.score([host]).statistic
    after = [reader.score([WeightShift(factor=0.0, noise=noise, epochs=0).modify_model(
        copy.deepcopy(host), Loot(loot.workshop, f"attack {number}"))]).statistic for number in range(8)]
    assert np.mean(after) == pytest.approx(before / np.sqrt(1 + noise**2), abs=3.5 / np.sqrt(8))


def test_weights_of_8_bits_travel_as_such_and_are_read_as_floats(store):
    host, reader, loot = marked(store, PLAIN, SCHEMES["uchida"], 1)
    images = to_input(loot.workshop.dataset.parts["test"].images[:64], CPU)
    for to in ("dynamic-range", "full-integer"):
        served = Quantize(to).modify_model(copy.deepcopy(host), loot).eval()
        raw = to_bytes(served)
        shown = from_bytes(raw).eval()
        assert len(raw) < 0.3 * len(to_bytes(host)) and b'"I8"' in raw and to_bytes(shown) == raw
        with torch.no_grad():
            assert torch.equal(served(images), shown(images)) and not torch.equal(host(images), shown(images))
        assert reader.score([shown]).rarity >= 0.8 * reader.score([host]).rarity > 80
        with torch.no_grad():
            shown.features[0].layer.weight.add_(1e-3)
        changed = from_bytes(to_bytes(shown))
        assert isinstance(changed.features[0], Quantized)
        assert torch.equal(changed.features[0].layer.weight, shown.features[0].layer.weight)


def test_the_best_of_several_members_costs_the_log_of_their_number(store):
    host, reader, loot = marked(store, PLAIN, SCHEMES["uchida"], 1)
    other = loot.workshop.unmarked_host()
    assert reader.score([other, host, other, other]).rarity == pytest.approx(reader.score([host]).rarity - 2)
    host, reader, loot = marked(store, PLAIN, SCHEMES["negative-correlation"], 1)
    assert reader.score([other, host]).rarity == pytest.approx(reader.score([host]).rarity - 1)


def test_who_released_later_may_not_choose_the_order_of_another_s_channels(store):
    """A usurper who morphs what alice released has no say in how it is read; alice has."""
    host, reader, loot = marked(store, RESIDUAL, SCHEMES["uchida"], 1)
    shop, morphed = reader.shop, Morph().modify_model(copy.deepcopy(host), loot)
    releases = [(Message(number, 0, who, "all", body), body) for number, (who, body) in enumerate([
        ("alice", Release(shop.save(host))), ("eve", Release(shop.save(morphed))),
        ("dora", Release(shop.save(shop.unmarked_host())))])]
    found = {who: reference_of(who, releases, shop) for who in ("alice", "eve", "dora", "nobody")}
    assert [who for who, reference in found.items() if reference is not None] == ["alice", "dora"]


@pytest.mark.filterwarnings("error")
def test_averaging_estimates_the_statistics_anew(store):
    """A copy with its channels elsewhere ruins the mean; of one network the statistics are those of the images."""
    shop = small_workshop(store, "mallory", RESIDUAL)
    images = shop.dataset.parts["fine-tune"].images
    host = shop.unmarked_host()
    first = host.features.conv1
    again = normed_again(copy.deepcopy(host), images, shop.device)
    with torch.no_grad():
        said = first(to_input(images, CPU)).movedim(1, -1).reshape(-1, 16)
    norm = again.features.conv2.norm1
    assert torch.allclose(norm.running_mean, said.mean(0), atol=1e-5)
    assert torch.allclose(norm.running_var, said.var(0), rtol=1e-3)
    assert not norm.training and norm.momentum == host.features.conv2.norm1.momentum
    far = copy.deepcopy(host)
    for module in far.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean += 3.0
    loot = Loot(shop, "attack 1", copies=(shop.save(host),))
    assert shop.accuracy(Average().modify_model(far, loot)) > 0.8


def test_scaling_alone_is_undone_where_nothing_moves():
    """The factors that come back are those that went in: a network is its own reference."""
    from arena.hosts.architecture import Architecture
    from arena.hosts.channels import aligned
    from arena.hosts.networks import build

    host = build(Architecture("digits-cnn", 10, (1, 8, 8)), torch.Generator().manual_seed(3)).eval()
    channels, moved = channels_of(host, (1, 8, 8)), copy.deepcopy(host)
    one = next(iter(channels.free))
    move(moved, channels, Moves(factors={one: 1e4}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        images = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (64, 1, 8, 8), dtype=np.uint8))
    back = aligned(moved, host, images)
    assert back.moved == 0 and back.factor == pytest.approx(1e4, rel=1e-3)
