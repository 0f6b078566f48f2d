"""Knockoff nets (Orekondy, Schiele & Fritz, CVPR 2019) and cross-architecture extraction (Lukas et al. 2022): a student
of another network, taught by what the service answers to images of another set, within a budget of queries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

import torch
from pydantic import Field
from torch import nn

from arena.base.errors import ArenaError
from arena.hosts.datasets import Samples, fitted
from arena.hosts.networks import build
from arena.strategies import LAYER_NAMES, MODEL, PLAIN_LAYERS, TASK_CLASSES, TWO_PARTS, Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.hosts.architecture import Architecture
    from arena.strategies.premises import Premises
    from arena.workshop.workshop import Workshop


@dataclass(frozen=True)
class Knockoff(Attack):
    """trains a fresh network on the model's answers to `queries` images of `dataset` (empty: the thief's own)

    `network` names the student's network (empty: the task's), `answers` says whether it learns probabilities (soft) or
    labels only (hard).
    """

    dataset: str = ""
    network: str = ""
    queries: Annotated[int, Field(ge=1)] = 1000
    epochs: Annotated[int, Field(ge=1)] = 20
    answers: Literal["soft", "hard"] = "soft"

    changes = MODEL
    needs = frozenset({TASK_CLASSES})
    mends = frozenset({TWO_PARTS, PLAIN_LAYERS, LAYER_NAMES})

    def misfit(self, premises: Premises) -> Misfit | None:
        tries = {"dataset": lambda: self.dataset and premises.other(self.dataset),
                 "network": lambda: self.network and replace(premises, architecture=self._student(premises)).network}
        if ":" in self.network:
            return Misfit("a student is a network by name", "network")
        for parameter, attempt in tries.items():
            try:
                attempt()
            except ArenaError as error:
                return Misfit(str(error), parameter)
        return super().misfit(premises)

    def _student(self, where: Premises | Workshop) -> Architecture:
        plain = where.architecture
        return replace(plain, network=self.network, source="") if self.network else plain

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        shop, images = loot.workshop, self.questions(loot)
        soft = shop.soft_answers(model, images)
        samples = Samples(images, soft if self.answers == "soft" else soft.argmax(1))
        student = build(self._student(shop), loot.generator("student"))
        return loot.fit(student, replace(shop.task.settings, epochs=self.epochs), samples)

    def questions(self, loot: Loot) -> torch.Tensor:
        """What the service is asked, uint8 (N, C, H, W): at most `queries` images, in a drawn order."""
        pool = (fitted(loot.workshop.load_dataset(self.dataset).parts["train"], loot.workshop.architecture.shape)
                if self.dataset else loot.data)
        order = torch.randperm(len(pool), generator=loot.generator("questions"))
        return pool.images[order[: self.queries]]
