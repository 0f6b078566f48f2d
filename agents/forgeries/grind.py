"""Grinding: at level 2 one flipped bit changes all labels at once, so the forger tries and tries (ROSE III-C)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from agents.schemes.rose import Key
from arena.forging.grinding import Template, grind
from arena.rarity import greatest_rarity
from arena.strategies import Forgery
from arena.units import Bits, Count
from arena.workshop import Copy


@dataclass(frozen=True)
class Grind(Forgery):
    """flips low bits of the last image until the joint hash gives labels that the model answers (level 2), for `tries` at the most"""

    triggers: Annotated[int, Field(ge=1)] = 40
    tries: Count = 2**22
    rarity: Bits = 64.0

    def forge(self, copy: Copy) -> dict[str, Any]:
        images, _ = copy.some_images(self.triggers)
        key = Key(copy.me, 2, copy.workshop.draws.bytes("secret"), images, copy.classes)
        template = Template(key.secret, key.header(), images, copy.predict(images), copy.classes)
        found = grind(template, target=min(self.rarity, greatest_rarity(self.triggers, 1 / copy.classes)), tries=self.tries,
                      threads=copy.workshop.options.threads, progress=lambda done, text: copy.workshop.sink("grinding", done, self.tries, text))
        return Key(copy.me, 2, key.secret, template.flipped(found.counter), copy.classes).fields()
