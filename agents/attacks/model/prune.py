"""Pruning: a share of each layer's weights is set to zero; with or without training afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

import torch
from pydantic import Field
from torch import nn
from torch.nn.utils import prune as pruning

from arena.base.units import Share
from arena.hosts.layers import layer_name, markable
from arena.hosts.networks.exponential import stored_weight
from arena.strategies import LAYER_NAMES, MODEL, TASK_CLASSES, Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

GROUPS = ("all", "fully-connected")


@dataclass(frozen=True)
class Prune(Attack):
    """zeroes a share of each layer's weights, smallest or largest first (Uchida et al. 4.3.2) or at random (ROSE IV-D)

    `layers` is all, fully-connected, or one layer's name. `retrain` epochs on the thief's own samples follow, all
    weights, with Adam at `rate_after` (Namba and Sakuma 4.3.1: 10 epochs; a rate of 0 is then plain re-training).
    """

    changes = MODEL

    rate: Share = 0.2
    order: Literal["ascending", "descending", "random"] = "ascending"
    layers: str = "all"
    retrain: Annotated[int, Field(ge=0)] = 0
    rate_after: Annotated[float, Field(gt=0)] = 1e-3

    @property
    def needs(self) -> frozenset[str]:
        """A layer is called by its name, and training goes on with the task's labels."""
        return frozenset(({LAYER_NAMES} if self.layers not in GROUPS else set())
                         | ({TASK_CLASSES} if self.retrain else set()))

    def misfit(self, premises: Premises) -> Misfit | None:
        return (super().misfit(premises) or (premises.layer(self.layers, "layers")
                                             if self.layers not in GROUPS else None))

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        generator = loot.generator()
        for layer in self._chosen(model):
            weight = stored_weight(layer)
            scores = (torch.rand(weight.shape, generator=generator)
                      if self.order == "random" else weight.detach().abs().cpu().contiguous())
            if self.order == "descending":
                scores = scores.max() - scores
            mask = pruning.L1Unstructured(self.rate).compute_mask(scores, torch.ones_like(scores))
            with torch.no_grad():
                weight.mul_(mask.to(weight.device))
        if not self.retrain:
            return model
        settings = replace(loot.workshop.task.settings, epochs=self.retrain, rate=self.rate_after, optimizer="adam",
                           schedule="constant", weight_decay=0.0)
        return loot.fit(model, settings)

    def _chosen(self, model: nn.Module) -> list[nn.Module]:
        layers = markable(model)
        if self.layers not in GROUPS:
            return [layers[layer_name(model, self.layers)]]
        return [layer for layer in layers.values() if self.layers == "all" or isinstance(layer, nn.Linear)]
