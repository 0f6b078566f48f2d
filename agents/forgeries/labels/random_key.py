"""A random key: what everybody can draw, and what rarity is measured against (ROSE II-D)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from agents.schemes.triggers.rose import Key
from arena.strategies import Forgery, Misfit
from arena.workshop.loot import Copy

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class RandomKey(Forgery):
    """draws images and a secret at random and hopes"""

    level: Literal[0, 1, 2] = 2
    triggers: Annotated[int, Field(ge=1)] = 40

    schemes = ("rose",)

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.enough(self.triggers, premises.pool, "triggers")

    def forge(self, copy: Copy) -> dict[str, Any]:
        images, _ = copy.some_images(self.triggers)
        return Key(copy.me, self.level, copy.workshop.draws.bytes("secret"), images, copy.classes).fields()
