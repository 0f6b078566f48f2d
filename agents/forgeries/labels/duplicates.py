"""One image, many times: at level 1 a single image whose answer is known makes a whole key (exact copies would be
refused, so bits differ)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from agents.forgeries._rose import RoseForgery
from agents.schemes.triggers.rose import Key
from arena.strategies import Misfit
from arena.workshop.specimen import Specimen

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class Duplicates(RoseForgery):
    """makes all triggers from one image, low bits flipped until each hash gives that image's answer (level 1)"""

    triggers: Annotated[int, Field(ge=1)] = 40

    def misfit(self, premises: Premises) -> Misfit | None:
        """One image has so many variants in its lowest bits."""
        return premises.enough(self.triggers, 2 ** min(20, int(np.prod(premises.data.shape[1:]))), "triggers",
                               "variants of an image")

    def forge(self, specimen: Specimen) -> dict[str, Any]:
        image, _ = specimen.some_images(1)
        secret, draw = specimen.workshop.draws.bytes("secret"), specimen.workshop.draws.numpy("bits")
        kept: list[np.ndarray] = []
        while len(kept) < self.triggers:
            variants = np.unique(image ^ draw.integers(0, 2, (self.triggers, *image.shape[1:]), dtype=np.uint8), axis=0)
            if len(variants) < self.triggers:
                continue
            fits = Key(specimen.me, 1, secret, variants, specimen.classes).labels() == specimen.predict(variants)
            kept += list(variants[fits])
        return Key(specimen.me, 1, secret, np.stack(kept[: self.triggers]), specimen.classes).fields()
