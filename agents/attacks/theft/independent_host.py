"""No attack at all: an innocent bystander's own host, trained from other initial weights on the true labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field
from torch import nn

from arena.strategies import MODEL, Attack
from arena.workshop.loot import Loot


@dataclass(frozen=True)
class IndependentHost(Attack):
    """deploys a host of his own instead of the stolen one: the innocent bystander

    `epochs` 0 trains as long as the task says. He trains on the data that he holds, or on the owner's where the
    scenario lets him know them: the innocent who is hardest to tell from a thief.
    """

    changes = MODEL
    replaces_model = True
    innocent = True

    epochs: Annotated[int, Field(ge=0)] = 0

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        shop = loot.workshop
        own = replace(shop, task=replace(shop.task, epochs=self.epochs)) if self.epochs else shop
        return own.host(shop.samples, "independent host")
