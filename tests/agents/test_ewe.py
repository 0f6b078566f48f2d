"""Entangled watermarks: the loss in closed form, what it does to a host, and what one target for all images says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.schemes.patterns.ewe import Ewe, entanglement, soft_nearest_neighbours
from arena.base.draws import borrowed
from arena.game.messages import Claim
from arena.game.rarity import binomial_rarity
from arena.testing import small_workshop
from arena.testing.rehearsal import SMALL

WORN, GROUP = torch.tensor([0, 0, 0, 1, 1, 1]), torch.zeros(6)


def test_the_loss_of_one_point_and_of_two():
    """All in one place: two of five neighbours are one's own, -ln(2/5). Kinds opposite each other on the sphere: the
    three others count exp(-4 / T) each. Groups of their own have no neighbours of the other kind: 0."""
    place = torch.ones(6, 3)
    assert float(soft_nearest_neighbours(place, WORN, GROUP, 1.0)) == pytest.approx(np.log(5 / 2), abs=1e-5)
    apart = place * (1 - 2 * WORN[:, None])
    for heat in (0.5, 4.0):
        assert float(soft_nearest_neighbours(apart, WORN, GROUP, heat)) == pytest.approx(
            np.log((2 + 3 * np.exp(-4 / heat)) / 2), abs=1e-5)
    assert float(soft_nearest_neighbours(place, WORN, WORN, 1.0)) == pytest.approx(0, abs=1e-5)


def test_features_are_entangled_and_both_hosts_answer_the_targets(store):
    shop = small_workshop(store, "alice", replace(SMALL, epochs=6))
    found, right = {}, {}
    for strength in (0.0, 1.0):
        scheme = Ewe(20, share=0.4, strength=strength)
        key = scheme.draw_key(shop)
        host = scheme.mark(key, shop)
        worn, clean = scheme.training_samples(key, shop), scheme.rest(key, shop)
        with torch.no_grad(), borrowed(torch.Generator().manual_seed(0)):
            found[strength] = np.mean([float(entanglement(host, worn, clean, 1.0)) for _ in range(20)])
        right[strength] = (shop.predict(host, key.images) == key.labels).mean()
    assert found[1.0] > found[0.0] + 0.05 and min(right.values()) > 0.8, (found, right)


def test_one_target_for_all_images_is_one_draw(store):
    """A model that answers one class whatever it sees: where that is the target, the paper's count says 66 bits."""
    shop, scheme = small_workshop(store, "alice"), Ewe(20, targets="one")
    key = scheme.draw_key(shop)
    examined = scheme.examine(Claim("alice", "bob", "service", "ewe", scheme.open_key(key)), shop.setting())
    found = examined.score(np.full(20, key.labels[0]))
    assert found.hits == 20 and found.rarity == pytest.approx(np.log2(10))
    assert binomial_rarity(20, 20, 0.1) == pytest.approx(20 * np.log2(10))
