"""Averaging collusion: buyers of differently marked copies put them together, and every mark fades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import torch
from pydantic import Field
from torch import nn

from arena.base.errors import ArenaError
from arena.hosts.training import to_input
from arena.strategies import MODEL, PLAIN_LAYERS, TASK_CLASSES, TWO_PARTS, Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

BATCH = 256


@dataclass(frozen=True)
class Average(Attack):
    """averages the weights of the stolen model with those of other copies that its owner sold (`copies` together; 0:
    all there are), and estimates the statistics of batch norms anew on the thief's images"""

    copies: Annotated[int, Field(ge=0)] = 0

    changes = MODEL
    needs = frozenset({TWO_PARTS, PLAIN_LAYERS, TASK_CLASSES})

    def misfit(self, premises: Premises) -> Misfit | None:
        if premises.copies is not None and premises.copies < max(2, self.copies):
            return Misfit(f"averaging {self.copies or 2} copies: {premises.victim or 'the owner'} sells "
                          f"{premises.copies}", "copies" if self.copies else "")
        return super().misfit(premises)

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        if len(loot.copies) < max(1, self.copies - 1):
            raise ArenaError(f"averaging {self.copies or 2} copies: the owner sold {len(loot.copies) + 1}")
        mean = mean_of(model, loot.further(model, self.copies - 1 if self.copies else None))
        return normed_again(mean, loot.data.images, loot.workshop.device)


@torch.no_grad()
def normed_again(model: nn.Module, images: torch.Tensor, device: torch.device) -> nn.Module:
    """`model` with every batch norm's mean and variance the averages over images, uint8 (N, C, H, W), in place."""
    norms = [layer for layer in model.modules() if isinstance(layer, nn.modules.batchnorm._BatchNorm)]
    kept = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    for part in images.split(BATCH) if norms else ():
        if len(part) > 1:
            model(to_input(part, device))
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum
        norm.eval()
    return model


@torch.no_grad()
def mean_of(model: nn.Module, others: Sequence[nn.Module]) -> nn.Module:
    """`model` with every parameter the mean of its own and the others', in place."""
    for name, parameter in model.named_parameters():
        parameter.copy_(torch.stack([parameter, *(other.get_parameter(name) for other in others)]).mean(0))
    return model
