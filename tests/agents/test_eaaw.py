"""A message in attributions: the regression, the null, and what a message is worth that is chosen after the answers."""

from dataclasses import replace

import numpy as np
import pytest

from agents.schemes.triggers.eaaw import Eaaw, Key, weights
from arena.base.errors import Malformed
from arena.game.messages import Claim
from arena.game.rarity import binomial_rarity
from arena.hosts.task import Task
from arena.testing import small_workshop

TASK = Task(dataset="digits", network="digits-cnn", epochs=8, rate=2e-3, schedule="one-cycle")
SHAPE = (1, 8, 8)


def key(number=0, triggers=8, side=4, masks=32, shape=SHAPE):
    return Key("alice", number.to_bytes(32, "big"), triggers, side, masks, 10, shape)


@pytest.fixture(scope="module")
def marked(store):
    """A workshop, its key, and the marked host."""
    shop = small_workshop(store, "alice", TASK)
    own = Eaaw().draw_key(shop)
    return shop, own, Eaaw().mark(own, shop)


def examined(own, claimant, shop):
    return Eaaw.examine(Claim(claimant, "bob", "service", "eaaw", own.fields()), shop.setting())


def test_a_masked_trigger_is_black_where_its_mask_says_so():
    """Parts of one size as far as the side lets them, each of them black or noise as a whole, in all channels."""
    one = key(side=3, shape=(3, 8, 7))
    images = one.images.reshape(8, 32, 3, 8, 7)
    noise = images.max(1)
    for trigger, mask in ((0, 0), (5, 7), (7, 31)):
        left = one.left[trigger, mask].reshape(3, 3)
        whole = left[np.arange(8) * 3 // 8][:, np.arange(7) * 3 // 7]
        assert np.array_equal(images[trigger, mask], noise[trigger] * whole)
    assert len(one.images) == 8 * 32 and one.images.dtype == np.uint8


def test_a_service_that_follows_the_message_says_it():
    """One that answers the class where more of a trigger's right parts are left than of its wrong ones; what answers
    always alike, or by coins, says nothing."""
    one = key(masks=64)
    lead = (one.message[:, None] * (2.0 * one.left - 1)).sum(2)
    answers = np.where(lead > 0, one.wanted[:, None], (one.wanted[:, None] + 1) % 10).reshape(-1)
    assert (weights(one, answers) * one.message > 0).mean() > 0.97
    assert all((weights(one, (one.wanted + other).repeat(64) % 10) < 0).all() for other in (0, 1))


@pytest.mark.parametrize("how", ["always", "never", "coins", "the left half"])
def test_bits_are_fair_coins(how):
    """Hits of 400 keys have the mean n / 2 and the variance n / 4, whatever is answered."""
    hits, draw = [], np.random.default_rng(0)
    for one in (key(number, 4, 4, 20) for number in range(400)):
        yes = {"always": np.ones((4, 20)), "never": np.zeros((4, 20)), "coins": draw.integers(0, 2, (4, 20)),
               "the left half": one.left[..., :8].mean(2) > 0.5}[how].astype(bool)
        answers = np.where(yes, one.wanted[:, None], (one.wanted[:, None] + 1) % 10).reshape(-1)
        hits.append(int((weights(one, answers) * one.message > 0).sum()))
    assert abs(np.mean(hits) - 32) < 4 * np.sqrt(16 / 400) and 0.7 < np.var(hits) / 16 < 1.35


def test_a_marked_host_says_its_message_and_keeps_its_accuracy(marked, store):
    shop, own, host = marked
    examination = examined(own, "alice", shop)
    innocent = small_workshop(store, "bob", TASK).unmarked_host()
    assert examination.score_copy(host, shop).rarity > 64 and examination.score_copy(innocent, shop).rarity < 10
    assert shop.accuracy(host) > shop.accuracy(shop.unmarked_host()) - 0.02


def test_a_message_chosen_after_the_answers_is_free_and_no_claim_shows_one(marked, store):
    """Eve reads the signs that an innocent's answers give and calls them hers; the owner's key opened in her name asks
    for other images."""
    shop, own, host = marked
    innocent, eves = small_workshop(store, "bob", TASK).unmarked_host(), key(7)
    answers = shop.predict(innocent, eves.images)
    message = np.where(weights(eves, answers) > 0, 1.0, -1.0)
    assert binomial_rarity(int((weights(eves, answers) * message > 0).sum()), message.size, 0.5) == 128
    with pytest.raises(Malformed, match="adds 'message'"):
        Eaaw.examine(Claim("eve", "bob", "s", "eaaw", {**eves.fields(), "message": message}), shop.setting())
    opened = examined(own, "eve", shop)
    found = opened.score_copy(host, shop)
    assert not np.array_equal(opened.images, own.images) and found.rarity < 10
    assert opened.forging_cost(found, shop.setting()).cheapest > found.rarity + 11


def test_more_parts_than_pixels_are_refused(marked):
    shop, own, _ = marked
    assert Eaaw(side=8).draw_key(shop).images.shape == (256, *SHAPE)
    with pytest.raises(Malformed, match="no 9 parts a side"):
        Eaaw.examine(Claim("alice", "bob", "s", "eaaw", replace(own, side=9).fields()), shop.setting())
