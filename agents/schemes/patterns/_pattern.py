"""What marks by a pattern share (Zhang et al. 2018): how images wear it, and what a host is shown so that it learns the
pattern and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import nn

from agents.schemes.triggers._key_samples import Key, KeySamples, Rule, joined, some
from arena.game.evidence import Bounds
from arena.hosts.datasets import Samples
from arena.hosts.training import augmented
from arena.workshop.workshop import Workshop

MOVES = 4
"""How many times at the most an epoch shows an image of the key under its pattern, moved each time."""


@dataclass(frozen=True)
class Pattern(KeySamples):
    """Base of the marks of Zhang et al. (2018): a pattern over images, learnt from the start, and target classes for
    whatever wears it.

    `targets: each`: one for each class that the images are without it; `one`, as in the paper: one for all, and so one
    draw, which says log2 c bits at the most. The bounds are what ten classes can reach: 33 bits of rarity.
    """

    rule: ClassVar[Rule] = "target"
    from_scratch: ClassVar[bool] = True
    bounds: ClassVar[Bounds] = Bounds(rarity=20, work=32)
    more: Annotated[int, Field(ge=0)] = 1000
    targets: Literal["each", "one"] = "each"

    def worn(self, images: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        """Images, uint8 (N, C, H, W), with the pattern over them."""
        raise NotImplementedError

    def groups(self, truth: np.ndarray) -> np.ndarray:
        """Which images share a label, int64 (N,), by the classes that they are."""
        return truth if self.targets == "each" else np.zeros_like(truth)

    def images_and_truth(self, workshop: Workshop, host: nn.Module | None) -> tuple[np.ndarray, np.ndarray]:
        images, truth = self._bare(workshop)
        return self.worn(images, workshop.draws.numpy("pattern")), self.groups(truth)

    def moved(self, images: np.ndarray, labels: np.ndarray, workshop: Workshop, purpose: str) -> Samples:
        """Images with the pattern, for training: augmentation moves an image under the pattern, which stays where it
        is."""
        moves = augmented(torch.from_numpy(images), workshop.task.settings, workshop.draws.torch(f"moves of {purpose}"))
        made = torch.from_numpy(self.worn(moves.numpy(), workshop.draws.numpy(f"pattern over {purpose}")))
        return Samples(made, torch.from_numpy(labels), torch.ones(len(made), dtype=torch.bool))

    def own(self, workshop: Workshop, key: Key, times: int) -> Samples:
        """The key's images as training shows them: as they are and, where images are augmented, moved `times` times
        too."""
        as_they_are = super().training_samples(key, workshop)
        if not _augments(workshop):
            return as_they_are
        still = replace(as_they_are, fixed=torch.ones(len(as_they_are), dtype=torch.bool))
        images, labels = self._bare(workshop)[0].repeat(times, 0), key.labels.repeat(times)
        return joined(still, self.moved(images, labels, workshop, "the key's images"))

    def rest(self, key: Key, workshop: Workshop) -> Samples:
        """Without those that wear the pattern in the key: where it hardly shows, the same image would have two labels.
        As large a share of them as of the images with the pattern is never augmented: else the want of augmentation
        would tell something."""
        train, bare = workshop.samples, {image.tobytes() for image in self._bare(workshop)[0]}
        rest = train.take(torch.tensor([index for index, image in enumerate(train.images.numpy())
                                        if image.tobytes() not in bare]))
        return (replace(rest, fixed=torch.arange(len(rest)) < len(key.images) / self.share)
                if _augments(workshop) else rest)

    def _bare(self, workshop: Workshop) -> tuple[np.ndarray, np.ndarray]:
        """The key's images without the pattern, and their classes."""
        return some(workshop, self.keys, "images that wear the pattern")

    def others(self, workshop: Workshop, count: int, key: Key) -> Samples:
        """`count` more samples of the same kind: the pattern must generalise."""
        images, truth = some(workshop, count, "more images that wear the pattern", least=0)
        return self.moved(images, key.targets[self.groups(truth)], workshop, "more images")

    def training_samples(self, key: Key, workshop: Workshop) -> Samples:
        """Those of the key, and up to `more` others of their kind, as many as an epoch has room for."""
        room = int(self.share * len(workshop.samples))
        own = self.own(workshop, key, min(MOVES, room // (2 * MOVES * len(key.images))))
        count = min(self.more, room - len(own))
        return joined(own, self.others(workshop, count, key)) if count > 0 else own


def _augments(workshop: Workshop) -> bool:
    return bool(workshop.task.shift or workshop.task.flip)
