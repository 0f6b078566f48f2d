"""The signs of the weights themselves: whoever may choose the sequence x finds a perfect correlation in every model (it
is free)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.schemes.weights.negative_correlation import Key, regions, regions_misfit
from arena.game.evidence import Flaws
from arena.game.ledger import meter
from arena.strategies import Forgery, Misfit
from arena.workshop.specimen import Specimen

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class SignSequence(Forgery):
    """claims with x = -sign(v) for the weights v of one region; wins only where keys may be chosen"""

    schemes = ("negative-correlation",)

    def misfit(self, premises: Premises) -> Misfit | None:
        fault = regions_misfit(premises, Key("", b"").regions)
        return None if fault is None else Misfit(fault.text)

    @property
    def exploits(self) -> Flaws:
        return Flaws(chosen_keys=True)

    def forge(self, specimen: Specimen) -> dict[str, Any]:
        key = Key(specimen.me, specimen.workshop.draws.bytes("white-box seed"))
        sequence = -np.sign(regions(specimen.model, key.regions)[0].numpy()).astype(np.float32)
        meter().operations(2 * sequence.size)
        return Key(specimen.me, key.seed, chosen=np.where(sequence == 0, np.float32(1), sequence)).fields()
