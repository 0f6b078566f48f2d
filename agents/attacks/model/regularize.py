"""Regularisation (Shafieinejad et al. 2021, section 5; "weight decay" and "regularization" of Lukas et al. 2022): a
strong penalty makes the weights small and forgets what the thief's own images don't ask for; a second training without
it mends the task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from arena.hosts.training import Penalty, Training
from arena.strategies import MODEL, TASK_CLASSES, Attack
from arena.workshop.loot import Loot


@dataclass(frozen=True)
class Regularize(Attack):
    """trains on the thief's images with the penalty `strength` times the sum of the squared weights for `epochs`, then
    for `mend` epochs without"""

    changes = MODEL
    needs = frozenset({TASK_CLASSES})

    strength: Annotated[float, Field(ge=0, le=10)] = 1e-3
    epochs: Annotated[int, Field(ge=0)] = 10
    mend: Annotated[int, Field(ge=0)] = 10
    rate: Annotated[float, Field(gt=0)] = 1e-3

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        settings = loot.further_training(self.epochs, self.rate)
        penalty = Penalty(lambda net: self.strength * squares(net), {"squares": self.strength})
        small = loot.workshop.fit(model, loot.data, Training(f"{loot.stage} shrink", settings, penalty=penalty))
        return loot.fit(small, loot.further_training(self.mend, self.rate))


def squares(model: nn.Module) -> torch.Tensor:
    """The sum of the squares of all weights that are trained."""
    return torch.stack([weight.square().sum() for weight in model.parameters()]).sum()
