"""Pruning: a share of each layer's weights is set to zero, without retraining."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn
from torch.nn.utils import prune as pruning

from arena.hosts.layers import layer_name, markable
from arena.strategies import Attack
from arena.units import Share
from arena.workshop import Loot


@dataclass(frozen=True)
class Prune(Attack):
    """zeroes a share of each layer's weights, smallest or largest first (Uchida et al. 4.3.2) or at random (ROSE IV-D)

    `layers` is all, fully-connected, or one layer's name.
    """

    rate: Share
    order: Literal["ascending", "descending", "random"] = "ascending"
    layers: str = "all"

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        generator = loot.generator()
        for layer in self._chosen(model):
            weight = layer.get_parameter("weight")
            scores = torch.rand(weight.shape, generator=generator) if self.order == "random" else weight.detach().abs().cpu().contiguous()
            if self.order == "descending":
                scores = scores.max() - scores
            pruning.l1_unstructured(layer, "weight", amount=self.rate, importance_scores=scores.to(weight.device))
            pruning.remove(layer, "weight")
        return model

    def _chosen(self, model: nn.Module) -> list[nn.Module]:
        layers = markable(model)
        if self.layers not in ("all", "fully-connected"):
            return [layers[layer_name(model, self.layers)]]
        return [layer for layer in layers.values() if self.layers == "all" or isinstance(layer, nn.Linear)]
