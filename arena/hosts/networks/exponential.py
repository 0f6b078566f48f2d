"""Exponential weighting (Namba and Sakuma 2019, eqs. 10-13): small weights are made smaller before they are used, large
ones stay.

EW(theta, T)_i = exp(|theta_i| T) / max_j exp(|theta_j| T) * theta_i, as a parametrization of every convolution and
fully connected layer: the network computes with EW(theta), training moves theta. It stays in the deployed model (eq.
12).
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils import parametrize


class ExponentialWeighting(nn.Module):
    """theta -> EW(theta, T)."""

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, theta: torch.Tensor) -> torch.Tensor:
        size = theta.abs()
        return torch.exp(self.temperature * (size - size.max())) * theta

    def extra_repr(self) -> str:
        return f"T={self.temperature:g}"


def weight_exponentially(model: nn.Module, temperature: float) -> nn.Module:
    """Puts EW with T = `temperature` on every convolution and fully connected layer, in place; T = 0 is the identity,
    and changes nothing."""
    if temperature:
        for layer in [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]:
            parametrize.register_parametrization(layer, "weight", ExponentialWeighting(temperature), unsafe=True)
    return model


def stored_weight(layer: nn.Module) -> nn.Parameter:
    """The parameter behind a layer's weight: theta where it is weighted exponentially."""
    if parametrize.is_parametrized(layer, "weight"):
        return layer.get_parameter("parametrizations.weight.original")
    return layer.get_parameter("weight")
