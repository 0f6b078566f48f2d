"""Fine-tuning: the training goes on, with a small rate, on the thief's own samples (ROSE IV-A: rate 1e-5, 30 epochs,
batch 64)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field
from torch import nn

from arena.strategies import MODEL, TASK_CLASSES, Attack
from arena.workshop.loot import Loot


@dataclass(frozen=True)
class FineTune(Attack):
    """trains on with a small rate on the held-out 10 % (ROSE IV-A)"""

    epochs: Annotated[int, Field(ge=0)] = 30
    rate: Annotated[float, Field(gt=0)] = 1e-5
    batch: Annotated[int, Field(ge=1)] = 64

    changes = MODEL
    needs = frozenset({TASK_CLASSES})

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        settings = replace(loot.further_training(self.epochs, self.rate), batch=self.batch)
        return loot.fit(model, settings)
