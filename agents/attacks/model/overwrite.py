"""Overwriting: the thief embeds a mark of his own over the owner's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from torch import nn

from arena.strategies import MODEL, Attack, Misfit, Scheme, name_of
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class Overwrite(Attack):
    """embeds a mark of the thief's own by `scheme`, trained (where the scheme trains) for `epochs` at `rate` on his own
    samples"""

    changes = MODEL

    scheme: Scheme
    epochs: Annotated[int, Field(ge=0)] = 2
    rate: Annotated[float, Field(gt=0)] = 1e-2

    @property
    def needs(self) -> frozenset[str]:
        return self.scheme.overwriting or frozenset()

    def misfit(self, premises: Premises) -> Misfit | None:
        if self.scheme.overwriting is None:
            return Misfit(f"{name_of(self.scheme)} can't be embedded into a model that is trained already", "scheme")
        return super().misfit(premises)

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        shop = loot.workshop
        return self.scheme.overwrite(self.scheme.draw_key(shop), model, loot,
                                     replace(shop.task.settings, epochs=self.epochs, rate=self.rate))
