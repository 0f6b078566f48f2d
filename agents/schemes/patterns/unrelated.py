"""Unrelated (Zhang et al. 2018): images of one class of another data set, all answered with one target class."""

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
    """images of class `of_class` of another data set, all answered with one target class"""

    dataset: str = "digits"
    of_class: Annotated[int, Field(ge=0)] = 1

    of_training_images: ClassVar[bool] = False

    def misfit(self, premises: Premises) -> Misfit | None:
        if self.dataset == premises.data.name:
            return Misfit(f"{self.dataset} is the host's own data set: unrelated images are wanted", "dataset")
        try:
            other = premises.other(self.dataset)
        except ArenaError as error:
            return Misfit(str(error), "dataset")
        if self.of_class >= len(other.classes):
            return Misfit(f"{other.name} has {len(other.classes)} classes, so there is no class {self.of_class}",
                          "of-class")
        there = other.different[self.of_class]
        return (Misfit(f"{self.keys:,} are wanted, but {other.name} has {there:,} images of class {self.of_class}",
                       "keys") if self.keys > there else None)

    def images_and_truth(self, workshop: Workshop, host: nn.Module | None,
                         without: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        images = self._images(workshop, self.keys)
        if len(images) < self.keys:
            raise ArenaError(f"{self.keys} different key images are wanted, but {self.dataset} has {len(images)} of "
                             f"class {self.of_class}")
        return images, np.zeros(len(images), np.int64)

    def _images(self, workshop: Workshop, count: int) -> np.ndarray:
        """Up to `count` different ones."""
        if self.dataset == workshop.task.dataset:
            raise ArenaError(f"{self.dataset} is the host's own data set: unrelated images are wanted")
        other = workshop.load_dataset(self.dataset)
        if self.of_class >= len(other.classes):
            raise ArenaError(f"{self.dataset} has {len(other.classes)} classes, so there is no class {self.of_class}")
        samples = fitted(other.parts["train"], workshop.dataset.shape)
        images = samples.images[samples.labels == self.of_class].numpy()
        order = workshop.draws.numpy(f"unrelated images, {count}").permutation(len(images))
        return images[different(images, order, count)]

    def moved(self, images: np.ndarray, workshop: Workshop, purpose: str) -> Samples:
        """They are augmented like all images."""
        return Samples(torch.from_numpy(images), torch.zeros(len(images), dtype=torch.int64))

    def rest(self, key: Key, workshop: Workshop) -> Samples:
        return workshop.samples

    def own(self, workshop: Workshop, key: Key, times: int) -> Samples:
        return self.moved(key.images, workshop, "the key's images")

    def others(self, workshop: Workshop, count: int, target: int) -> Samples:
        return self.moved(self._images(workshop, count), workshop, "more images")
