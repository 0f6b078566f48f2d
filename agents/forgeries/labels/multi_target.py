"""Multi-target grinding: one key is tried on every released model at once; N models at hand give away log2 N bits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from agents.schemes.triggers.rose import Key
from arena.base.units import Bits, Count
from arena.forging.grinding import Template, grind_any
from arena.game.rarity import greatest_rarity
from arena.strategies import Forgery, Misfit
from arena.workshop.loot import Copy

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class MultiTarget(Forgery):
    """grinds a level-2 key until any of the released models answers its labels; give the usurper `target: all`"""

    triggers: Annotated[int, Field(ge=1)] = 40
    tries: Count = 2**16
    rarity: Bits = 64.0

    schemes = ("rose",)

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.enough(self.triggers, premises.pool, "triggers")

    def forge(self, copy: Copy) -> dict[str, Any]:
        images, _ = copy.some_images(self.triggers)
        answers = np.stack([copy.workshop.predict(model, images) for model in (copy.model, *copy.others)])
        key = Key(copy.me, 2, copy.workshop.draws.bytes("secret"), images, copy.classes)
        template = Template(key.secret, key.header(), images, answers[0], copy.classes)
        target = min(self.rarity, greatest_rarity(self.triggers, 1 / copy.classes))
        found, _ = grind_any(template, answers, target=target, tries=self.tries,
                             progress=lambda done, text: copy.workshop.sink("grinding", done, self.tries, text))
        return replace(key, images=template.flipped(found.counter)).fields()
