"""The encoding gap: where the model sees pixels that the hash did not, the hash is fixed first and the pixels are pushed to its labels.

Forging is then linear in the number of triggers at any level. Wins only against a policy that trusts floats.
"""

from __future__ import annotations

from collections.abc import Mapping
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
class EncodingGap(Forgery):
    """hashes plain images and claims with pushed ones, by floats that were never hashed (level 2, flawed verifiers)

    Without `floats` in the claim it is a random key, which is all that an honest verifier sees of it.
    """

    triggers: Annotated[int, Field(ge=1)] = 40
    epsilon: Share = 0.3
    floats: bool = True

    schemes = ("rose",)

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.enough(self.triggers, premises.pool, "triggers")

    @property
    def exploits(self) -> Mapping[str, int]:
        return {"trust-floats": 1}

    def forge(self, copy: Copy) -> dict[str, Any]:
        images, _ = copy.some_images(self.triggers)
        key = Key(copy.me, 2, copy.workshop.draws.bytes("secret"), images, copy.classes)
        pushed = targeted(copy.model, torch.from_numpy(images), torch.from_numpy(key.labels()), epsilon=self.epsilon, dtype=copy.workshop.dtype,
                          device=copy.workshop.device).images
        extra = {"floats": pushed.astype(np.float32) - images.astype(np.float32)} if self.floats else {}
        return {**key.fields(), **extra}
