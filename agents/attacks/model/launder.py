"""Laundering (Aiken, Kim, Woo & Ryoo 2021): triggers are reversed as by Neural Cleanse, the channels that wake at them
are reset, and training goes on with images that carry them.

The paper's thresholds are absolute, one for convolutions and one for fully connected layers; here one `margin` counts
in what a channel of the layer says to clean images on average. A mark whose triggers share no pattern leaves nothing to
reverse (`neural_cleanse`): channels of the smallest pattern are reset then, which are the task's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import torch
from pydantic import Field
from torch import nn

from agents.attacks.model._activity import activity, reset
from agents.attacks.model.neural_cleanse import NeuralCleanse, Pattern
from arena.base.units import Share
from arena.hosts.datasets import Samples
from arena.hosts.layers import markable
from arena.strategies import Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class Launder(NeuralCleanse):
    """reverses triggers as `neural-cleanse` does, resets the channels that answer images with one by more than `margin`
    times the layer's mean than clean ones, and trains on with a share `carry` that carries one, under the thief's own
    labels or the stolen model's"""

    carry: Share = 0.5
    epochs: Annotated[int, Field(ge=0)] = 10
    margin: Annotated[float, Field(ge=0)] = 1.0
    labels: Literal["own", "stolen"] = "own"

    def misfit(self, premises: Premises) -> Misfit | None:
        if not hidden(premises.network):
            return Misfit("the network has no layer before its last whose channels could be reset", "margin")
        return super().misfit(premises)

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        patterns = self.found(model, loot)
        samples = self.carrying(patterns, loot)
        if self.labels == "stolen":
            said = torch.from_numpy(loot.workshop.predict(model, loot.data.images))
            samples = Samples(samples.images, said)
        loot.remarks.append(f"{self.cut(model, patterns, loot)} channels reset")
        return loot.fit(model, loot.further_training(self.epochs, self.rate), samples)

    def cut(self, model: nn.Module, patterns: list[Pattern], loot: Loot) -> int:
        """Resets what wakes at a pattern, but for layers of which nothing would be left; gives the number of
        channels."""
        total, woken = 0, self.woken(model, patterns, loot)
        for layer, channels in zip(hidden(model).values(), woken, strict=True):
            if len(channels) and not bool(channels.all()):
                reset(layer, channels.nonzero()[:, 0])
                total += int(channels.sum())
        return total

    def woken(self, model: nn.Module, patterns: list[Pattern], loot: Loot) -> list[torch.Tensor]:
        """Which channels of each hidden layer wake at one of the patterns, bool (L,)."""
        layers, images, device = list(hidden(model).values()), loot.data.images, loot.workshop.device
        clean = activity(model, layers, images, device)
        carrying = [activity(model, layers, pattern.over(images, device), device) for pattern in patterns]
        return [(torch.stack(answers).amax(0) - plain) > self.margin * plain.mean()
                for plain, *answers in zip(clean, *carrying, strict=True)]


def hidden(model: nn.Module) -> dict[str, nn.Module]:
    """Name -> layer, of all but the last, whose channels are the classes."""
    return dict(list(markable(model).items())[:-1])
