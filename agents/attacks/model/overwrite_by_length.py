"""Overwriting by the detected length (Wang & Kerschbaum, ICASSP 2019): a mark in a layer's weights makes them spread,
the more the longer it is. The thief, who knows the code, marks hosts of his own with messages of several lengths, reads
the owner's length off the line through their deviations, and embeds a mark of that length over it.

A mark grows with every step of the training, so the thief's hosts must have seen about as many as the owner's
(`host_epochs`). On 8x8 digits whether there is a mark is plain, its length is read roughly, and long ones too short:
the deviation grows like a square root, not along a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field
from torch import nn

from agents.schemes.weights._message import MOST_BITS
from agents.schemes.weights.uchida import Uchida
from arena.base.errors import ArenaError
from arena.hosts.layers import mean_filter, weight_of
from arena.hosts.networks import build
from arena.hosts.training import Training
from arena.strategies import LAYER_NAMES, MODEL, TASK_CLASSES, Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class OverwriteByLength(Attack):
    """embeds a mark of the thief's own by `uchida` in `layer`, as long as the owner's seems to be: by the deviation of
    the layer's weights (or of their mean over the filters, where the code writes), fitted on hosts of his own,
    trained for `host_epochs` (0: the task's), that carry marks of `lengths` bits"""

    changes = MODEL
    needs = frozenset({TASK_CLASSES, LAYER_NAMES})

    layer: str = ""
    lengths: tuple[Annotated[int, Field(ge=0, le=MOST_BITS)], ...] = (0, 48, 96, 144)
    spread: Literal["weights", "filter"] = "weights"
    strength: Annotated[float, Field(ge=0)] = 0.1
    host_epochs: Annotated[int, Field(ge=0)] = 0
    epochs: Annotated[int, Field(ge=0)] = 10
    rate: Annotated[float, Field(gt=0)] = 1e-2

    def __post_init__(self) -> None:
        if len(set(self.lengths)) < 2:
            raise ArenaError("a line goes through the deviations of two lengths at the least")

    def misfit(self, premises: Premises) -> Misfit | None:
        return super().misfit(premises) or premises.layer(self.layer)

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        scheme = self.scheme(max(1, self.detected(model, loot)))
        settings = loot.further_training(self.epochs, self.rate)
        return scheme.overwrite(scheme.draw_key(loot.workshop), model, loot, settings)

    def scheme(self, bits: int) -> Uchida:
        return Uchida(bits, layer=self.layer, strength=self.strength)

    def detected(self, model: nn.Module, loot: Loot) -> int:
        """How many bits the layer's deviation stands for, at the most as many as its vector has numbers; the longest of
        `lengths` where they can't be told apart."""
        measured = [self.deviation(self.host(bits, loot)) for bits in self.lengths]
        slope, start = np.polyfit(self.lengths, measured, 1)
        rises = slope > 0
        bits = (self.deviation(model) - start) / slope if rises else max(self.lengths)
        found = int(np.clip(round(bits), 0, len(mean_filter(weight_of(model, self.layer)))))
        told = "its weights spread as those" if rises else "lengths can't be told apart: a mark"
        loot.remarks.append(f"{told} of {found} bits")
        return found

    def host(self, bits: int, loot: Loot) -> nn.Module:
        """A host trained on the thief's samples, with a mark of so many bits; all begin with the same weights."""
        shop, purpose = loot.workshop, f"{loot.stage} host of {bits} bits"
        network = build(shop.architecture, loot.generator("weights of hosts"))
        settings = shop.training_for(self.host_epochs)
        if not bits:
            return shop.fit(network, loot.data, Training(purpose, settings))
        scheme = self.scheme(bits)
        return scheme.fit(scheme.draw_key(shop), network, loot.data, shop, purpose, settings)

    def deviation(self, model: nn.Module) -> float:
        weight = weight_of(model, self.layer).detach()
        return float((weight if self.spread == "weights" else mean_filter(weight)).std())
