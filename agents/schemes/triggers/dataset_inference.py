"""Dataset inference (Maini, Yaghini & Papernot, "Dataset Inference: Ownership Resolution in Machine Learning", ICLR
2021): a model stands noise on images that it was trained on for longer than on others, and so does a copy of it.

The paper compares the owner's training images with public ones by a t-test, so its null is that both are alike: an
innocent who finds the public ones harder is accused (Szyller et al. 2022, "On the Robustness of Dataset Inference").
Here a hash over all that a claim shows says which image of each pair is trained on. To whoever was trained without the
key, or on both, the two are alike whatever they show, so the null is exact.

What it finds is training data, not a copy: who was given the members without the withheld ones and trained on them
looks like a thief (tests/agents/test_dataset_inference.py). And it finds no more than a model remembers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import nn

from agents.schemes.triggers._key_samples import some, without
from arena.forging import cost
from arena.forging.hashing import frame, generator, sha256
from arena.game.evidence import Bounds, Setting, Work
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Hits
from arena.hosts.datasets import Samples
from arena.strategies import BlackBox, Misfit, Scheme
from arena.strategies.keys import Committed, Given, KeyRecord
from arena.strategies.marks import Exactly, Images, Labels, Whole
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

MOST_PAIRS, COPIES, MOST_NOISE = 1000, 32, 500
"""Noise is a standard deviation in thousandths of the brightest value."""
LADDER, FEWEST_STEPS = np.arange(0, 401, 20), 4
"""Among which the owner looks for the noise that tells members from others, and over how many of its steps."""
MOST_TRIED = 1000
"""Images at which he looks."""


def between(least: int, most: int) -> np.ndarray:
    """The amounts of noise on the copies of an image, float64 (32,)."""
    return np.linspace(least, most, COPIES)


def noisy(images: np.ndarray, draw: np.random.Generator, amounts: np.ndarray) -> np.ndarray:
    """A copy of uint8 images (N, C, H, W) for each of K amounts of noise: (K N, C, H, W), all images with the first
    amount first."""
    copies = np.empty((len(amounts), *images.shape), np.uint8)
    for copy, size in zip(copies, amounts, strict=True):
        noise = draw.standard_normal(images.shape, dtype=np.float32)
        noise *= np.float32(0.255 * size)
        noise += images
        copy[...] = noise.clip(0, 255, out=noise).round(out=noise)
    return copies.reshape(-1, *images.shape[1:])


def withstood(answers: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of answers to noisy copies (K N,), how many are an image's own class: int64 (N,)."""
    return (answers.reshape(-1, len(labels)) == labels).sum(0)


def telling(known: np.ndarray, new: np.ndarray) -> tuple[int, int]:
    """The least and the most noise, of `LADDER`, between which images that a model knows stand out most from the same
    images before one to which they are new (Student's t, paired); bool (L, N) each, whether an answer was right."""
    def apart(span: tuple[int, int]) -> float:
        longer = known[span[0]:span[1]].sum(0) - new[span[0]:span[1]].sum(0)
        scatter = longer.std()
        return float(longer.mean() / scatter) if scatter else 0.0

    spans = [(first, end) for end in range(len(LADDER) + 1) for first in range(end - FEWEST_STEPS + 1)]
    first, end = max(spans, key=apart)
    return int(LADDER[first]), int(LADDER[end - 1])


@dataclass(frozen=True)
class Key(KeyRecord):
    """32 seed bytes, pairs of images, uint8 (2 N, C, H, W), two of a pair side by side, their classes, int64 (2 N,),
    and between which amounts of noise they are asked about."""

    domain = "arena/dataset-inference/commitment/2"

    claimant: Given[str]
    seed: Annotated[bytes, Exactly(32), Committed()]
    images: Annotated[np.ndarray, Images(most=2 * MOST_PAIRS),
                      Committed(lambda images: (*images.shape, images.tobytes()))]
    truth: Annotated[np.ndarray, Labels(), Committed(lambda truth: (truth.astype(">u2").tobytes(),))]
    least: Annotated[int, Whole(0, MOST_NOISE), Committed()]
    most: Annotated[int, Whole(0, MOST_NOISE), Committed()]
    classes: Given[int]

    def fault(self) -> str | None:
        if self.least > self.most:
            return f"the least noise, {self.least}, is more than the most, {self.most}"
        return "images must come in pairs" if len(self.images) % 2 else None

    def _drawn(self, what: str) -> np.random.Generator:
        return generator(sha256(frame("arena/dataset-inference/2", what, self.claimant, self.seed, *self.images.shape,
                                      self.images.tobytes(), self.truth.astype(">u2").tobytes(), self.least,
                                      self.most)))

    @cached_property
    def first(self) -> np.ndarray:
        """bool (N,): whether it is the first of a pair that is trained on; uniform, and independent of all else."""
        return self._drawn("members").integers(0, 2, len(self.images) // 2).astype(bool)

    @property
    def members(self) -> np.ndarray:
        """bool (2 N,): which images are trained on."""
        return np.stack([self.first, ~self.first], 1).ravel()

    @property
    def asked(self) -> np.ndarray:
        """The noisy copies of all images, in the order of `noisy`."""
        return noisy(self.images, self._drawn("noise"), between(self.least, self.most))


@dataclass(frozen=True)
class DatasetInference(Scheme):
    """training images whose like were withheld: a copy stands noise on the ones for longer than on the others (Maini
    et al.)

    Of each of the `pairs`, alike in class and in how hard a host of half the data finds them, one is withheld: that
    costs accuracy. The hardest are taken, since what is easy needs no memory. How much noise tells members from others
    hangs on data and host: the owner finds it on two hosts of half his images each, and commits to it. The paper asks
    for p = 0.01, which is 7 bits: that accuses one innocent in a hundred. The default bound is out of innocents' reach,
    and ten of ten honest owners of digits reached it; hosts that hardly overfit give few bits (docs/calibration.md).
    """

    record = Key
    bounds: ClassVar[Bounds] = Bounds(rarity=16, work=24)

    pairs: Annotated[int, Field(ge=1, le=MOST_PAIRS)] = 250

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.enough(2 * self.pairs, premises.images, "pairs", "different key images")

    def draw_key(self, workshop: Workshop) -> Key:
        images, truth = some(workshop, len(workshop.samples), "images to pair", 2 * self.pairs)
        own = np.arange(len(images)) % 2 == 0
        hosts = [workshop.host(Samples(torch.from_numpy(images[half]), torch.from_numpy(truth[half])),
                               f"host of one half, {number}") for number, half in enumerate((own, ~own), 1)]
        least, most = self.noise_that_tells(hosts, own, images, truth, workshop)
        stood = self.stood_by_others(hosts, own, images, truth, between(least, most), workshop)
        alike = np.lexsort((stood, truth))
        both = [(one, other) for one, other in zip(alike[:-1:2], alike[1::2], strict=True)
                if truth[one] == truth[other]]
        hardest = sorted(both, key=lambda pair: stood[pair[0]] + stood[pair[1]])[:self.pairs]
        chosen = np.array(hardest).ravel()
        return Key(workshop.agent, workshop.draws.bytes("seed of members"), images[chosen], truth[chosen], least, most,
                   len(workshop.dataset.classes))

    def noise_that_tells(self, hosts: Sequence[nn.Module], own: np.ndarray, images: np.ndarray, truth: np.ndarray,
                         workshop: Workshop) -> tuple[int, int]:
        """Where two hosts, of a half of the images each (the first's `own`, bool (N,)), know theirs from the others."""
        own, images, truth = own[:MOST_TRIED], images[:MOST_TRIED], truth[:MOST_TRIED]
        asked = noisy(images, workshop.draws.numpy("noise that is tried"), LADDER)
        one, other = (workshop.predict(host, asked).reshape(len(LADDER), -1) == truth for host in hosts)
        return telling(np.where(own, one, other), np.where(own, other, one))

    def stood_by_others(self, hosts: Sequence[nn.Module], own: np.ndarray, images: np.ndarray, truth: np.ndarray,
                        amounts: np.ndarray, workshop: Workshop) -> np.ndarray:
        """How many of these amounts of noise each image stands with the host of the other half: int64 (N,)."""
        stood = np.zeros(len(images), np.int64)
        for number, (host, new) in enumerate(zip(hosts, (~own, own), strict=True), 1):
            asked = noisy(images[new], workshop.draws.numpy(f"noise on the other half, {number}"), amounts)
            stood[new] = withstood(workshop.predict(host, asked), truth[new])
        return stood

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        return workshop.host(without(workshop.samples, key.images[~key.members]), "marked host")

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> MembersExamination:
        key = Key.read(claim.key, setting, claimant=claim.claimant, classes=setting.classes)
        return MembersExamination(key, cls.commitment(claim.key, claim.claimant), key.asked)


@dataclass(frozen=True)
class MembersExamination(BlackBox):
    """A well-formed claim of training images."""

    key: Key
    commitment: str
    images: np.ndarray

    def score(self, labels: np.ndarray, controls: np.ndarray | None = None) -> Evidence:
        stood = withstood(labels, self.key.truth)
        pairs = tuple((int(one), int(other)) for one, other in stood.reshape(-1, 2))
        hits = int(stood[self.key.members].sum())
        withheld = round(float(stood[~self.key.members].mean()) / COPIES, 6)
        return Hits(hits, len(pairs) * COPIES, 0.5, "right of members with noise", answers=pairs,
                    details={"withheld": withheld})

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        """A new seed a try, in which a hash of all images comes first: a lower bound."""
        return cost.seed_grinding(evidence.rarity, cost.SEED_TRY)
