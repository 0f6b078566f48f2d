"""Overwriting: the thief embeds a mark of his own over the owner's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field
from torch import nn

from agents.schemes.uchida import Key, Kind, Uchida
from arena.hosts.layers import layer_name
from arena.strategies import Attack
from arena.workshop import Loot


@dataclass(frozen=True)
class Overwrite(Attack):
    """embeds another message, with a projection of the thief's own, by fine-tuning with the embedding regularizer"""

    bits: Annotated[int, Field(ge=1)] = 256
    layer: str = ""
    projection: Kind = "random"
    strength: Annotated[float, Field(gt=0)] = 0.01
    epochs: Annotated[int, Field(ge=0)] = 2
    rate: Annotated[float, Field(gt=0)] = 1e-2

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        shop = loot.workshop
        key = Key(shop.agent, shop.draws.bytes("overwriting seed"), layer_name(model, self.layer), self.bits, self.projection)
        scheme = Uchida(self.bits, self.projection, key.layer, self.strength)
        return scheme.fit(key, model, loot.data, shop, loot.stage, replace(shop.task.settings, epochs=self.epochs, rate=self.rate))
