"""How strongly channels answer images, and channels that are made to say nothing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from arena.hosts.layers import markable
from arena.hosts.networks.exponential import stored_weight
from arena.hosts.training import portions, to_input


def convolutions(model: nn.Module) -> list[nn.Conv2d]:
    """In the order of the network."""
    return [layer for layer in markable(model).values() if isinstance(layer, nn.Conv2d)]


@torch.no_grad()
def activity(model: nn.Module, layers: Sequence[nn.Module], images: torch.Tensor,
             device: torch.device) -> list[torch.Tensor]:
    """How strongly each channel of some layers answers images, uint8 (N, C, H, W): for each layer the mean of what is
    above zero, (L,); nothing, (0,), of a layer that isn't asked."""
    seen = [list[torch.Tensor]() for _ in layers]

    def watch(asked: nn.Module, _: object, out: torch.Tensor) -> None:
        for layer, rows in zip(layers, seen, strict=True):
            if asked is layer:  # the meter measures what it doesn't know on a twin, which has this hook too
                rows.append(_awake(out.relu().float()))

    hooks = [layer.register_forward_hook(watch) for layer in layers]
    try:
        for part in portions(images, device):
            model.eval()(to_input(part, device))
    finally:
        for hook in hooks:
            hook.remove()
    return [torch.cat(rows).mean(0) if rows else torch.empty(0) for rows in seen]


def _awake(out: torch.Tensor) -> torch.Tensor:
    """(rows, L): a convolution's channels by image, a fully connected layer's by all that goes through it."""
    return out.mean((2, 3)) if out.dim() == 4 else out.flatten(0, -2)


@torch.no_grad()
def reset(layer: nn.Module, channels: torch.Tensor) -> None:
    """The channels' weights and biases are zero from now on, until they are trained."""
    stored_weight(layer)[channels] = 0
    if isinstance(layer.bias, torch.Tensor):
        layer.bias[channels] = 0
