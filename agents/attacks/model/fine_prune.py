"""Fine-pruning (Liu, Dolan-Gavitt & Garg, RAID 2018): channels that sleep on clean images are cut, since they may be
what wakes at a trigger; then the training goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import torch
from pydantic import Field
from torch import nn

from arena.base.units import Share
from arena.hosts.layers import markable
from arena.hosts.networks.exponential import stored_weight
from arena.hosts.training import portions, to_input
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
        awake = activity(model, layer, loot)
        dormant = awake.argsort()[: round(self.rate * len(awake))]
        with torch.no_grad():
            stored_weight(layer)[dormant] = 0
            if layer.bias is not None:
                layer.bias[dormant] = 0
        settings = loot.further_training(self.epochs, self.rate_after)
        return loot.fit(model, settings) if self.epochs else model


def convolutions(model: nn.Module) -> list[nn.Conv2d]:
    """In the order of the network."""
    return [layer for layer in markable(model).values() if isinstance(layer, nn.Conv2d)]


@torch.no_grad()
def activity(model: nn.Module, layer: nn.Module, loot: Loot) -> torch.Tensor:
    """How strongly each channel of a layer answers the thief's images, (L,): the mean of what is above zero."""
    seen: list[torch.Tensor] = []
    watch = layer.register_forward_hook(lambda _, __, out: seen.append(out.relu().float().mean((2, 3)).sum(0)))
    try:
        for part in portions(loot.data.images, loot.workshop.device):
            model.eval()(to_input(part, loot.workshop.device))
    finally:
        watch.remove()
    return torch.stack(seen).sum(0) / len(loot.data)
