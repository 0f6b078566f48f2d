"""Four ways of fine-tuning (Adi et al. 2018, section 5.3): the last layer or all of them, from where they are or with
the last one drawn anew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from torch import nn

from arena.base.draws import borrowed
from arena.hosts.layers import markable
from arena.strategies import MODEL, TASK_CLASSES, Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class Refit(Attack):
    """trains on by one of Adi et al.'s modes: FTLL and FTAL tune the last layer or all, RTLL and RTAL draw the last
    layer anew first"""

    changes = MODEL
    needs = frozenset({TASK_CLASSES})

    mode: Literal["FTLL", "FTAL", "RTLL", "RTAL"] = "RTAL"
    epochs: Annotated[int, Field(ge=0)] = 10
    rate: Annotated[float, Field(gt=0)] = 1e-3
    batch: Annotated[int, Field(ge=1)] = 64

    def misfit(self, premises: Premises) -> Misfit | None:
        if not any(isinstance(layer, nn.Linear) for layer in markable(premises.network).values()):
            return Misfit("the network has no fully connected layer, so none is the last", "mode")
        return super().misfit(premises)

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        last = [layer for layer in markable(model).values() if isinstance(layer, nn.Linear)][-1]
        if self.mode.startswith("RT"):
            with borrowed(loot.generator("last layer")):
                last.reset_parameters()
        settings = replace(loot.further_training(self.epochs, self.rate), batch=self.batch)
        return loot.fit(model, settings, parameters=list(last.parameters()) if self.mode.endswith("LL") else None)
