"""Bit flips: at level 1 an image's label changes with its lowest bits while the model's answer stays (ROSE III-B: c hashes an image)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import torch
from pydantic import Field

from agents.schemes.triggers.rose import Key
from arena.base.units import Share
from arena.forging.adversarial import targeted
from arena.strategies import Forgery, Misfit
from arena.workshop.loot import Copy

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class FlipBits(Forgery):
    """adversarial images with low bits flipped until each hash gives the label that the model answers (level 1)

    `epsilon` 0 leaves out the adversarial part: the images keep their natural labels.
    """

    triggers: Annotated[int, Field(ge=1)] = 40
    epsilon: Share = 38 / 255
    flips: Annotated[int, Field(ge=1)] = 200

    schemes = ("rose",)

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.enough(self.triggers, premises.pool, "triggers")

    def forge(self, copy: Copy) -> dict[str, Any]:
        images, _ = copy.some_images(self.triggers)
        if self.epsilon:
            goals = torch.randint(copy.classes, (len(images),), generator=copy.workshop.draws.torch("goals"))
            images = targeted(copy.model, torch.from_numpy(images), goals, epsilon=self.epsilon, dtype=copy.workshop.dtype,
                              device=copy.workshop.device).images
        key = Key(copy.me, 1, copy.workshop.draws.bytes("secret"), images.copy(), copy.classes)
        answers, draw = copy.predict(key.images), copy.workshop.draws.numpy("pixels")
        for _ in range(self.flips):
            wrong = np.flatnonzero(key.labels() != answers)
            if not len(wrong):
                break
            flat = key.images.reshape(len(images), -1)
            flat[wrong, draw.integers(flat.shape[1], size=len(wrong))] ^= 1
            answers[wrong] = copy.predict(key.images[wrong])
        return key.fields()
