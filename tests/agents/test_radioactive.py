"""Radioactive data: the law of cosines and Fisher's method, the null, the mark, who chooses directions."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from agents.schemes.weights.radioactive import Radioactive, beta_log_tail, fisher, response
from arena.base.errors import Malformed
from arena.game.messages import Claim
from arena.testing import small_workshop
from arena.testing.rehearsal import SMALL


def test_the_law_of_cosines():
    """In three dimensions a cosine is uniform (Archimedes), in two its angle is."""
    cosines = np.array([-0.9, -0.2, 0.0, 0.5, 0.99])
    assert np.exp(beta_log_tail(cosines, 3)) == pytest.approx((1 - cosines) / 2)
    assert np.exp(beta_log_tail(cosines, 2)) == pytest.approx(np.arccos(cosines) / np.pi)


def test_fishers_method_is_that_of_scipy():
    tails = np.array([0.3, 1e-4, 0.02, 0.9])
    assert stats.norm.sf(fisher(np.log(tails))) == pytest.approx(stats.combine_pvalues(tails).pvalue)
    assert fisher(np.array([-1e9, 0.0])) > 30


def test_the_response_of_a_linear_model_is_its_weights():
    """Moves of the pixels themselves: logits W x answer them by W, its mean over classes taken out."""
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (40, 1, 2, 2), dtype=np.uint8)
    moves = (images[20:].reshape(20, 4) / 255 - images[:20].reshape(20, 4) / 255).astype(np.float32)
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    weight = model[1].weight.detach().T
    wanted = weight - weight.mean(1, keepdim=True)
    assert torch.allclose(response(model, images, moves), wanted / wanted.norm(), atol=1e-4)


@pytest.fixture(scope="module")
def played(store):
    """A workshop, its key, the marked host, and an examination of a key."""
    shop, scheme = small_workshop(store, "alice", replace(SMALL, epochs=12)), Radioactive()
    own = scheme.draw_key(shop)

    def examined(key, **changes):
        return scheme.examine(Claim("alice", "bob", "", "radioactive", {**key.fields(), **changes}), shop.setting())

    return shop, own, scheme.mark(own, shop), examined


def test_the_host_leans_and_others_do_not(played):
    shop, own, marked, examined = played
    assert examined(own).score(marked).rarity > 10
    assert max(examined(own).score(shop.host(shop.samples, f"control host {n}")).rarity for n in (1, 2, 3)) < 9
    assert shop.accuracy(marked) > shop.accuracy(shop.unmarked_host()) - 0.025


@pytest.mark.parametrize("suspect", ["marked", "unmarked"])
def test_seeds_drawn_at_random_keep_the_law(played, suspect):
    """150 seeds on one model: the score is a standard normal number, though the base is none of its own."""
    shop, own, marked, examined = played
    model = marked if suspect == "marked" else shop.unmarked_host()
    other = replace(own, base=np.ones_like(own.base))
    scores = [examined(replace(other, seed=number.to_bytes(32, "big"))).score(model).statistic
              for number in range(150)]
    assert stats.kstest(scores, "norm").pvalue > 1e-3


def test_directions_after_the_weights_are_free_and_so_nobody_shows_any(played):
    """Who reads a stranger's host and takes its own leaning for directions has all there is; a claim can't show them,
    and another base or other moves draw them again. 64 seeds: six bits, and that is their price."""
    shop, own, _, examined = played
    stranger = shop.host(shop.samples, "control host 1")
    found = response(stranger, own.images, own.moves).numpy()
    chosen = found - (found * own.base).sum() * own.base
    assert fisher(beta_log_tail(np.ones(own.classes) * 0.999, len(chosen))) > 10
    with pytest.raises(Malformed, match="adds 'directions'"):
        examined(own, directions=chosen.T)
    for forged in (replace(own, base=-chosen), replace(own, moves=own.moves[:, ::-1].copy())):
        assert examined(forged).score(stranger).rarity < 10
    tries = [replace(own, seed=number.to_bytes(32, "big")) for number in range(64)]
    best = max((examined(one).score(stranger) for one in tries), key=lambda evidence: evidence.rarity)
    assert 3 < best.rarity < 14
    assert examined(own).forging_cost(best, shop.setting()).cheapest > best.rarity + 11


def test_what_is_no_key_is_said(played):
    _, own, _, examined = played
    for changes in ({"base": own.base[:, :-1]}, {"moves": own.moves[:-1]}, {"images": own.images[:-1]},
                    {"base": own.base[:0], "moves": own.moves[:, :0]}):
        with pytest.raises(Malformed, match="go together"):
            examined(own, **changes)
    with pytest.raises(Malformed, match="finite"):
        examined(own, base=own.base * np.float32(np.nan))
    with pytest.raises(Malformed, match="other classes"):
        examined(own).score(nn.Sequential(nn.Flatten(), nn.Linear(64, 3)))
