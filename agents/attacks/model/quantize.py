"""Weight quantisation in the three ways of ROSE IV-A, simulated in floating point (what the integer arithmetic would
answer, not its speed)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import nn

from arena.hosts.quantised import Quantized
from arena.hosts.training import predict
from arena.strategies import LAYER_NAMES, MODEL, PLAIN_LAYERS, Attack
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

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
        layers = [(parent, name, child) for parent in list(model.modules()) if not isinstance(parent, Quantized)
                  for name, child in list(parent.named_children())
                  if isinstance(child, (nn.Linear, nn.Conv2d))]
        for parent, name, layer in layers:
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
