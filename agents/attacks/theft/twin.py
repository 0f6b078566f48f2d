"""A twin: the marked model answers, and another, which was taught to answer alike, is shown to who demands the
weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from arena.hosts.datasets import Samples
from arena.hosts.networks import Network, build
from arena.strategies import Attack
from arena.workshop.loot import Loot


@dataclass(frozen=True)
class Twin(Attack):
    """serves the model as it is, and shows a twin that was distilled from it when its weights are demanded

    The twin learns for `epochs` what the model answers to the thief's images and to `blends` times as many mixtures of
    two of them: on such images a Verifier would tell two networks apart.
    """

    changes = frozenset[str]()

    epochs: Annotated[int, Field(ge=1)] = 20
    blends: Annotated[int, Field(ge=0, le=100)] = 8

    def show(self, model: nn.Module, loot: Loot) -> nn.Module:
        if "twin" not in loot.memo:
            loot.memo["twin"] = self._taught(model, loot)
        return loot.memo["twin"]

    def _taught(self, model: nn.Module, loot: Loot) -> nn.Module:
        shop, images = loot.workshop, self._questions(loot)
        architecture = model.architecture.plain if isinstance(model, Network) else shop.architecture
        student = build(architecture, loot.generator("twin"))
        settings = replace(shop.task.settings, epochs=self.epochs, shift=0, flip=False)
        return loot.fit(student, settings, Samples(images, shop.soft_answers(model, images)))

    def _questions(self, loot: Loot) -> torch.Tensor:
        """The thief's images, and mixtures of two of them in any proportion, uint8 (N, C, H, W)."""
        images, draw = loot.data.images, loot.generator("mixtures")
        count = self.blends * len(images)
        one, two = (images[torch.randint(len(images), (count,), generator=draw)].float() for _ in range(2))
        share = torch.rand(count, 1, 1, 1, generator=draw)
        return torch.cat([images, (share * one + (1 - share) * two).round().to(torch.uint8)])
