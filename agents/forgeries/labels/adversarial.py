"""Adversarial triggers: any label by a small push of the image; defeats level 0, whose labels don't depend on the images (ROSE III-A)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

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
class Adversarial(Forgery):
    """pushes images to the labels of a level-0 key, each pixel by at most `epsilon` (of the full range)"""

    triggers: Annotated[int, Field(ge=1)] = 40
    epsilon: Share = 38 / 255
    steps: Annotated[int, Field(ge=1)] = 100

    schemes = ("rose",)

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.enough(self.triggers, premises.pool, "triggers")

    def forge(self, copy: Copy) -> dict[str, Any]:
        images, _ = copy.some_images(self.triggers)
        secret = copy.workshop.draws.bytes("secret")
        wanted = Key(copy.me, 0, secret, images, copy.classes).labels()
        forged = targeted(copy.model, torch.from_numpy(images), torch.from_numpy(wanted), epsilon=self.epsilon, steps=self.steps,
                          dtype=copy.workshop.dtype, device=copy.workshop.device)
        return Key(copy.me, 0, secret, forged.images, copy.classes).fields()
