"""What marks by a pattern share (Zhang et al. 2018): how images wear it, and what a host is shown so that it learns the
pattern and nothing else."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import nn

from agents.schemes.triggers._key_samples import Key, KeySamples, Rule, joined, some
from arena.hosts.datasets import Samples
from arena.hosts.training import augmented
from arena.workshop.workshop import Workshop

MOVES = 4
"""How many times at the most an epoch shows an image of the key under its pattern, moved each time."""


@dataclass(frozen=True)
class Pattern(KeySamples):
    """Base of the marks of Zhang et al. (2018): a pattern over images, learnt from the start, and one target class for
    whatever wears it."""

    rule: ClassVar[Rule] = "target"
    from_scratch: ClassVar[bool] = True
    more: Annotated[int, Field(ge=0)] = 1000

    def worn(self, images: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        """Images, uint8 (N, C, H, W), with the pattern over them."""
        raise NotImplementedError

    def images_and_truth(self, workshop: Workshop, host: nn.Module | None,
                         without: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """As for all key samples; none of class `without` where they are made of the task's images: everybody answers
        those with the target."""
        images, truth = some(workshop, self.keys, "images that wear the pattern", without)
        return self.worn(images, workshop.draws.numpy("pattern")), truth

    def moved(self, images: np.ndarray, workshop: Workshop, purpose: str) -> Samples:
        """Images with the pattern, for training: augmentation moves an image under the pattern, which stays where it
        is. Labels: 0."""
        moves = augmented(torch.from_numpy(images), workshop.task.settings, workshop.draws.torch(f"moves of {purpose}"))
        made = torch.from_numpy(self.worn(moves.numpy(), workshop.draws.numpy(f"pattern over {purpose}")))
        return Samples(made, torch.zeros(len(made), dtype=torch.int64), torch.ones(len(made), dtype=torch.bool))

    def own(self, workshop: Workshop, key: Key, times: int) -> Samples:
        """The key's images as training shows them: as they are and, where images are augmented, moved `times` times
        too."""
        as_they_are = super().training_samples(key, workshop)
        if not _augments(workshop):
            return as_they_are
        still = replace(as_they_are, fixed=torch.ones(len(as_they_are), dtype=torch.bool))
        return joined(still, self.moved(self._bare(workshop, key).repeat(times, 0), workshop, "the key's images"))

    def rest(self, key: Key, workshop: Workshop) -> Samples:
        """Without those that wear the pattern in the key: where it hardly shows, the same image would have two labels.
        As large a share of them as of the images with the pattern is never augmented: else the want of augmentation
        would tell something."""
        train, bare = workshop.samples, {image.tobytes() for image in self._bare(workshop, key)}
        rest = train.take(torch.tensor([index for index, image in enumerate(train.images.numpy())
                                        if image.tobytes() not in bare]))
        return (replace(rest, fixed=torch.arange(len(rest)) < len(key.images) / self.share)
                if _augments(workshop) else rest)

    def _bare(self, workshop: Workshop, key: Key) -> np.ndarray:
        """The key's images without the pattern."""
        return some(workshop, self.keys, "images that wear the pattern", int(key.labels[0]))[0]

    def others(self, workshop: Workshop, count: int, target: int) -> Samples:
        """`count` more samples of the same kind: the pattern must generalise."""
        images, _ = some(workshop, count, "more images that wear the pattern", target, least=0)
        return self.moved(images, workshop, "more images")

    def draw_key(self, workshop: Workshop) -> Key:
        """The target comes from a hash over the images: it takes some c secrets until it is the class that they were
        chosen without."""
        target = int(workshop.draws.numpy("target class").integers(len(workshop.dataset.classes)))
        key = self.key(*self.images_and_truth(workshop, None, target), workshop)
        tried = itertools.count()
        while key.labels[0] != target:
            key = replace(key, secret=workshop.draws.bytes(f"secret {next(tried)}"))
        return key

    def training_samples(self, key: Key, workshop: Workshop) -> Samples:
        """Those of the key, and up to `more` others of their kind, as many as an epoch has room for."""
        target, room = int(key.labels[0]), int(self.share * len(workshop.samples))
        own = self.own(workshop, key, min(MOVES, room // (2 * MOVES * len(key.images))))
        if (count := min(self.more, room - len(own))) > 0:
            own = joined(own, self.others(workshop, count, target))
        return replace(own, labels=torch.full_like(own.labels, target))


def _augments(workshop: Workshop) -> bool:
    return bool(workshop.task.shift or workshop.task.flip)
