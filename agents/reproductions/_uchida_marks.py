"""Hosts and marks that the pages on Uchida et al. measure."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from agents.attacks.model.prune import Prune
from agents.schemes.weights import uchida
from agents.schemes.weights._in_weights import embed_in_weights
from agents.schemes.weights._message import Key
from agents.schemes.weights.uchida import embedding_loss, read
from arena.hosts.datasets import Samples
from arena.hosts.layers import mean_filter, weight_of
from arena.hosts.task import Task
from arena.hosts.training import Penalty, Training
from arena.workshop.loot import Loot
from arena.workshop.workshop import Workshop

BITS = 256


def layer_of(group: str) -> str:
    return f"features.{group}.second"


class Mark:
    """A host with a mark in conv 2, from the store when it was made before."""

    def __init__(self, shop: Workshop, projection: uchida.Kind = "random", embed: Any = "train", epochs: int = 0,
                 code: bool = False,
                 strength: float = 0.0) -> None:
        scheme = uchida.Uchida(BITS, projection, layer_of("conv2"), strength or strength_for(shop.task), embed, epochs,
                               code)
        self.shop, self.key = shop, scheme.draw_key(shop)
        self.host = scheme.mark(self.key, shop)

    @staticmethod
    def key_of(shop: Workshop, layer: str = "") -> Key:
        return uchida.Uchida(BITS, layer=layer).draw_key(shop)

    def figures(self, host: nn.Module | None = None) -> uchida.Figures:
        return read(self.key, weight_of(self.host if host is None else host, self.key.layer))

    def values(self, host: nn.Module) -> list[float]:
        """sigma(Xw) of every bit, turned around where b is 0."""
        w = mean_filter(weight_of(host, self.key.layer).detach())
        signed = torch.from_numpy(self.key.projection(len(w))) @ w * (2 * torch.from_numpy(self.key.message).float()
                                                                      - 1)
        return signed.sigmoid().tolist()

    def pruned(self, rate: float, order: Any) -> nn.Module:
        return Prune(rate, order, self.key.layer).modify_model(copy.deepcopy(self.host),
                                                               Loot(self.shop, f"prune {rate} {order}"))


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


def same_projection(key: Key, shop: Workshop) -> Key:
    """The owner's X with another message."""
    width = {layer_of("conv2"): 576, layer_of("conv3"): 1152, layer_of("conv4"): 2304}[key.layer]
    another = shop.draws.numpy("another message").integers(0, 2, key.bits, dtype=np.uint8)
    return replace(key, chosen_projection=key.projection(width), chosen_message=another)


def fit_many(network: nn.Module, keys: list[Key], shop: Workshop, purpose: str, settings: Any) -> nn.Module:
    """Trains with the regularizers of several keys at once."""
    parts = [(k.layer, torch.from_numpy(k.projection(len(mean_filter(weight_of(network, k.layer))))),
              torch.from_numpy(k.message).float()) for k in keys]

    def penalty(model: nn.Module) -> torch.Tensor:
        return strength_for(shop.task) * torch.stack([embedding_loss(weight_of(model, layer), x, b)
                                                      for layer, x, b in parts]).sum()

    recipe = [[strength_for(shop.task), k.seed.hex(), k.layer, k.bits, [int(b) for b in k.message]] for k in keys]
    data: Samples = shop.dataset.parts["train"]
    return shop.fit(network, data, Training(purpose, settings, penalty=Penalty(penalty, recipe)))
