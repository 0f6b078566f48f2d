"""A lower level's forgery, claimed at a higher one: what it is worth where the joint hash decides (levels 2 and 3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from agents.forgeries.random_key import RandomKey
from agents.schemes.rose import Key
from arena.strategies import Forgery
from arena.units import Count
from arena.workshop import Copy


@dataclass(frozen=True)
class RaiseLevel(Forgery):
    """takes another forgery's images and secret and claims with them at a higher level"""

    forgery: Forgery = field(default_factory=RandomKey)
    level: Literal[2, 3] = 3
    memory: Count = 2**14

    def forge(self, copy: Copy) -> dict[str, Any] | None:
        lower = self.forgery.forge(copy)
        if lower is None:
            return None
        return Key(copy.me, self.level, lower["secret"], np.array(lower["images"]), copy.classes, self.memory if self.level == 3 else 0).fields()
