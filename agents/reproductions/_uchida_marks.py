"""What the page on Uchida et al. reads in a host."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from agents.attacks.model.prune import Prune
from agents.schemes.weights import uchida
from agents.schemes.weights._in_weights import embed_in_weights
from agents.schemes.weights._message import Key
from agents.schemes.weights.uchida import read
from arena.hosts.layers import mean_filter, weight_of
from arena.hosts.task import Task
from arena.workshop.kept import Curves
from arena.workshop.loot import Loot
from arena.workshop.workshop import Workshop

BITS = 256


def layer_of(group: str) -> str:
    return f"features.{group}.second"


@dataclass(frozen=True)
class Mark:
    """A host, marked or not, with the key that is read in it and how it was trained."""

    shop: Workshop
    key: Key
    host: nn.Module
    curves: Curves

    @property
    def final(self) -> float:
        """Test error (%) at the end."""
        return 100 * (1 - self.shop.accuracy(self.host))

    @property
    def best(self) -> float:
        """The best test error (%) after any epoch of its last training, on the images that were watched: what the paper
        prints."""
        return 100 * (1 - max(self.curves.watched))

    @property
    def errors(self) -> list[float]:
        """Test error (%) after each epoch."""
        return [100 * (1 - right) for right in self.curves.watched]

    def figures(self, host: nn.Module | None = None) -> uchida.Figures:
        return read(self.key, weight_of(self.host if host is None else host, self.key.layer))

    def values(self, host: nn.Module | None = None) -> list[float]:
        """sigma(Xw) of every bit, turned around where b is 0."""
        w = mean_filter(weight_of(self.host if host is None else host, self.key.layer).detach())
        signed = torch.from_numpy(self.key.projection(len(w))) @ w * (2 * torch.from_numpy(self.key.message).float()
                                                                      - 1)
        return signed.sigmoid().tolist()

    def weights(self) -> list[float]:
        """W of the layer, all of them."""
        return weight_of(self.host, self.key.layer).detach().flatten().tolist()

    def pruned(self, rate: float, order: Any, host: nn.Module | None = None) -> nn.Module:
        return Prune(rate, order, self.key.layer).modify_model(copy.deepcopy(self.host if host is None else host),
                                                               Loot(self.shop, f"prune {rate} {order}"))


def key_of(shop: Workshop, layer: str = "", bits: int = BITS, projection: uchida.Kind = "random") -> Key:
    return uchida.Uchida(bits, projection, layer).draw_key(shop)


def embedded(host: nn.Module, key: Key, strength: float) -> tuple[float, uchida.Figures]:
    """(|w - w0|^2 / 2, figures) of eq. (6), done in place."""
    before = mean_filter(weight_of(host, key.layer).detach()).clone()
    embed_in_weights(host, key, strength)
    weight = weight_of(host, key.layer)
    return float((mean_filter(weight.detach()) - before).square().sum()) / 2, read(key, weight)


def scaled(host: nn.Module, key: Key, loss: float) -> nn.Module:
    """A copy of the host with the marked layer scaled until E_R is `loss`."""
    out = copy.deepcopy(host)
    weight = weight_of(out, key.layer)
    base, low, high = weight.detach().clone(), 0.01, 1000.0
    for _ in range(50):
        middle = float(np.sqrt(low * high))
        with torch.no_grad():
            weight.copy_(base * middle)
        low, high = (middle, high) if read(key, weight).loss < loss else (low, middle)
    return out


def strength_for(task: Task) -> float:
    """lambda: the paper's 0.01, five times as much where there are only a few hundred steps."""
    return 0.05 if task.limit else 0.01
