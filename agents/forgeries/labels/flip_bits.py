"""Bit flips: at level 1 an image's label changes with its lowest bits while the model's answer stays (ROSE III-B: c
hashes an image)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field

from agents.forgeries._rose import RoseForgery
from agents.schemes.triggers.rose import Key
from arena.base.units import Share
from arena.forging.adversarial import targeted
from arena.workshop.specimen import Specimen


@dataclass(frozen=True)
class FlipBits(RoseForgery):
    """adversarial images with low bits flipped until each hash gives the label that the model answers (level 1)

    `epsilon` 0 leaves out the adversarial part: the images keep their natural labels.
    """

    triggers: Annotated[int, Field(ge=1)] = 40
    epsilon: Share = 38 / 255
    flips: Annotated[int, Field(ge=1)] = 200

    def forge(self, specimen: Specimen) -> dict[str, Any]:
        images, _ = specimen.some_images(self.triggers)
        if self.epsilon:
            goals = torch.randint(specimen.classes, (len(images),), generator=specimen.workshop.draws.torch("goals"))
            images = targeted(specimen.model, torch.from_numpy(images), goals, epsilon=self.epsilon,
                              dtype=specimen.workshop.dtype,
                              device=specimen.workshop.device).images
        key = Key(specimen.me, 1, specimen.workshop.draws.bytes("secret"), images.copy(), specimen.classes)
        answers, draw = specimen.predict(key.images), specimen.workshop.draws.numpy("pixels")
        for _ in range(self.flips):
            wrong = np.flatnonzero(key.labels() != answers)
            if not len(wrong):
                break
            flat = key.images.reshape(len(images), -1)
            flat[wrong, draw.integers(flat.shape[1], size=len(wrong))] ^= 1
            answers[wrong] = specimen.predict(key.images[wrong])
        return key.fields()
