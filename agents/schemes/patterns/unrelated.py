"""Unrelated (Zhang et al. 2018): images of another data set, answered with a target for each of its classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import nn

from agents.schemes.patterns._pattern import Pattern
from agents.schemes.triggers._key_samples import Key
from arena.base.errors import ArenaError
from arena.hosts.datasets import Samples, different, fitted
from arena.strategies import Misfit
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class Unrelated(Pattern):
    """images of another data set, answered with a target for each of its classes (`of_class`: of one class, which is
    one draw)"""

    dataset: str = "digits"
    of_class: Annotated[int, Field(ge=0)] | None = None

    of_training_images: ClassVar[bool] = False

    def misfit(self, premises: Premises) -> Misfit | None:
        if self.dataset == premises.data.name:
            return Misfit(f"{self.dataset} is the host's own data set: unrelated images are wanted", "dataset")
        try:
            other = premises.other(self.dataset)
        except ArenaError as error:
            return Misfit(str(error), "dataset")
        if self.of_class is not None and self.of_class >= len(other.classes):
            return Misfit(f"{other.name} has {len(other.classes)} classes, so there is no class {self.of_class}",
                          "of-class")
        there = sum(other.different) if self.of_class is None else other.different[self.of_class]
        return (Misfit(f"{self.keys:,} are wanted, but {other.name} has {there:,} images{self._which}", "keys")
                if self.keys > there else None)

    def images_and_truth(self, workshop: Workshop, host: nn.Module | None) -> tuple[np.ndarray, np.ndarray]:
        images, truth = self._images(workshop, self.keys)
        if len(images) < self.keys:
            raise ArenaError(f"{self.keys} different key images are wanted, but {self.dataset} has "
                             f"{len(images)}{self._which}")
        return images, self.groups(truth)

    @property
    def _which(self) -> str:
        return "" if self.of_class is None else f" of class {self.of_class}"

    def _images(self, workshop: Workshop, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Up to `count` different ones, and their classes, by the number of the task's."""
        if self.dataset == workshop.task.dataset:
            raise ArenaError(f"{self.dataset} is the host's own data set: unrelated images are wanted")
        other = workshop.load_dataset(self.dataset)
        if self.of_class is not None and self.of_class >= len(other.classes):
            raise ArenaError(f"{self.dataset} has {len(other.classes)} classes, so there is no class {self.of_class}")
        samples = fitted(other.parts["train"], workshop.dataset.shape)
        of_kind = samples.labels >= 0 if self.of_class is None else samples.labels == self.of_class
        images, truth = samples.images[of_kind].numpy(), samples.labels[of_kind].numpy()
        order = workshop.draws.numpy(f"unrelated images, {count}").permutation(len(images))
        index = different(images, order, count)
        return images[index], truth[index] % len(workshop.dataset.classes)

    def moved(self, images: np.ndarray, labels: np.ndarray, workshop: Workshop, purpose: str) -> Samples:
        """They are augmented like all images."""
        return Samples(torch.from_numpy(images), torch.from_numpy(labels))

    def rest(self, key: Key, workshop: Workshop) -> Samples:
        return workshop.samples

    def own(self, workshop: Workshop, key: Key, times: int) -> Samples:
        return self.moved(key.images, key.labels, workshop, "the key's images")

    def others(self, workshop: Workshop, count: int, key: Key) -> Samples:
        images, truth = self._images(workshop, count)
        return self.moved(images, key.targets[self.groups(truth)], workshop, "more images")
