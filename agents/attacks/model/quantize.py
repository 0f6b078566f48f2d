"""Weight quantisation in the three ways of ROSE IV-A, simulated in floating point (what the integer arithmetic would
answer, not its speed)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import nn

from arena.hosts.networks.exponential import stored_weight
from arena.hosts.training import predict
from arena.strategies import LAYER_NAMES, MODEL, PLAIN_LAYERS, Attack
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

LEVELS = 255
CALIBRATION_IMAGES = 256


@dataclass(frozen=True)
class Quantize(Attack):
    """casts weights to 8 bits (dynamic-range), weights and activations to 8 bits (full-integer, calibrated), or all to
    float16"""

    changes = MODEL

    to: Literal["dynamic-range", "full-integer", "float16"] = "dynamic-range"

    def breaks(self, premises: Premises) -> frozenset[str]:
        """Layers of 8 bits wrap those that were there."""
        return frozenset() if self.to == "float16" else frozenset({PLAIN_LAYERS, LAYER_NAMES})

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        if self.to == "float16":
            with torch.no_grad():
                for p in model.parameters():
                    p.copy_(p.half().float())
            return model
        layers = [(parent, name, child) for parent in list(model.modules())
                  for name, child in list(parent.named_children())
                  if isinstance(child, (nn.Linear, nn.Conv2d))]
        for parent, name, layer in layers:
            _quantize_weight(layer)
            setattr(parent, name, Quantized(layer))
        if self.to == "full-integer":
            self._calibrate(model, loot)
        return model

    def _calibrate(self, model: nn.Module, loot: Loot) -> None:
        """Fixes each layer's input range to what held-out images showed."""
        quantized = [module for module in model.modules() if isinstance(module, Quantized)]
        for module in quantized:
            module.watching = True
        predict(model, loot.calibration.images[:CALIBRATION_IMAGES], device=loot.workshop.device)
        for module in quantized:
            module.watching, module.fixed = False, True


class Quantized(nn.Module):
    """A layer whose input passes through 8 bits: the range of each batch, or a fixed one after calibration."""

    low: torch.Tensor
    high: torch.Tensor

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer, self.watching, self.fixed = layer, False, False
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("high", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.float()
        if self.watching:
            self.low, self.high = torch.minimum(self.low, x.min()), torch.maximum(self.high, x.max())
            return self.layer(x)
        low, high = (self.low, self.high) if self.fixed else (x.min().clamp(max=0), x.max().clamp(min=0))
        scale = max(float(high - low) / LEVELS, 1e-12)
        zero = min(LEVELS, max(0, round(-float(low) / scale)))
        return self.layer(torch.fake_quantize_per_tensor_affine(x, scale, zero, 0, LEVELS))


@torch.no_grad()
def _quantize_weight(layer: nn.Module) -> None:
    """Symmetric 8 bits with one scale per output channel."""
    weight = stored_weight(layer)
    scale = weight.abs().flatten(1).amax(1).clamp_min(1e-12) / 127
    weight.copy_(torch.fake_quantize_per_channel_affine(weight, scale, torch.zeros_like(scale, dtype=torch.int32), 0,
                                                        -127, 127))
