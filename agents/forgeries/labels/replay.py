"""Replay: a key that was opened in public is claimed again, by somebody else (the cure: the hash binds the
claimant)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.schemes.triggers.rose import Key
from arena.strategies import Forgery
from arena.workshop.specimen import Specimen


@dataclass(frozen=True)
class Replay(Forgery):
    """waits until an owner opens his key, then claims with the same images and secret in his own name"""

    schemes = ("rose",)

    def forge(self, specimen: Specimen) -> dict[str, Any] | None:
        opened = next((opening.key for _, opening in specimen.openings if opening.scheme in self.schemes), None)
        if opened is None:
            return None
        return Key(specimen.me, opened["level"], opened["secret"], np.array(opened["images"]), specimen.classes,
                   opened["memory"]).fields()
