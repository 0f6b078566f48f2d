"""Weights of 8 bits that stand for floats: how a network computes with them, and how they are written and read.

A layer of 8 bits is written as `NAME.weight`, int8 (L, ...), `NAME.weight.scale`, float32 (L,), a factor for each
output channel, and `NAME.input`, float32 (3,): the lowest and the highest input, and 1 where they are fixed, else 0,
and each batch has a range of its own. Where weights are no longer of 8 bits (somebody changed them since) they are
written as floats.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import TypeVar

import torch
from torch import nn

from arena.hosts.networks.exponential import stored_weight

M = TypeVar("M", bound=nn.Module)
LEVELS, MOST = 255, 127
SCALE, INPUT = ".scale", ".input"


class Quantized(nn.Module):
    """A layer with weights of 8 bits (symmetric, a scale for each output channel), whose input passes through 8 bits
    too: the range of each batch, or a fixed one after calibration. `scale`, (L,), is found where none is given, and the
    layer's weights become what 8 bits can say, in place."""

    low: torch.Tensor
    high: torch.Tensor
    scale: torch.Tensor

    def __init__(self, layer: nn.Module, scale: torch.Tensor | None = None) -> None:
        super().__init__()
        self.layer, self.watching, self.fixed = layer, False, False
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("high", torch.zeros(()))
        self.register_buffer("scale", _quantize(stored_weight(layer)) if scale is None else scale)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.float()
        if self.watching:
            self.low, self.high = torch.minimum(self.low, x.min()), torch.maximum(self.high, x.max())
            return self.layer(x)
        seen = x.detach()
        low, high = (self.low, self.high) if self.fixed else (seen.min().clamp(max=0), seen.max().clamp(min=0))
        scale = max(float(high - low) / LEVELS, 1e-12)
        zero = min(LEVELS, max(0, round(-float(low) / scale)))
        return self.layer(torch.fake_quantize_per_tensor_affine(x, scale, zero, 0, LEVELS))

    def extra_repr(self) -> str:
        return f"watching={self.watching}, fixed={self.fixed}"


@torch.no_grad()
def _quantize(weight: torch.Tensor) -> torch.Tensor:
    """The scales, (L,), with which 8 bits say weights (L, ...), which become what is said, in place."""
    scale = weight.abs().flatten(1).amax(1).clamp_min(1e-12) / MOST
    zeros = torch.zeros_like(scale, dtype=torch.int32)
    weight.copy_(torch.fake_quantize_per_channel_affine(weight, scale, zeros, 0, -MOST, MOST))
    return scale


def as_floats(model: M) -> M:
    """A copy of a model in which layers of 8 bits are the layers of floats that they stand for, under their own
    names."""
    out = copy.deepcopy(model)
    for name, layer in list(out.named_modules()):
        if isinstance(layer, Quantized):
            out.set_submodule(name, layer.layer)
    return out


@torch.no_grad()
def written(model: nn.Module) -> dict[str, torch.Tensor]:
    """A model's tensors by name as they are written."""
    tensors = as_floats(model).state_dict()
    for name, layer in model.named_modules():
        if not isinstance(layer, Quantized):
            continue
        place, weight = f"{name}.{_weight_of(layer.layer)}", stored_weight(layer.layer)
        scale = layer.scale.view(-1, *[1] * (weight.dim() - 1))
        whole = (weight / scale).round().clamp(-MOST, MOST)
        tensors[f"{name}{INPUT}"] = torch.stack([layer.low, layer.high, torch.tensor(float(layer.fixed)).to(scale)])
        if torch.equal(whole * scale, weight):
            tensors |= {place: whole.to(torch.int8), place + SCALE: layer.scale}
    return tensors


def prepared(network: M, names: Collection[str]) -> M:
    """The network, in place, with layers of 8 bits where the names of its file's tensors ask for some: those of float
    where they are written so. Nothing is computed."""
    for name, layer in list(network.named_modules()):
        if isinstance(layer, (nn.Conv2d, nn.Linear)) and f"{name}{INPUT}" in names:
            network.set_submodule(name, Quantized(layer, torch.empty(len(stored_weight(layer)))))
    return network


def expected(network: nn.Module, names: Collection[str]) -> dict[str, tuple[torch.dtype, tuple[int, ...]]]:
    """Type and shape of each tensor in the file of a network that was `prepared` for its names."""
    found = {name: (tensor.dtype, tuple(tensor.shape)) for name, tensor in _plain_state(network).items()}
    for name, layer in network.named_modules():
        if isinstance(layer, Quantized):
            place = f"{name}.{_weight_of(layer.layer)}"
            found[f"{name}{INPUT}"] = torch.float32, (3,)
            if place + SCALE in names:
                found[place] = torch.int8, found[place][1]
                found[place + SCALE] = torch.float32, (found[place][1][0],)
    return found


@torch.no_grad()
def fill(network: nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Puts tensors as they are written into a network that was `prepared` for their names."""
    for name, place in _plain_state(network).items():
        scale = tensors.get(name + SCALE)
        whole = tensors[name]
        place.copy_(whole if scale is None else whole.float() * scale.view(-1, *[1] * (whole.dim() - 1)))
    for name, layer in network.named_modules():
        if isinstance(layer, Quantized):
            low, high, fixed = tensors[f"{name}{INPUT}"]
            layer.low, layer.high, layer.fixed = low.clone(), high.clone(), bool(fixed)
            scale = tensors.get(f"{name}.{_weight_of(layer.layer)}{SCALE}")
            layer.scale = torch.ones(len(stored_weight(layer.layer))) if scale is None else scale.clone()


def _weight_of(layer: nn.Module) -> str:
    """The name of the parameter behind a layer's weight."""
    wanted = stored_weight(layer)
    return next(name for name, parameter in layer.named_parameters() if parameter is wanted)


def _plain_state(network: nn.Module) -> dict[str, torch.Tensor]:
    """A network's tensors under the names that they have where its layers are of floats."""
    inner = {f"{name}.layer.": f"{name}." for name, layer in network.named_modules() if isinstance(layer, Quantized)}
    own = {f"{name}.{part}" for name, layer in network.named_modules() if isinstance(layer, Quantized)
           for part in ("low", "high", "scale")}
    state = {}
    for name, tensor in network.state_dict().items():
        prefix = next((prefix for prefix in inner if name.startswith(prefix)), "")
        if name not in own:
            state[inner.get(prefix, "") + name.removeprefix(prefix)] = tensor
    return state
