"""Network morphism: the same function in other weights (Chen et al. 2016, Wei et al. 2016), which no mark in the
weights expects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import torch
from pydantic import Field
from torch import nn

from arena.base.errors import ArenaError
from arena.hosts.layers import layer_name, neighbours, permute_and_scale, weight_of
from arena.strategies import LAYER_NAMES, MODEL, PLAIN_LAYERS, Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class Morph(Attack):
    """permutes and scales the channels between a layer and the one before it; the answers stay the same

    `layer` takes the permuted channels in (default: where a mark goes by default); `scale` is the largest factor.
    """

    changes = MODEL

    layer: str = ""
    permute: bool = True
    scale: Annotated[float, Field(ge=1)] = 4.0

    @property
    def needs(self) -> frozenset[str]:
        """What feeds a layer is looked for in plain chains and residual blocks."""
        return frozenset({PLAIN_LAYERS, *([LAYER_NAMES] if self.layer else [])})

    def misfit(self, premises: Premises) -> Misfit | None:
        return super().misfit(premises) or premises.layer(self.layer) or self._alone(premises)

    def _alone(self, premises: Premises) -> Misfit | None:
        try:
            neighbours(premises.network, layer_name(premises.network, self.layer))
        except ArenaError as error:
            return Misfit(str(error), "layer")
        return None

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        name = layer_name(model, self.layer)
        width = weight_of(model, name).shape[1]
        order = torch.randperm(width, generator=loot.generator("order")) if self.permute else torch.arange(width)
        factors = self.scale ** (2 * torch.rand(width, generator=loot.generator("factors")) - 1)
        permute_and_scale(model, name, order, factors)
        return model
