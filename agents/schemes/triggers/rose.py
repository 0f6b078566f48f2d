"""ROSE (Kallas & Furon): triggers are training images whose labels come from a keyed hash, so nobody can choose them
(section III).

Level 0 draws the labels from the secret alone, level 1 from each image by itself, level 2 from all images together.
What the paper leaves open is bound here too: claimant, level, number of triggers and classes, image shape.

Level 3 is ours, not the paper's: the joint hash goes through a memory-hard function (scrypt, salted with the
commitment), and only triggers whose label surprises control models are scored, so that images which simply answer the
truth prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from arena.base.units import Count
from arena.forging import cost
from arena.forging.hashing import MOST_COST, frame, image_bytes, keyed_hash, labels, memory_hard, pad_to_block
from arena.game.evidence import Setting, Work
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Hits
from arena.hosts.datasets import Samples, some
from arena.strategies import BlackBox, Misfit, Scheme, consensus
from arena.strategies.keys import Committed, Flawed, Given, KeyRecord
from arena.strategies.marks import Array, Exactly, Images, Labels, Whole
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

Level = Literal[0, 1, 2, 3]
LEAST_MEMORY = 2**4
MOST_TRIGGERS = 10_000


@dataclass(frozen=True)
class Key(KeyRecord):
    """A ROSE key: 32 secret bytes and the trigger images, uint8 (s, C, H, W), bound to a claimant and a number of
    classes.

    `memory` is scrypt's N at level 3 (1 KiB each), 0 below. Two are flaws, for lessons: so many bits of the hash are
    kept (`seed_bits`, 0: all), and what the model sees on top of the pixels that are hashed (`floats`).
    """

    domain = "arena/rose/commitment/1"
    derived: ClassVar = {"labels": Labels()}

    claimant: Given[str]
    level: Annotated[Level, Committed()]
    secret: Annotated[bytes, Exactly(32), Committed()]
    images: Annotated[np.ndarray, Images(most=MOST_TRIGGERS), Committed(image_bytes)]
    classes: Given[int]
    memory: Annotated[int, Whole(0, MOST_COST), Committed(lambda memory: (memory,) if memory else ())] = 0
    seed_bits: Given[int] = 0
    floats: Annotated[np.ndarray | None, Array("float32", "images"), Flawed("trust_floats")] = field(
        default=None, compare=False)

    def fault(self) -> str | None:
        fits = memory_misfit(self.memory) is None if self.level == 3 else self.memory == 0
        wanted = f"a power of two from {LEAST_MEMORY} to {MOST_COST} at level 3, and 0 below"
        return None if fits else f"memory must be {wanted}, not {self.memory}"

    @property
    def seen(self) -> np.ndarray:
        """The images as the model will see them: those that were hashed, but where floats on top are trusted."""
        if self.floats is None:
            return self.images
        return np.clip(np.rint(self.images + self.floats), 0, 255).astype(np.uint8)

    def header(self) -> bytes:
        """Everything that is not an image, in whole blocks."""
        return pad_to_block(frame("arena/rose/1", self.claimant, self.level, len(self.images), self.classes,
                                  self.memory, *self.images.shape[1:]))

    def labels(self) -> np.ndarray:
        """The labels that the hash gives, int64 (s,)."""
        header = self.header()
        if self.level == 0:
            return labels(keyed_hash(self.secret, header), len(self.images), self.classes)
        if self.level == 1:
            each = [labels(keyed_hash(self.secret, header + raw), 1, self.classes) for raw in image_bytes(self.images)]
            return np.concatenate(each)
        if self.level == 3:
            return self._memory_hard_labels
        return labels(self.seed(self._joint_hash()), len(self.images), self.classes)

    def seed(self, digest: bytes) -> bytes:
        """What the labels are drawn from: the whole digest, unless the flaw of `seed_bits` shortens it."""
        if not self.seed_bits:
            return digest
        return (int.from_bytes(digest, "big") >> (256 - self.seed_bits)).to_bytes(32, "big")

    def _joint_hash(self) -> bytes:
        return keyed_hash(self.secret, self.header() + b"".join(image_bytes(self.images)))

    @cached_property
    def _memory_hard_labels(self) -> np.ndarray:
        salt = bytes.fromhex(self.commit(vars(self), self.claimant))
        return labels(memory_hard(self._joint_hash(), salt, self.memory), len(self.images), self.classes)


def memory_misfit(memory: int) -> Misfit | None:
    """What is wrong with a memory for level 3."""
    right = LEAST_MEMORY <= memory <= MOST_COST and not memory & (memory - 1)
    wanted = f"a power of two from {LEAST_MEMORY} to 2^{MOST_COST.bit_length() - 1}"
    return None if right else Misfit(f"{wanted} is wanted, not {memory:,}", "memory")


@dataclass(frozen=True)
class Rose(Scheme):
    """hash-bound triggers: levels 0 to 2 of ROSE, and a memory-hard level 3 of ours

    `memory` counts for level 3 alone: scrypt's N, 1 KiB of memory each.
    """

    record = Key

    triggers: Annotated[int, Field(ge=1, le=MOST_TRIGGERS)] = 40
    level: Level = 2
    oversample: Annotated[int, Field(ge=1, le=1000)] = 1
    memory: Count = 2**16

    def misfit(self, premises: Premises) -> Misfit | None:
        if self.level == 3 and (fault := memory_misfit(self.memory)) is not None:
            return fault
        return premises.enough(self.triggers, premises.images, "triggers", "different triggers")

    def draw_key(self, workshop: Workshop) -> Key:
        """A secret from the workshop's draws and as many different training images as triggers are wanted."""
        images = workshop.samples.images[self._index(workshop)].numpy()
        return Key(workshop.agent, self.level, workshop.draws.bytes("secret"), images, len(workshop.dataset.classes),
                   self.memory if self.level == 3 else 0)

    def mark(self, key: Key, workshop: Workshop) -> torch.nn.Module:
        """A host trained with the triggers' labels replaced; each trigger is shown `oversample` times an epoch (1: the
        paper), and never augmented."""
        train = workshop.samples
        keep = torch.ones(len(train), dtype=torch.bool)
        keep[self._index(workshop)] = False
        images, wanted = torch.from_numpy(key.images), torch.from_numpy(key.labels())
        plain = torch.arange(len(train) - len(images) + self.oversample * len(images)) >= len(train) - len(images)
        samples = Samples(torch.cat([train.images[keep], images.repeat(self.oversample, 1, 1, 1)]),
                          torch.cat([train.labels[keep], wanted.repeat(self.oversample)]), fixed=plain)
        return workshop.host(samples, "marked host")

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> RoseExamination:
        seed_bits = setting.flaws.seed_bits
        key = Key.read(claim.key, setting, claimant=claim.claimant, classes=setting.classes, seed_bits=seed_bits)
        return RoseExamination(key, cls.commitment(claim.key, claim.claimant), key.seen)

    def _index(self, workshop: Workshop) -> torch.Tensor:
        """Where the triggers are among the training images; no image twice."""
        return some(workshop.samples, self.triggers, workshop.draws.torch("triggers"), workshop.dataset.name)


@dataclass(frozen=True)
class RoseExamination(BlackBox):
    """A well-formed ROSE claim."""

    key: Key
    commitment: str
    images: np.ndarray

    @property
    def controls(self) -> int:
        return 1 if self.key.level == 3 else 0

    @property
    def selectable(self) -> bool:
        return self.key.level < 2

    @property
    def parameters(self) -> Mapping[str, int]:
        return {"memory": self.key.memory} if self.key.level == 3 else {}

    def score(self, labels: np.ndarray, controls: np.ndarray | None = None) -> Evidence:
        """Matches of the service's labels with the hash's; a random key passes each with chance 1/c (eq. 2).

        With control hosts only the labels that differ from what most of them answer count, each with chance 1/(c - 1).
        """
        match = labels == self.key.labels()
        if controls is None:
            return Hits(int(match.sum()), len(match), 1 / self.key.classes)
        surprising = self.key.labels() != consensus(controls)
        return Hits(int(match[surprising].sum()), int(surprising.sum()), 1 / max(2, self.key.classes - 1))

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        assert isinstance(evidence, Hits)
        terms = cost.Terms(self.key.level, len(self.key.images), self.key.classes, int(np.prod(setting.shape)),
                           setting.flops, self.key.memory)
        return cost.cheapest(terms, evidence)
