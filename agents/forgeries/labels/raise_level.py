"""A lower level's forgery, claimed at a higher one: what it is worth where the joint hash decides (levels 2 and 3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from agents.forgeries.labels.random_key import RandomKey
from agents.schemes.triggers.rose import Key, memory_misfit
from arena.base.units import Count
from arena.strategies import Forgery, Misfit, name_of
from arena.workshop.loot import Copy

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class RaiseLevel(Forgery):
    """takes another forgery's images and secret and claims with them at a higher level"""

    forgery: Forgery = field(default_factory=RandomKey)
    level: Literal[2, 3] = 3
    memory: Count = 2**14

    schemes = ("rose",)

    def misfit(self, premises: Premises) -> Misfit | None:
        if self.forgery.schemes and "rose" not in self.forgery.schemes:
            return Misfit(f"{name_of(self.forgery)} makes keys of {' or '.join(self.forgery.schemes)}, and only rose has levels", "forgery")
        return memory_misfit(self.memory) if self.level == 3 else None

    def forge(self, copy: Copy) -> dict[str, Any] | None:
        lower = self.forgery.forge(copy)
        if lower is None:
            return None
        return Key(copy.me, self.level, lower["secret"], np.array(lower["images"]), copy.classes, self.memory if self.level == 3 else 0).fields()
