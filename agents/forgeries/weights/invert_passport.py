"""Ambiguity by inversion (Fan et al. 2019, section 3; Chen et al., "Effective Ambiguity Attack Against Passport-based
DNN Intellectual Property Protection Schemes", CVPR 2023): a passport is solved for that gives the released weights any
signature, since the scales are linear in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import torch
from pydantic import Field

from agents.schemes.weights.passports import MOST_LAYERS, Key, Passports, scaled, signatures
from arena.game.evidence import Flaws
from arena.game.ledger import meter
from arena.strategies import Forgery, Misfit
from arena.workshop.specimen import Specimen

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class InvertPassport(Forgery):
    """solves for passports that give the scales that are there the signs of its own signature (least squares); wins
    only where keys may be chosen"""

    layers: Annotated[int, Field(ge=1, le=MOST_LAYERS)] = 3

    schemes = ("passports",)

    def misfit(self, premises: Premises) -> Misfit | None:
        return Passports(self.layers).misfit(premises)

    @property
    def exploits(self) -> Flaws:
        return Flaws(chosen_keys=True)

    @torch.no_grad()
    def forge(self, specimen: Specimen) -> dict[str, Any]:
        key = Key(specimen.me, specimen.workshop.draws.bytes("white-box seed"), self.layers)
        layers = scaled(specimen.model, self.layers)
        found = []
        for (weight, norm), signs in zip(layers, signatures(key, layers), strict=True):
            filters = weight.detach().cpu().double().flatten(1)
            meter().operations(2 * filters.numel() * min(filters.shape))
            wanted = (signs if norm is None else signs * norm.weight.abs()).cpu().double()
            found.append((torch.linalg.pinv(filters) @ wanted).float().numpy())
        return Key(specimen.me, key.seed, self.layers, np.concatenate(found)).fields()
