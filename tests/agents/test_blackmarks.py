"""A message in the groups of answers: its null for any answers and groups, and who chooses what after the images."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch

from agents.schemes.triggers._key_samples import some
from agents.schemes.triggers.blackmarks import Blackmarks, Key
from arena.base.errors import Malformed
from arena.game.messages import Claim
from arena.game.rarity import binomial_rarity
from arena.testing import small_workshop
from arena.testing.rehearsal import SMALL

KEYS, BITS = 400, 60


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).integers(0, 256, (BITS, 1, 4, 4), dtype=np.uint8)


def key(images, number=0, classes=10, claimant="alice"):
    return Key(claimant, number.to_bytes(32, "big"), images, classes)


def right(key, answers):
    return int((key.groups[answers] == key.message).sum())


def test_groups_are_halves_and_all_hangs_on_all(images):
    assert all(key(images, classes=c).groups.sum() == c // 2 for c in range(2, 12))
    first, other = key(images), images.copy()
    other[-1, 0, 0, 0] ^= 1
    for changed in (key(images, 1), key(images, claimant="eve"), key(other)):
        assert 12 < (changed.message != first.message).sum() < 48
    assert len({tuple(key(images, number).groups) for number in range(100)}) > 60


@pytest.mark.parametrize("classes", [2, 3, 5, 10])
@pytest.mark.parametrize("answering", ["one class", "all classes"])
def test_bits_are_fair_coins_whatever_the_answers_and_the_groups(images, classes, answering):
    """Hits of 400 keys have the mean n / 2 and the variance n / 4, though of three classes two are in one group."""
    answers = np.arange(BITS) % classes if answering == "all classes" else np.zeros(BITS, int)
    hits = [right(key(images, number, classes), answers) for number in range(KEYS)]
    assert abs(np.mean(hits) - BITS / 2) < 4 * np.sqrt(BITS / 4 / KEYS)
    assert 0.7 < np.var(hits) / (BITS / 4) < 1.35


def test_who_chooses_groups_after_the_message_gains_bits(images):
    """The best of all 252 halves of ten classes: its rarity is no rarity any more."""
    answers, halves = np.arange(BITS) % 10, [np.isin(np.arange(10), half) for half in combinations(range(10), 5)]
    drawn, chosen = [], []
    for number in range(100):
        one = key(images, number)
        drawn.append(binomial_rarity(right(one, answers), BITS, 0.5))
        chosen.append(max(binomial_rarity(int((half[answers] == one.message).sum()), BITS, 0.5) for half in halves))
    assert np.mean(drawn) < 2 < 5 < np.mean(chosen) and np.mean(np.array(chosen) > 3) > 0.9


@pytest.fixture(scope="module")
def played(store):
    """A workshop, its key, the host without and with the mark, and an examination of the claim."""
    shop, scheme = small_workshop(store, "alice", replace(SMALL, epochs=6)), Blackmarks(BITS)
    own = scheme.draw_key(shop)
    examined = scheme.examine(Claim("alice", "bob", "service", "blackmarks", scheme.open_key(own)), shop.setting())
    return shop, own, shop.unmarked_host(), scheme.mark(own, shop), examined


def test_the_message_is_learnt_and_images_are_adversarial(played):
    shop, own, plain, marked, examined = played
    assert examined.score_copy(marked, shop).hits > 0.9 * BITS
    assert 15 < examined.score_copy(plain, shop).hits < 45
    images, truth = some(shop, BITS, "images to move")
    assert 0 < np.abs(np.subtract(images, own.images, dtype=float)).max() <= 51
    assert (shop.predict(plain, images) == truth).mean() > 0.9 > 0.5 > (shop.predict(plain, own.images) == truth).mean()
    wanted = own.wanted(shop.soft_answers(plain, torch.from_numpy(own.images))).numpy()
    assert (own.groups[wanted] == own.message).all()


def test_a_forger_who_knows_the_model_has_to_grind(played):
    """The message after the answers: all bits, and no claim may show one. Images whose answers say a message: the hash
    draws another. Seeds: 512 tries give nine bits, and that is their price."""
    shop, own, _, marked, examined = played
    answers, fields = shop.predict(marked, own.images), own.fields()
    with pytest.raises(Malformed, match="adds 'message'"):
        Blackmarks.examine(Claim("eve", "bob", "s", "blackmarks", {**fields, "message": own.groups[answers]}),
                           shop.setting())
    pool = shop.samples.images.numpy()
    said, target = own.groups[shop.predict(marked, pool)], own.message
    places = [iter(np.flatnonzero(said == bit)) for bit in (0, 1)]
    picked = [next(places[bit]) for bit in target]
    assert (said[picked] == target).all()
    forged = Key("eve", own.secret, pool[picked], own.classes)
    assert abs(right(forged, shop.predict(marked, forged.images)) - BITS / 2) < 4 * np.sqrt(BITS) / 2
    tries = [Key("eve", number.to_bytes(32, "big"), own.images, own.classes) for number in range(512)]
    best = max(tries, key=lambda one: right(one, answers))
    evidence = replace(examined, key=best).score(answers)
    assert 6 < evidence.rarity < 16
    assert examined.forging_cost(evidence, shop.setting()).cheapest > evidence.rarity + 11
