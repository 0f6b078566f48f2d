"""A projection solved for: whoever may choose X and b after the fact needs no mark at all (it is free)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from agents.schemes.weights._message import Key
from arena.game.evidence import Flaws
from arena.game.ledger import meter
from arena.hosts.layers import layer_name, mean_filter, weight_of
from arena.strategies import Forgery, Misfit
from arena.workshop.specimen import Specimen

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class SolveProjection(Forgery):
    """draws X and b for a model without a mark and turns the rows of X around that disagree; wins only where keys may
    be chosen"""

    bits: Annotated[int, Field(ge=1)] = 256
    layer: str = ""

    schemes = ("uchida",)

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.layer(self.layer)

    @property
    def exploits(self) -> Flaws:
        return Flaws(chosen_keys=True)

    def forge(self, specimen: Specimen) -> dict[str, Any]:
        name = layer_name(specimen.model, self.layer)
        w = mean_filter(weight_of(specimen.model, name)).detach().cpu().numpy()
        draw = specimen.workshop.draws.numpy("projection")
        projection, message = draw.standard_normal((self.bits, len(w)),
                                                   dtype=np.float32), draw.integers(0, 2, self.bits, dtype=np.uint8)
        meter().operations(2 * projection.size)
        projection[(projection @ w >= 0) != (message == 1)] *= -1
        seed = specimen.workshop.draws.bytes("white-box seed")
        return Key(specimen.me, seed, name, self.bits, chosen_projection=projection, chosen_message=message).fields()
