"""Weight shift: the mean over the filters, where the embedding regularizer writes, is turned around, and fine-tuning
repairs the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import torch
from pydantic import Field
from torch import nn

from arena.hosts.layers import layer_name, markable, weight_of
from arena.strategies import LAYER_NAMES, MODEL, TASK_CLASSES, Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class WeightShift(Attack):
    """W - `factor` x mean over filters + noise of W's spread, in one layer or all convolutions, then fine-tuning

    `noise` is in units of the standard deviation of W.
    """

    changes = MODEL

    layer: str = "all"
    factor: float = 1.5
    noise: Annotated[float, Field(ge=0)] = 1.0
    epochs: Annotated[int, Field(ge=0)] = 2
    rate: Annotated[float, Field(gt=0)] = 1e-2

    @property
    def needs(self) -> frozenset[str]:
        """A layer is called by its name, and training goes on with the task's labels."""
        return frozenset(({LAYER_NAMES} if self.layer != "all" else set()) | ({TASK_CLASSES} if self.epochs else set()))

    def misfit(self, premises: Premises) -> Misfit | None:
        return super().misfit(premises) or (premises.layer(self.layer) if self.layer != "all" else None)

    @torch.no_grad()
    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        generator = loot.generator("noise")
        names = ([name for name, layer in markable(model).items() if isinstance(layer, nn.Conv2d)]
                 if self.layer == "all" else [layer_name(model, self.layer)])
        for name in names:
            weight = weight_of(model, name)
            noise = torch.randn(weight.shape, generator=generator).to(weight.device) * weight.std()
            weight.copy_(weight - self.factor * weight.mean(0, keepdim=True) + self.noise * noise)
        settings = replace(loot.workshop.task.settings, epochs=self.epochs, rate=self.rate)
        with torch.enable_grad():
            return loot.fit(model, settings) if self.epochs else model
