"""Multi-target grinding: one key is tried on every released model at once; N models at hand give away log2 N bits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from agents.forgeries._rose import RoseForgery
from agents.schemes.triggers.rose import Key
from arena.base.units import Bits, Count
from arena.forging.grinding import Template, grind_any
from arena.game.rarity import greatest_rarity
from arena.workshop.specimen import Specimen


@dataclass(frozen=True)
class MultiTarget(RoseForgery):
    """grinds a level-2 key until any of the released models answers its labels; give the usurper `target: all`"""

    grinds = True

    triggers: Annotated[int, Field(ge=1)] = 40
    tries: Count = 2**16
    rarity: Bits = 64.0

    def forge(self, specimen: Specimen) -> dict[str, Any]:
        images, _ = specimen.some_images(self.triggers)
        answers = np.stack([specimen.workshop.predict(model, images) for model in (specimen.model, *specimen.others)])
        key = Key(specimen.me, 2, specimen.workshop.draws.bytes("secret"), images, specimen.classes)
        template = Template(key.secret, key.header(), images, answers[0], specimen.classes)
        target = min(self.rarity, greatest_rarity(self.triggers, 1 / specimen.classes))
        found, _ = grind_any(template, answers, target=target, tries=self.tries,
                             progress=lambda done, text: specimen.workshop.sink("grinding", done, self.tries, text))
        return replace(key, images=template.flipped(found.counter)).fields()
