"""Pruning: a share of each layer's weights is set to zero, without retraining."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn
from torch.nn.utils import prune as pruning

from arena.strategies import Attack
from arena.units import Share
from arena.workshop import Loot


@dataclass(frozen=True)
class Prune(Attack):
    """zeroes a share of each layer's weights, smallest or largest first (Uchida et al. 4.3.2) or at random (ROSE IV-D)"""

    rate: Share
    order: Literal["ascending", "descending", "random"] = "ascending"
    layers: Literal["all", "fully-connected"] = "all"

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        kinds = (nn.Linear,) if self.layers == "fully-connected" else (nn.Linear, nn.modules.conv._ConvNd)
        generator = loot.generator()
        for layer in model.modules():
            if isinstance(layer, kinds):
                scores = torch.rand(layer.weight.shape, generator=generator) if self.order == "random" else layer.weight.detach().abs().cpu().contiguous()
                if self.order == "descending":
                    scores = scores.max() - scores
                pruning.l1_unstructured(layer, "weight", amount=self.rate, importance_scores=scores.to(layer.weight.device))
                pruning.remove(layer, "weight")
        return model
