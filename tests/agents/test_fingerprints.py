"""Marks for which nothing is trained: where a host's border runs tells a copy from an innocent."""

import numpy as np
import pytest
import torch
from torch import nn

from agents.attacks.model.quantize import Quantize
from agents.schemes.triggers._key_samples import HELD_OUT
from agents.schemes.triggers.ipguard import Ipguard, to_border
from arena.game.messages import Claim
from arena.hosts.task import Task
from arena.hosts.weights import fingerprint
from arena.testing import small_workshop
from arena.workshop.loot import Loot

TASK = Task(dataset="digits", network="digits-cnn", epochs=16, rate=2e-3, schedule="one-cycle")


class Linear(nn.Module):
    """Three classes of one grey image: its mean m, 1 - m, and a third far below."""

    def forward(self, images):
        mean = images.mean((1, 2, 3))
        return torch.stack([8 * mean, 8 * (1 - mean), mean - 100], 1)


@pytest.mark.parametrize("distance", [0.0, 2.0])
def test_where_the_border_is_known_images_go_there(distance):
    """The lead of a class is |16 m - 8|: where the other class was drawn images end `distance` from the border; where
    the third was, which is far from all, at the border, beyond which that class would be first."""
    start = torch.cat([torch.full((40, 1, 4, 4), level, dtype=torch.uint8) for level in (60, 200)])
    moved = to_border(Linear(), start, distance, 100, torch.Generator().manual_seed(1), torch.device("cpu"))
    lead = np.abs(16 * moved.reshape(80, -1).mean(1) / 255 - 8)
    level = 16 / 255
    there, border = np.abs(lead - distance) < level, lead < level
    assert (there | border).all() and (20 < there.sum() < 60 or distance == 0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_copy_is_known_and_an_innocent_is_not(store, seed):
    alice, bob, victor = (small_workshop(store, who, TASK, seed) for who in ("alice", "bob", "victor"))
    key = Ipguard().draw_key(alice)
    host = Ipguard().mark(key, alice)
    assert fingerprint(host) == fingerprint(alice.unmarked_host()), "nothing is trained"
    examination = Ipguard.examine(Claim("alice", "mallory", "s", "ipguard", key.fields()), victor.setting())
    controls = victor.control_answers(key.images, HELD_OUT)

    def rarity(model):
        return examination.score(victor.predict(model, key.images), controls).rarity

    copied = Quantize("float16").modify_model(alice.unmarked_host(), Loot(small_workshop(store, "mallory", TASK), "1"))
    assert rarity(host) > Ipguard.bounds.rarity and rarity(copied) > Ipguard.bounds.rarity > 4 * rarity(
        bob.unmarked_host())


def test_far_from_the_border_a_fingerprint_says_nothing(store):
    """The paper's k carries through more attacks, and into more innocents: what they share costs the owner his bits."""
    alice, victor = (small_workshop(store, who, TASK) for who in ("alice", "victor"))
    shares = []
    for distance in (0.0, 3.0):
        images = Ipguard(distance=distance).draw_key(alice)
        answers = victor.control_answers(images.images, HELD_OUT)
        shares.append((answers == images.truth).mean())
    assert shares[0] < 0.7 < 0.8 < shares[1]
