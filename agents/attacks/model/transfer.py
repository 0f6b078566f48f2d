"""Transfer learning: a new decision part, trained on another data set (ROSE II-B)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from torch import nn

from arena.base.errors import ArenaError
from arena.hosts.datasets import Samples, fitted
from arena.hosts.networks import Network, replace_decision
from arena.strategies import MODEL, PLAIN_LAYERS, TASK_CLASSES, TWO_PARTS, Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class Transfer(Attack):
    """replaces the decision part and trains it, or the whole network, on another data set"""

    dataset: str
    epochs: Annotated[int, Field(ge=0)] = 5
    rate: Annotated[float, Field(gt=0)] = 1e-3
    train: Literal["head", "all"] = "head"

    changes = MODEL
    needs = frozenset({TWO_PARTS, PLAIN_LAYERS})

    def breaks(self, premises: Premises) -> frozenset[str]:
        """From now on the model answers the other set's classes."""
        return (frozenset() if premises.other(self.dataset).classes == premises.data.classes
                else frozenset({TASK_CLASSES}))

    def misfit(self, premises: Premises) -> Misfit | None:
        try:
            premises.other(self.dataset)
        except ArenaError as error:
            return Misfit(str(error), "dataset")
        return super().misfit(premises) or premises.two_parts

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        if not isinstance(model, Network):
            raise TypeError("transfer needs a network in two parts, so it comes before attacks that rebuild the model")
        other = loot.workshop.load_dataset(self.dataset)
        architecture = replace(model.architecture, classes=len(other.classes))
        fresh = replace_decision(model, architecture, loot.generator("new head"))
        settings = replace(loot.workshop.task.settings, epochs=self.epochs, rate=self.rate)
        parameters = list(fresh.decision.parameters()) if self.train == "head" else None
        return loot.fit(fresh, settings, fitted(other.parts["train"], model.architecture.shape), parameters)

    def test_set(self, loot: Loot) -> Samples:
        return fitted(loot.workshop.load_dataset(self.dataset).parts["test"], loot.workshop.architecture.shape)
