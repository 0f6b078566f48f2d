"""What a forger works with: a model that is not his."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import nn

from arena.game.messages import Message, Opening
from arena.hosts import datasets
from arena.hosts.datasets import Samples
from arena.workshop.parts import together
from arena.workshop.workshop import Workshop


@dataclass(frozen=True)
class Specimen:
    """What a forger works with: a copy of the model that he claims, public data, keys opened in public, the other
    released models."""

    me: str
    model: nn.Module
    workshop: Workshop
    openings: tuple[tuple[Message, Opening], ...] = ()
    others: tuple[nn.Module, ...] = ()

    @property
    def classes(self) -> int:
        return len(self.workshop.dataset.classes)

    @cached_property
    def pool(self) -> Samples:
        """Labelled images that the forger may use: those that he collected, and the owner's training images where the
        scenario says that he knows them."""
        shop = self.workshop
        return together(shop.samples, shop.dataset.parts["fine-tune"]) if shop.knows_training_data else shop.samples

    def some_images(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """`count` different images of the pool, uint8 (N, C, H, W), with their true labels; ArenaError when there are
        fewer."""
        shop = self.workshop
        index = datasets.some(self.pool, count, shop.draws.torch("images"), f"the forger's part of {shop.dataset.name}")
        return self.pool.images[index].numpy(), self.pool.labels[index].numpy()

    def predict(self, images: np.ndarray | torch.Tensor) -> np.ndarray:
        """Labels, int64 (N,), that the copy gives to uint8 images (N, C, H, W)."""
        return self.workshop.predict(self.model, images)
