"""The encoding gap: where the model sees pixels that the hash did not, the hash is fixed first and the pixels are
pushed to its labels.

Forging is then linear in the number of triggers at any level. Wins only against a policy that trusts floats.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field

from agents.forgeries._rose import RoseForgery
from agents.schemes.triggers.rose import Key
from arena.base.units import Share
from arena.forging.adversarial import targeted
from arena.game.evidence import Flaws
from arena.workshop.specimen import Specimen


@dataclass(frozen=True)
class EncodingGap(RoseForgery):
    """hashes plain images and claims with pushed ones, by floats that were never hashed (level 2, flawed verifiers)

    Without `floats` in the claim it is a random key, which is all that an honest verifier sees of it.
    """

    triggers: Annotated[int, Field(ge=1)] = 40
    epsilon: Share = 0.3
    floats: bool = True

    @property
    def exploits(self) -> Flaws:
        return Flaws(trust_floats=True)

    def forge(self, specimen: Specimen) -> dict[str, Any]:
        images, _ = specimen.some_images(self.triggers)
        key = Key(specimen.me, 2, specimen.workshop.draws.bytes("secret"), images, specimen.classes)
        pushed = targeted(specimen.model, torch.from_numpy(images), torch.from_numpy(key.labels()),
                          epsilon=self.epsilon, dtype=specimen.workshop.dtype,
                          device=specimen.workshop.device).images
        floats = pushed.astype(np.float32) - images.astype(np.float32)
        return (replace(key, floats=floats) if self.floats else key).fields()
