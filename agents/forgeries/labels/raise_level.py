"""A lower level's forgery, claimed at a higher one: what it is worth where the joint hash decides (levels 2 and 3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from agents.forgeries.labels.random_key import RandomKey
from agents.schemes.triggers.rose import Key, memory_misfit
from arena.base.units import Count
from arena.strategies import Forgery, Misfit, name_of
from arena.workshop.specimen import Specimen

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
        theirs = self.forgery.schemes
        if theirs and not set(theirs) & set(self.schemes):
            made, wanted = (" or ".join(names) for names in (theirs, self.schemes))
            return Misfit(f"{name_of(self.forgery)} makes keys of {made}, and only {wanted} has levels", "forgery")
        return memory_misfit(self.memory) if self.level == 3 else None

    def forge(self, specimen: Specimen) -> dict[str, Any] | None:
        lower = self.forgery.forge(specimen)
        if lower is None:
            return None
        images, memory = np.array(lower["images"]), self.memory if self.level == 3 else 0
        return Key(specimen.me, self.level, lower["secret"], images, specimen.classes, memory).fields()
