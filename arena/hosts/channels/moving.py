"""Network morphism (Chen et al. 2016, Wei et al. 2016): channels change places and sizes, and the network computes the
same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from arena.hosts.channels.records import Channels, Moves, Norm, Side
from arena.hosts.networks.exponential import stored_weight
from arena.hosts.networks.own import body


@torch.no_grad()
def move(model: nn.Module, channels: Channels, moves: Moves) -> None:
    """Moves channels and their factors through all layers that they pass, in place; with free factors alone the network
    computes the same."""
    sides: dict[str, dict[Side, tuple[torch.Tensor, torch.Tensor]]] = defaultdict(dict)
    for use in channels.uses:
        order = [use.places[moves.source.get(channel, channel)][use.places[channel].index(place)] if moves.source
                 else place for place, channel in enumerate(use.channels)]
        factors = [moves.factors.get(factor, 1.0) for factor in use.factors]
        sides[use.layer][use.side] = torch.tensor(order), torch.tensor(factors, dtype=torch.float64)
    for name, found in sides.items():
        layer = body(model).get_submodule(name)
        if isinstance(layer, Norm):
            _move_norm(layer, found["in"][0], found["in"][1], found["out"][1])
        else:
            _move_wired(layer, found)


def _move_wired(layer: nn.Module, sides: Mapping[Side, tuple[torch.Tensor, torch.Tensor]]) -> None:
    weight, bias = stored_weight(layer), getattr(layer, "bias", None)
    moved = weight.double()
    if "in" in sides:
        order, factors = (t.to(weight.device) for t in sides["in"])
        moved = moved[:, order] / factors.view(1, -1, *[1] * (weight.dim() - 2))
    if "out" in sides:
        order, factors = (t.to(weight.device) for t in sides["out"])
        moved = moved[order] * factors.view(-1, *[1] * (weight.dim() - 1))
        if bias is not None:
            bias.copy_(bias.double()[order] * factors)
    weight.copy_(moved)


def _move_norm(layer: Any, order: torch.Tensor, before: torch.Tensor, after: torch.Tensor) -> None:
    """A batch norm whose input bears the factors `before`, its output `after`."""
    order, before, after = (t.to(layer.weight.device) for t in (order, before, after))
    mean, spread = layer.running_mean.double()[order], layer.running_var.double()[order] + layer.eps
    variance = (before.square() * spread - layer.eps).clamp_min(0)
    gain = after * (variance + layer.eps).sqrt() / (before * spread.sqrt())
    layer.running_mean.copy_(mean * before)
    layer.running_var.copy_(variance)
    layer.weight.copy_(layer.weight.double()[order] * gain)
    layer.bias.copy_(layer.bias.double()[order] * after)
