"""Transfer learning: a new decision part, trained on another data set (ROSE II-B)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import nn

from arena.hosts.datasets import Samples
from arena.hosts.networks import Network, replace_decision
from arena.strategies import Attack
from arena.workshop import Loot


@dataclass(frozen=True)
class Transfer(Attack):
    """replaces the decision part and trains it, or the whole network, on another data set"""

    dataset: str
    epochs: Annotated[int, Field(ge=0)] = 5
    rate: Annotated[float, Field(gt=0)] = 1e-3
    train: Literal["head", "all"] = "head"

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        if not isinstance(model, Network):
            raise TypeError("transfer needs a network in two parts, so it comes before attacks that rebuild the model")
        other = loot.workshop.load_dataset(self.dataset)
        spec = replace(model.spec, classes=len(other.classes))
        fresh = replace_decision(model, spec, loot.generator("new head"))
        settings = replace(loot.workshop.task.settings, epochs=self.epochs, rate=self.rate)
        parameters = list(fresh.decision.parameters()) if self.train == "head" else None
        return loot.fit(fresh, settings, _fitted(other.parts["train"], model.spec.shape), parameters)

    def test_set(self, loot: Loot) -> Samples:
        return _fitted(loot.workshop.load_dataset(self.dataset).parts["test"], loot.workshop.spec.shape)


def _fitted(samples: Samples, shape: tuple[int, int, int]) -> Samples:
    """The samples in the shape that the host takes: resized, grey or colour."""
    images = samples.images
    if images.shape[1] != shape[0]:
        images = images.expand(-1, 3, -1, -1) if shape[0] == 3 else images.float().mean(1, keepdim=True)
    if tuple(images.shape[2:]) != shape[1:]:
        images = nn.functional.interpolate(images.float(), size=shape[1:], mode="bilinear", antialias=True)
    return Samples(images.round().clamp(0, 255).to(torch.uint8).contiguous() if images.is_floating_point() else images.contiguous(), samples.labels)
