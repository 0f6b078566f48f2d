"""Training a decision on top of features that stay what they are (transfer learning, ROSE II-A): the features of each
image are computed once, not in every epoch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import nn

from arena.hosts.networks import Network
from arena.hosts.networks.own import Own

MOST_NUMBERS = 2**28
"""So many numbers of features (1 GiB) are kept; where there are more they are computed in every epoch."""


def can_be_kept(model: nn.Module, trained: Sequence[nn.Parameter]) -> bool:
    """Whether all that is trained is in the decision, and the features are the same function of an image in every
    epoch: nothing drops, or counts statistics of batches. Of a network of the user's own nobody knows."""
    if not isinstance(model, Network) or isinstance(model, Own):
        return False
    decision = {id(parameter) for parameter in model.decision.parameters()}
    return all(id(parameter) in decision for parameter in trained) and not any(map(_changes, model.features.modules()))


def _changes(module: nn.Module) -> bool:
    """Whether a module answers otherwise while it trains: batch norm, or what drops some of its input."""
    dropped = (getattr(module, "p", 0.0), getattr(module, "dropout", 0.0))
    return isinstance(module, nn.modules.batchnorm._BatchNorm) or any(isinstance(p, float) and p > 0 for p in dropped)


@torch.no_grad()
def features_of(model: Network, inputs: Iterable[torch.Tensor], count: int, dtype: torch.dtype) -> torch.Tensor | None:
    """What the features say of `count` images, given in portions as floats (N, C, H, W): float32 (count, ...), or None
    where that is too much to keep."""
    out = []
    for part in inputs:
        with torch.autocast(part.device.type, dtype=dtype, enabled=dtype != torch.float32):
            out.append(model.features(part).float())
        if count * out[0][0].numel() > MOST_NUMBERS:
            return None
    return torch.cat(out)
