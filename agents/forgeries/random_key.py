"""A random key: what everybody can draw, and what rarity is measured against (ROSE II-D)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from agents.forgeries._rose import RoseForgery
from agents.schemes.rose import Key
from arena.workshop.loot import Copy


@dataclass(frozen=True)
class RandomKey(RoseForgery):
    """draws images and a secret at random and hopes"""

    level: Literal[0, 1, 2] = 2
    triggers: Annotated[int, Field(ge=1)] = 40

    def forge(self, copy: Copy) -> dict[str, Any]:
        images, _ = copy.some_images(self.triggers)
        return Key(copy.me, self.level, copy.workshop.draws.bytes("secret"), images, copy.classes).fields()
