"""A message for a drawn extractor: the null, what a trained one is worth, and what a layer's numbers show."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from agents.schemes.weights.riga import ExtractorExamination, Key, Riga, distance, logits, ordered
from arena.base.errors import Malformed
from arena.game.messages import Claim
from arena.hosts.layers import weight_of
from arena.hosts.task import Task
from arena.testing import small_workshop

TASK = Task(dataset="digits", network="digits-cnn", epochs=8, rate=2e-3, schedule="one-cycle")
LAYER, WIDTH = "features.3", 288


def key(number=0, bits=64, hidden=128):
    return Key("alice", number.to_bytes(32, "big"), LAYER, bits, hidden)


def layer(w):
    """A layer of one filter."""
    return torch.from_numpy(np.asarray(w, np.float32))[None]


@pytest.fixture(scope="module")
def marked(store):
    """A workshop, its key, and hosts marked with it: hidden, and not."""
    shop = small_workshop(store, "alice", TASK)
    own = Riga().draw_key(shop)
    return shop, own, Riga().mark(own, shop), Riga(hiding=0).mark(own, shop)


def examined(own, claimant, shop):
    return Riga.examine(Claim(claimant, "bob", "service", "riga", own.fields()), shop.setting())


@pytest.mark.parametrize("w", [np.random.default_rng(0).normal(1, 1, 60), np.ones(60), np.eye(60)[0]],
                         ids=["skewed", "constant", "one number"])
def test_bits_are_fair_coins(w):
    """Of 400 keys on any weights: what an extractor says is balanced before a message is drawn, and hits have the mean
    n / 2 and the variance n / 4."""
    said = np.stack([(logits(key(n).extractor(60), layer(w)) > 0).numpy() for n in range(400)])
    messages = np.stack([key(n).message.numpy() > 0 for n in range(400)])
    assert np.abs(said.mean(0) - 0.5).max() < 4.5 * 0.5 / np.sqrt(400)
    hits = (said == messages).sum(1)
    assert abs(hits.mean() - 32) < 4 * np.sqrt(16 / 400) and 0.7 < hits.var() / 16 < 1.35


def test_an_extractor_is_odd_and_knows_no_size():
    w = np.random.default_rng(0).normal(0, 1, WIDTH)
    said = logits(key().extractor(WIDTH), layer(w))
    assert torch.allclose(logits(key().extractor(WIDTH), layer(-1e-3 * w)), -said, atol=1e-5)
    assert not (logits(key().extractor(WIDTH), layer(0 * w)) > 0).any()


def test_a_marked_host_shows_its_message_turned_around_too(marked, store):
    shop, own, hidden, plain = marked
    examination = examined(own, "alice", shop)
    innocent = small_workshop(store, "bob", TASK).unmarked_host()
    assert examination.score(hidden).rarity > 64 < examination.score(plain).rarity
    assert examination.score(innocent).rarity < 10
    assert shop.accuracy(hidden) > shop.accuracy(shop.unmarked_host()) - 0.02
    turned = copy.deepcopy(hidden)
    with torch.no_grad():
        weight_of(turned, own.layer).mul_(-2)
    assert examination.score(turned).hits == examination.score(hidden).hits


def test_a_layer_looks_like_an_innocents(marked, store):
    """Its distance from unmarked hosts is an innocent's; without `hiding` a threshold finds it."""
    _, own, hidden, plain = marked
    bobs = small_workshop(store, "bob", TASK)
    innocents = [bobs.host(bobs.samples, f"innocent {n}") for n in range(4)]
    wanted = ordered(own, innocents[:2])
    far = [distance(weight_of(model, own.layer), wanted).item() for model in (*innocents[2:], hidden, plain)]
    assert far[2] < 5 * max(far[:2]) < far[3] / 5, far


def test_what_it_is_to_look_like_does_not_hang_on_the_order_in_memory(marked):
    """A host that was trained lies there otherwise than one that the store gave back."""
    _, own, hidden, _ = marked
    one, two = (copy.deepcopy(hidden).to(memory_format=form) for form in (torch.channels_last, torch.contiguous_format))
    assert torch.equal(ordered(own, [one]), ordered(own, [two]))


def test_a_trained_extractor_reads_anything_and_is_refused(marked, store):
    """Eve's extractor learns to read her message, all of it, from a host that nobody marked; a claim can't show it, the
    owner's key opened in her name reads nothing, and seeds cost 2^R."""
    shop, own, hidden, _ = marked
    innocent = small_workshop(store, "bob", TASK).unmarked_host()
    eves = Key("eve", bytes(32), own.layer)
    parts = tuple(part.requires_grad_() for part in eves.extractor(WIDTH))
    optimizer = torch.optim.Adam(parts, 1e-3)
    weight = weight_of(innocent, own.layer).detach()
    before = ExtractorExamination(eves, "").score(innocent)
    for _ in range(60):
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(logits(parts, weight), eves.message).backward()
        optimizer.step()
    assert bool(((logits(parts, weight) > 0) == (eves.message > 0)).all()) and before.rarity < 10
    shown = {**eves.fields(), "extractor": parts[0].detach().numpy()}
    with pytest.raises(Malformed, match="adds 'extractor'"):
        Riga.examine(Claim("eve", "bob", "s", "riga", shown), shop.setting())
    assert examined(own, "eve", shop).score(hidden).rarity < 10
    assert examined(own, "eve", shop).forging_cost(before, shop.setting()).cheapest > before.rarity + 11


def test_a_network_without_such_a_layer_is_refused():
    with pytest.raises(Malformed, match="the key doesn't fit these weights"):
        ExtractorExamination(key(), "").score(nn.Sequential(nn.Conv2d(1, 10, 8), nn.Flatten()))
