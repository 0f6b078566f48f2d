"""ROSE (Kallas & Furon): triggers are training images whose labels come from a keyed hash, so nobody can choose them (section III).

Level 0 draws the labels from the secret alone, level 1 from each image by itself, level 2 from all images together. What the paper leaves
open is bound here too: claimant, level, number of triggers and classes, image shape.

Level 3 is ours, not the paper's: the joint hash goes through a memory-hard function (scrypt, salted with the commitment), and only triggers
whose label surprises control models are scored, so that images which simply answer the truth prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import torch
from pydantic import Field

from arena.base.errors import Malformed
from arena.base.units import Count
from arena.forging import cost
from arena.forging.hashing import frame, image_bytes, keyed_hash, labels, memory_hard, pad_to_block, sha256
from arena.game.evidence import Case, Work
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Matches
from arena.hosts.datasets import Samples
from arena.strategies import Examination, Misfit, Scheme
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

LEVELS = (0, 1, 2, 3)
LEAST_MEMORY, MOST_MEMORY = 2**4, 2**20
MOST_TRIGGERS = 10_000
FIELDS = frozenset({"level", "secret", "images", "labels", "memory"})


@dataclass(frozen=True)
class Key:
    """A ROSE key: 32 secret bytes and the trigger images, uint8 (s, C, H, W), bound to a claimant and a number of classes.

    `memory` is scrypt's N at level 3 (1 KiB each), 0 below. `seed_bits` is a flaw, for lessons: so many bits of the hash are kept (0: all).
    """

    claimant: str
    level: int
    secret: bytes
    images: np.ndarray
    classes: int
    memory: int = 0
    seed_bits: int = 0

    def header(self) -> bytes:
        """Everything that is not an image, in whole blocks."""
        return pad_to_block(frame("arena/rose/1", self.claimant, self.level, len(self.images), self.classes, self.memory, *self.images.shape[1:]))

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
        return (int.from_bytes(digest, "big") >> (256 - self.seed_bits)).to_bytes(32, "big") if self.seed_bits else digest

    def _joint_hash(self) -> bytes:
        return keyed_hash(self.secret, self.header() + b"".join(image_bytes(self.images)))

    @cached_property
    def _memory_hard_labels(self) -> np.ndarray:
        salt = bytes.fromhex(Rose.commitment({"level": 3, "secret": self.secret, "images": self.images}, self.claimant))
        return labels(memory_hard(self._joint_hash(), salt, self.memory), len(self.images), self.classes)

    def fields(self) -> dict[str, Any]:
        """The key as a Claim carries it."""
        return {"level": self.level, "secret": self.secret, "images": self.images, "labels": self.labels(), "memory": self.memory}


def memory_misfit(memory: int) -> Misfit | None:
    """What is wrong with a memory for level 3."""
    right = LEAST_MEMORY <= memory <= MOST_MEMORY and not memory & (memory - 1)
    return None if right else Misfit(f"a power of two from {LEAST_MEMORY} to 2^{MOST_MEMORY.bit_length() - 1} is wanted, not {memory:,}", "memory")


@dataclass(frozen=True)
class Rose(Scheme):
    """hash-bound triggers: levels 0 to 2 of ROSE, and a memory-hard level 3 of ours

    `memory` counts for level 3 alone: scrypt's N, 1 KiB of memory each.
    """

    triggers: Annotated[int, Field(ge=1, le=MOST_TRIGGERS)] = 40
    level: Literal[0, 1, 2, 3] = 2
    oversample: Annotated[int, Field(ge=1, le=1000)] = 1
    memory: Count = 2**16

    def misfit(self, premises: Premises) -> Misfit | None:
        if self.level == 3 and (fault := memory_misfit(self.memory)) is not None:
            return fault
        return premises.enough(self.triggers, premises.images, "triggers", "different triggers")

    def draw_key(self, workshop: Workshop) -> Key:
        """A secret from the workshop's draws and as many different training images as triggers are wanted."""
        index = self._choice(workshop)
        images = workshop.samples.images[index].numpy()
        return Key(workshop.agent, self.level, workshop.draws.bytes("secret"), images, len(workshop.dataset.classes),
                   self.memory if self.level == 3 else 0)

    def mark(self, key: Key, workshop: Workshop) -> torch.nn.Module:
        """A host trained with the triggers' labels replaced; each trigger is shown `oversample` times an epoch (1: the paper), and never
        augmented."""
        train = workshop.samples
        keep = torch.ones(len(train), dtype=torch.bool)
        keep[self._choice(workshop)] = False
        images, wanted = torch.from_numpy(key.images), torch.from_numpy(key.labels())
        plain = torch.arange(len(train) - len(images) + self.oversample * len(images)) >= len(train) - len(images)
        samples = Samples(torch.cat([train.images[keep], images.repeat(self.oversample, 1, 1, 1)]),
                          torch.cat([train.labels[keep], wanted.repeat(self.oversample)]), fixed=plain)
        return workshop.host(samples, "marked host")

    def open_key(self, key: Key) -> dict[str, Any]:
        return key.fields()

    @classmethod
    def commitment(cls, fields: Mapping[str, Any], claimant: str) -> str:
        return sha256(frame("arena/rose/commitment/1", claimant, fields["level"], fields["secret"], *image_bytes(fields["images"]))).hex()

    @classmethod
    def examine(cls, claim: Claim, case: Case) -> RoseExamination:
        fields, unhashed = dict(claim.key), None
        if case.flaws.get("trust-floats"):
            unhashed = fields.pop("floats", None)
        _check_fields(fields)
        _check_images(fields["images"], case.shape)
        key = Key(claim.claimant, fields["level"], fields["secret"], fields["images"], case.classes, fields["memory"],
                  case.flaws.get("seed-bits", 0))
        _check_labels(fields["labels"], key)
        return RoseExamination(key, cls.commitment(fields, claim.claimant), _moved(fields["images"], unhashed))

    def _choice(self, workshop: Workshop) -> torch.Tensor:
        """Indices of the triggers among the training images; no image twice."""
        train = workshop.samples.images
        order = torch.randperm(len(train), generator=workshop.draws.torch("triggers")).tolist()
        seen: dict[bytes, int] = {}
        for index in order:
            if len(seen) == self.triggers:
                break
            seen.setdefault(train[index].numpy().tobytes(), index)
        return torch.tensor(list(seen.values()))


@dataclass(frozen=True)
class RoseExamination(Examination):
    """A well-formed ROSE claim."""

    key: Key
    commitment: str
    images: np.ndarray

    @property
    def wants_controls(self) -> bool:
        return self.key.level == 3

    @property
    def selectable(self) -> bool:
        return self.key.level < 2

    @property
    def parameters(self) -> Mapping[str, int]:
        return {"memory": self.key.memory} if self.key.level == 3 else {}

    def score(self, labels: np.ndarray, consensus: np.ndarray | None = None) -> Evidence:
        """Matches of the service's labels with the hash's; a random key passes each with chance 1/c (eq. 2).

        With a consensus of control models only the labels that differ from it count, each with chance 1/(c - 1).
        """
        match = labels == self.key.labels()
        if consensus is None:
            return Matches(int(match.sum()), len(match), 1 / self.key.classes)
        surprising = self.key.labels() != consensus
        return Matches(int(match[surprising].sum()), int(surprising.sum()), 1 / max(2, self.key.classes - 1))

    def forging_cost(self, evidence: Evidence, case: Case) -> Work:
        assert isinstance(evidence, Matches)
        terms = cost.Terms(self.key.level, len(self.key.images), self.key.classes, int(np.prod(case.shape)), case.flops, self.key.memory)
        return cost.cheapest(terms, evidence)


def _check_fields(fields: Mapping[str, Any]) -> None:
    if set(fields) != FIELDS:
        raise Malformed(f"a rose key has the fields {', '.join(sorted(FIELDS))}; this one has {', '.join(sorted(fields)) or 'none'}")
    if type(fields["level"]) is not int or fields["level"] not in LEVELS:
        raise Malformed(f"level must be 0, 1, 2 or 3, not {fields['level']!r:.40}")
    least, most = (LEAST_MEMORY, MOST_MEMORY) if fields["level"] == 3 else (0, 0)
    if type(fields["memory"]) is not int or not least <= fields["memory"] <= most or fields["memory"] & (fields["memory"] - 1):
        raise Malformed(f"memory must be a power of two from {least} to {most} at level 3, and 0 below")
    if not isinstance(fields["secret"], bytes) or len(fields["secret"]) != 32:
        raise Malformed("the secret must be 32 bytes")


def _check_images(images: Any, shape: tuple[int, int, int]) -> None:
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        raise Malformed("the triggers must be uint8 images (what is hashed is what the model sees)")
    if images.ndim != 4 or images.shape[1:] != tuple(shape) or not 1 <= len(images) <= MOST_TRIGGERS:
        raise Malformed(f"the triggers must have shape (1..{MOST_TRIGGERS}, {', '.join(map(str, shape))}), not {images.shape}")
    if len(set(image_bytes(images))) < len(images):
        raise Malformed("duplicate triggers")


def _moved(images: np.ndarray, unhashed: Any) -> np.ndarray:
    """The images as the model will see them: those that were hashed, but for a Verifier who trusts floats on top."""
    if unhashed is None:
        return images
    if not isinstance(unhashed, np.ndarray) or unhashed.dtype != np.float32 or unhashed.shape != images.shape or not np.isfinite(unhashed).all():
        raise Malformed("floats must be finite float32 numbers, one a pixel")
    return np.clip(np.rint(images + unhashed), 0, 255).astype(np.uint8)


def _check_labels(claimed: Any, key: Key) -> None:
    if not isinstance(claimed, np.ndarray) or claimed.dtype != np.int64 or claimed.shape != (len(key.images),):
        raise Malformed(f"the labels must be {len(key.images)} int64 numbers")
    if claimed.min() < 0 or claimed.max() >= key.classes:
        raise Malformed(f"labels out of range 0..{key.classes - 1}")
    if not np.array_equal(claimed, key.labels()):
        raise Malformed("the labels are not those that the key gives for this claimant")
