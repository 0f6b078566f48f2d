"""Fine-pruning (Liu, Dolan-Gavitt & Garg, RAID 2018): channels that sleep on clean images are cut, since they may be
what wakes at a trigger; then the training goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from torch import nn

from agents.attacks.model._activity import activity, convolutions, reset
from arena.base.units import Share
from arena.strategies import MODEL, TASK_CLASSES, Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class FinePrune(Attack):
    """cuts the share `rate` of the last convolution's channels that answer least to the thief's images, then trains on
    for `epochs`"""

    changes = MODEL
    needs = frozenset({TASK_CLASSES})

    rate: Share = 0.5
    epochs: Annotated[int, Field(ge=0)] = 10
    rate_after: Annotated[float, Field(gt=0)] = 1e-3

    def misfit(self, premises: Premises) -> Misfit | None:
        if not convolutions(premises.network):
            return Misfit("the network has no convolution whose channels could sleep", "rate")
        return super().misfit(premises)

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        layer = convolutions(model)[-1]
        (awake,) = activity(model, [layer], loot.data.images, loot.workshop.device)
        reset(layer, awake.argsort()[: round(self.rate * len(awake))])
        settings = loot.further_training(self.epochs, self.rate_after)
        return loot.fit(model, settings) if self.epochs else model
