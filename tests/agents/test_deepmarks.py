"""Buyers' codes: the designs, who is named when copies are averaged, the null, and what breaks it."""

import copy
from itertools import combinations

import numpy as np
import pytest
import torch

from agents.attacks.theft.average import Average
from agents.schemes.weights import deepmarks
from agents.schemes.weights.deepmarks import BLOCKS, Deepmarks, FingerprintExamination, Key, colluders, read
from arena.base.errors import ArenaError, Malformed
from arena.game.messages import Claim
from arena.game.rarity import binomial_rarity
from arena.hosts.task import Task
from arena.testing import small_workshop
from arena.workshop.loot import Loot

TASK = Task(dataset="digits", network="digits-cnn", epochs=6, rate=2e-3, schedule="one-cycle")
WIDTH = 288


def key(number=0, buyers=31, repeats=8):
    return Key("alice", number.to_bytes(32, "big"), "layer", buyers, repeats)


def layer(w):
    """A layer of one filter."""
    return torch.from_numpy(np.asarray(w, float))[None]


def codes(one, buyers):
    """What stands at each point, over the buyers' copies."""
    written = np.mean([one.written(buyer) for buyer in buyers], 0)
    return (written * one.signs).reshape(one.buyers, -1).mean(1)


@pytest.mark.parametrize("buyers", BLOCKS)
def test_any_two_blocks_share_one_point(buyers):
    blocks = [set(block) for block in key(buyers=buyers).blocks.tolist()]
    assert len(blocks) == buyers and all(len(one & two) == 1 for one, two in combinations(blocks, 2))


@pytest.mark.parametrize("buyers", BLOCKS)
def test_who_averages_is_named_and_nobody_else(buyers):
    """Every two, and of each other size that a design resists those whose zeros are the most and 100 groups more: as
    the paper's AND of codes names them, and as we do."""
    one, draw = key(buyers=buyers, repeats=1), np.random.default_rng(0)
    groups = list(combinations(range(buyers), 2))
    for size in (1, *range(3, one.resists + 1)):
        groups.append(tuple(np.flatnonzero((one.blocks == 0).any(1))[:size].tolist()))
        groups += [tuple(sorted(draw.choice(buyers, size, replace=False).tolist())) for _ in range(100)]
    for group in groups:
        found = codes(one, group)
        zeros = found < 1 - 1 / one.resists
        assert tuple(np.flatnonzero(zeros[one.blocks].all(1)).tolist()) == colluders(one, 3.7 * found) == group


@pytest.mark.parametrize("buyers", BLOCKS)
def test_of_more_than_a_design_resists_some_are_named_and_nobody_else(buyers):
    one, draw = key(buyers=buyers, repeats=1), np.random.default_rng(0)
    for size in range(one.resists + 1, buyers):
        group = draw.choice(buyers, size, replace=False)
        assert set(colluders(one, codes(one, group))) < set(group.tolist())


def test_noise_of_a_fifth_of_a_code_hides_no_two():
    one, draw = key(repeats=1), np.random.default_rng(0)
    for _ in range(200):
        pair = tuple(sorted(draw.choice(31, 2, replace=False).tolist()))
        assert colluders(one, codes(one, pair) + draw.normal(0, 0.2, 31)) == pair


def test_a_code_is_read_as_it_is_and_turned_around():
    one = key()
    w = one.written(5) @ one.basis(WIDTH)
    for turn in (1.0, -0.01):
        found = read(one, layer(turn * w))
        assert found.right.argmax() == 5 and found.right[5] == one.bits == 248 and colluders(one, found.points) == (5,)
    with pytest.raises(Malformed, match="248 bits, the layer's vector 200"):
        read(one, layer(w[:200]))


def test_bits_are_fair_coins_and_a_silent_layer_says_nothing():
    """Hits of 400 keys on weights that are far from symmetric have the mean n / 2 and the variance n / 4. On a layer of
    nought, which is what centred filters have, codes without signs are right for 25 bits in 31, anybody's."""
    w = layer(np.random.default_rng(0).normal(1, 1, 60))
    hits = [int((np.where(one.basis(60) @ w[0].numpy() >= 0, 1, -1) == one.written(3)).sum())
            for one in (key(number, 7, 8) for number in range(400))]
    assert abs(np.mean(hits) - 28) < 4 * np.sqrt(14 / 400) and 0.7 < np.var(hits) / 14 < 1.35
    silent = [FingerprintExamination(key(number), "").score(_model(layer(np.zeros(WIDTH)))).rarity
              for number in range(20)]
    assert max(silent) < 12 < 64 < binomial_rarity(200, 248, 0.5)
    assert all((key().written(buyer) * key().signs > 0).sum() == 200 for buyer in range(31))


def _model(weight):
    model = torch.nn.Sequential()
    model.add_module("layer", torch.nn.Linear(weight.shape[1], weight.shape[0]))
    model.layer.weight.data = weight
    return model


@pytest.mark.parametrize("mix", ["mean", "minimum", "maximum", "either", "a third of it"])
def test_whoever_mixes_two_copies_blames_no_third(mix):
    """Numbers of two copies put together one by one: the zeros of both are gone from the ones, and there are no
    others."""
    draw = np.random.default_rng(1)
    for number in range(10):
        one = key(number)
        own = draw.normal(0, 1, WIDTH)
        basis = one.basis(WIDTH)
        rest, buyers = own - basis.T @ (basis @ own), draw.choice(31, 2, replace=False)
        a, b = (rest + 2 * one.written(int(buyer)) @ basis for buyer in buyers)
        mixed = {"mean": (a + b) / 2, "minimum": np.minimum(a, b), "maximum": np.maximum(a, b),
                 "either": np.where(draw.random(WIDTH) < 0.5, a, b), "a third of it": a / 3 + 2 * b / 3}[mix]
        found = read(one, layer(mixed))
        named = set(colluders(one, found.points))
        assert named <= set(buyers.tolist()) and (mix != "mean" or len(named) == 2)


@pytest.fixture(scope="module")
def sold(store):
    """A workshop, the key, and the copies of three buyers."""
    shop, scheme = small_workshop(store, "alice", TASK), Deepmarks(copies=3)
    own = scheme.draw_key(shop)
    return shop, own, [scheme.mark(own, shop), *scheme.further_copies(own, shop)]


def examined(own, claimant, shop):
    return Deepmarks.examine(Claim(claimant, "bob", "service", "deepmarks", own.fields()), shop.setting())


def test_two_buyers_who_average_are_named_and_the_third_is_not(sold, store):
    shop, own, copies = sold
    examination, thief = examined(own, "alice", shop), small_workshop(store, "mallory", TASK)
    assert shop.accuracy(shop.unmarked_host()) - min(map(shop.accuracy, copies)) < 0.03
    for buyer, bought in enumerate(copies):
        found = examination.score(bought)
        assert found.hits > 0.97 * own.bits and found.details == {"buyers": str(buyer)}, found
    for others, names in (((1,), "0, 1"), ((2,), "0, 2"), ((1, 2), "0, 1, 2")):
        loot = Loot(thief, "attack 1", copies=tuple(shop.save(copies[other]) for other in others))
        averaged = Average().modify_model(copy.deepcopy(copies[0]), loot)
        found = examination.score(averaged)
        assert found.details == {"buyers": names} and found.rarity > 64, found
        assert thief.accuracy(averaged, thief.dataset.parts["validation"]) > 0.9
    innocent = small_workshop(store, "bob", TASK).unmarked_host()
    assert not examination.score(innocent).details and examination.score(innocent).rarity < 10


def test_a_forger_who_knows_the_weights_has_to_grind(sold):
    """A basis of one's own: read as one likes, and no claim may show one. An opened key in one's own name: another
    basis. Seeds: 64 tries give six bits, and that is their price."""
    shop, own, copies = sold
    with pytest.raises(Malformed, match="adds 'basis'"):
        Deepmarks.examine(Claim("eve", "bob", "s", "deepmarks", {**own.fields(), "basis": own.basis(WIDTH)}),
                          shop.setting())
    assert examined(own, "eve", shop).score(copies[0]).rarity < 10
    tries = [FingerprintExamination(Key("eve", number.to_bytes(32, "big"), own.layer, 7, 16), "")
             for number in range(64)]
    best = max((each.score(copies[0]) for each in tries), key=lambda found: found.rarity)
    assert best.rarity < 14
    assert tries[0].forging_cost(best, shop.setting()).cheapest > best.rarity + 11


def test_more_copies_than_codes_and_too_narrow_a_layer_are_refused(store):
    with pytest.raises(ArenaError, match="8 copies are to be sold, but there are codes for 7 buyers"):
        Deepmarks(7, copies=8)
    scheme = Deepmarks(layer="features.0")
    with pytest.raises(ArenaError, match=r"31 buyers in 'features\.0', whose vector has 9 numbers"):
        scheme.draw_key(small_workshop(store, "alice", TASK))
    assert deepmarks.Deepmarks(7, layer="features.0").draw_key(small_workshop(store, "alice", TASK)).repeats == 1
