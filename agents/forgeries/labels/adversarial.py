"""Adversarial triggers: any label by a small push of the image; defeats level 0, whose labels don't depend on the
images (ROSE III-A)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import torch
from pydantic import Field

from agents.forgeries._rose import RoseForgery
from agents.schemes.triggers.rose import Key
from arena.base.units import Share
from arena.forging.adversarial import targeted
from arena.workshop.specimen import Specimen


@dataclass(frozen=True)
class Adversarial(RoseForgery):
    """pushes images to the labels of a level-0 key, each pixel by at most `epsilon` (of the full range)"""

    triggers: Annotated[int, Field(ge=1)] = 40
    epsilon: Share = 38 / 255
    steps: Annotated[int, Field(ge=1)] = 100

    def forge(self, specimen: Specimen) -> dict[str, Any]:
        images, _ = specimen.some_images(self.triggers)
        secret = specimen.workshop.draws.bytes("secret")
        wanted = Key(specimen.me, 0, secret, images, specimen.classes).labels()
        forged = targeted(specimen.model, torch.from_numpy(images), torch.from_numpy(wanted), epsilon=self.epsilon,
                          steps=self.steps,
                          dtype=specimen.workshop.dtype, device=specimen.workshop.device)
        return Key(specimen.me, 0, secret, forged.images, specimen.classes).fields()
