"""Network morphism: the same function in other weights (Chen et al. 2016, Wei et al. 2016), which no mark in the weights expects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from arena.hosts.layers import layer_name, permute_and_scale, weight_of
from arena.strategies import Attack
from arena.workshop import Loot


@dataclass(frozen=True)
class Morph(Attack):
    """permutes and scales the channels between a layer and the one before it; the answers stay the same

    `layer` takes the permuted channels in (default: where a mark goes by default); `scale` is the largest factor.
    """

    layer: str = ""
    permute: bool = True
    scale: Annotated[float, Field(ge=1)] = 4.0

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        name = layer_name(model, self.layer)
        width = weight_of(model, name).shape[1]
        order = torch.randperm(width, generator=loot.generator("order")) if self.permute else torch.arange(width)
        factors = self.scale ** (2 * torch.rand(width, generator=loot.generator("factors")) - 1)
        permute_and_scale(model, name, order, factors)
        return model
