"""The truncated seed: where the hash only seeds a generator of few bits, the labels are chosen first and the hash is
ground to their seed.

Any rarity for 2^seed_bits tries. Wins only against a policy with that flaw.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field

from agents.forgeries._rose import RoseForgery
from agents.schemes.triggers.rose import Key
from arena.base.units import Share
from arena.forging.adversarial import targeted
from arena.forging.engine.problem import key_blocks
from arena.forging.hashing import BLOCK, image_bytes, labels
from arena.game import ledger
from arena.game.evidence import Flaws
from arena.workshop.specimen import Specimen


@dataclass(frozen=True)
class TruncatedSeed(RoseForgery):
    """chooses a seed of `seed-bits`, pushes images to its labels, flips bits until the cut hash is that seed (level 2,
    flawed verifiers)"""

    triggers: Annotated[int, Field(ge=1)] = 40
    seed_bits: Annotated[int, Field(ge=1, le=32)] = 16
    epsilon: Share = 0.3

    @property
    def exploits(self) -> Flaws:
        return Flaws(seed_bits=self.seed_bits)

    def forge(self, specimen: Specimen) -> dict[str, Any]:
        images, _ = specimen.some_images(self.triggers)
        secret = specimen.workshop.draws.bytes("secret")
        seed = int.from_bytes(specimen.workshop.draws.bytes("seed", 8), "big") >> (64 - self.seed_bits)
        wanted = labels(seed.to_bytes(32, "big"), self.triggers, specimen.classes)
        pushed = targeted(specimen.model, torch.from_numpy(images), torch.from_numpy(wanted), epsilon=self.epsilon,
                          dtype=specimen.workshop.dtype,
                          device=specimen.workshop.device).images
        key = Key(specimen.me, 2, secret, pushed, specimen.classes, seed_bits=self.seed_bits)
        return Key(specimen.me, 2, secret, _ground(key, seed), specimen.classes, seed_bits=self.seed_bits).fields()


def _ground(key: Key, seed: int) -> np.ndarray:
    """The images with low bits of the last block flipped until the cut hash is `seed` (gives up after 64 times the
    expected tries)."""
    inner_block, outer_block = key_blocks(key.secret)
    raw = key.header() + b"".join(image_bytes(key.images))
    inner, outer, tail = hashlib.sha256(inner_block
                                        + raw[:-BLOCK]), hashlib.sha256(outer_block), bytearray(raw[-BLOCK:])
    for count in range(1, 64 << key.seed_bits):
        tail[-1 - ((count & -count).bit_length() - 1) % BLOCK] ^= 1
        one, two = inner.copy(), outer.copy()
        one.update(tail)
        two.update(one.digest())
        if int.from_bytes(two.digest(), "big") >> (256 - key.seed_bits) == seed:
            break
    ledger.meter().compressions(3 * count)
    flat = key.images.reshape(-1).copy()
    flat[-BLOCK:] = np.frombuffer(bytes(tail), np.uint8)
    return flat.reshape(key.images.shape)
