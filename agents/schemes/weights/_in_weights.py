"""Embedding without training (Uchida et al. 2017, eq. 6), and how many bits a layer holds."""

from __future__ import annotations

import torch
from torch import nn

from agents.schemes.weights._message import Key
from arena.hosts.layers import mean_filter, weight_of


def capacity_law(bits: int, width: int) -> str:
    """What to expect of T bits in M numbers: T random half-spaces have a point in common with probability 1/2 at T = 2
    M (Cover 1965)."""
    if bits > 2.2 * width:
        return "no w satisfies so many"
    return "close to the limit of 2 M bits" if bits > 1.8 * width else "more than M, within the limit of 2 M bits"


def embed_in_weights(host: nn.Module, key: Key, strength: float, steps: int = 2000) -> nn.Module:
    """Embedding without training: w minimises |w - w0|^2 / 2 + lambda E_R with E_R the mean over bits (eq. 6); every
    filter moves by w - w0."""
    weight = weight_of(host, key.layer)
    start = mean_filter(weight.detach()).double()
    projection, message = torch.from_numpy(key.projection(len(start))).double(), torch.from_numpy(key.message).double()
    w = start.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([w], max_iter=steps, tolerance_grad=1e-9, tolerance_change=1e-12,
                                  line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        regularizer = nn.functional.binary_cross_entropy_with_logits(projection @ w, message)
        value = (w - start).square().sum() / 2 + strength * regularizer
        value.backward()
        return value

    optimizer.step(loss)  # type: ignore[arg-type]
    with torch.no_grad():
        weight.add_((w - start).view(1, *weight.shape[1:]).to(weight.dtype))
    return host
