"""Training on with labels that are less sure, or partly wrong (label smoothing: Szegedy et al. 2016, section 7;
noisy labels: Natarajan et al. 2013; both among the removal attacks of Lukas et al. 2022)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from arena.base.units import Share
from arena.hosts.datasets import Samples
from arena.strategies import MODEL, TASK_CLASSES, Attack
from arena.workshop.loot import Loot


@dataclass(frozen=True)
class BlurLabels(Attack):
    """trains on the thief's images, `smooth` of each label spread over all classes (label smoothing) and a share
    `wrong` of the labels drawn anew (noisy labels)"""

    changes = MODEL
    needs = frozenset({TASK_CLASSES})

    smooth: Share = 0.3
    wrong: Share = 0.0
    epochs: Annotated[int, Field(ge=0)] = 10
    rate: Annotated[float, Field(gt=0)] = 1e-3

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        classes = len(loot.workshop.dataset.classes)
        settings = loot.further_training(self.epochs, self.rate)
        labels = nn.functional.one_hot(self.noisy(loot, classes), classes).float()
        return loot.fit(model, settings, Samples(loot.data.images, labels.lerp(torch.tensor(1 / classes), self.smooth)))

    def noisy(self, loot: Loot, classes: int) -> torch.Tensor:
        """The thief's labels, int64 (N,), `wrong` of them drawn uniformly among all classes."""
        draw, labels = loot.generator("wrong labels"), loot.data.labels.clone()
        drawn = torch.randperm(len(labels), generator=draw)[: round(self.wrong * len(labels))]
        labels[drawn] = torch.randint(classes, (len(drawn),), generator=draw)
        return labels
