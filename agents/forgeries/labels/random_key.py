"""A random key: what everybody can draw, and what rarity is measured against (ROSE II-D)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from agents.forgeries._rose import RoseForgery
from agents.schemes.triggers.rose import Key
from arena.workshop.specimen import Specimen


@dataclass(frozen=True)
class RandomKey(RoseForgery):
    """draws images and a secret at random and hopes"""

    level: Literal[0, 1, 2] = 2
    triggers: Annotated[int, Field(ge=1)] = 40

    def forge(self, specimen: Specimen) -> dict[str, Any]:
        images, _ = specimen.some_images(self.triggers)
        return Key(specimen.me, self.level, specimen.workshop.draws.bytes("secret"), images, specimen.classes).fields()
