"""BlackMarks (Chen, Rouhani & Koushanfar, "BlackMarks: Blackbox Multibit Watermarking for Deep Neural Networks", 2019):
a message that a service says bit by bit. Classes are put into two groups, and an image's bit is the group of its
answer.

Images are adversarial for the unmarked host, and all that could be chosen after them is drawn by a hash over them: the
groups (the paper clusters mean logits) and the message (the paper's owner chooses it, and images to suit). So an image
is moved to a drawn class, not into the group that its bit wants, which is not known yet; the host is trained again with
that class of the right group to which it leans most.

The null is exact, whatever a model answers and however unequal the groups are (of an odd number of classes one has one
more): given images, answers and groups the bits of the message are fair coins on which nothing else hangs, so each is
the group of its answer with chance 1/2, and that independently. A message chosen after the answers is a free forgery,
groups chosen after them are worth up to c - 1 bits (tests/agents/test_blackmarks.py). With both drawn what is left is
to change the secret or a pixel and to draw again, 2^R times.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
from pydantic import Field
from torch import nn

from agents.schemes.triggers._key_samples import MOST_KEYS, mix, some
from arena.base.units import Share
from arena.forging import cost
from arena.forging.adversarial import targeted
from arena.forging.hashing import frame, generator, image_bytes, keyed_hash, labels, pad_to_block, sha256
from arena.game.evidence import Setting, Work
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Hits
from arena.hosts.datasets import Samples
from arena.hosts.training import Training
from arena.strategies import BlackBox, Misfit, Scheme
from arena.strategies.keys import Committed, Given, KeyRecord
from arena.strategies.marks import Exactly, Images
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class Key(KeyRecord):
    """32 secret bytes and images, uint8 (K, C, H, W), each of which carries a bit."""

    domain = "arena/blackmarks/commitment/1"

    claimant: Given[str]
    secret: Annotated[bytes, Exactly(32), Committed()]
    images: Annotated[np.ndarray, Images(most=MOST_KEYS), Committed(lambda images: (*images.shape, images.tobytes()))]
    classes: Given[int]

    @cached_property
    def _digest(self) -> bytes:
        header = pad_to_block(frame("arena/blackmarks/1", self.claimant, self.classes, *self.images.shape))
        return keyed_hash(self.secret, header + b"".join(image_bytes(self.images)))

    @cached_property
    def message(self) -> np.ndarray:
        """int64 (K,), 0 or 1."""
        return labels(self._digest, len(self.images), 2)

    @cached_property
    def groups(self) -> np.ndarray:
        """int64 (c,), 0 or 1: the bit that each class says. Half of them say 1, of an odd number one fewer."""
        order = generator(sha256(frame("groups", self._digest))).permutation(self.classes)
        return (order < self.classes // 2).astype(np.int64)

    def wanted(self, answers: torch.Tensor) -> torch.Tensor:
        """int64 (K,): of the classes that say an image's bit the likeliest, by a model's `answers`, (K, c)."""
        says = torch.from_numpy(self.groups == self.message[:, None])
        return answers.masked_fill(~says, -torch.inf).argmax(1)


@dataclass(frozen=True)
class Blackmarks(Scheme):
    """a message in the groups of the classes that adversarial images are answered with (Chen et al.)

    `keys` training images, moved by `epsilon` a pixel at the most, carry a bit each. A second training of `epochs` (0:
    as many as the first) embeds them, `share` of them for each other image.
    """

    record = Key

    keys: Annotated[int, Field(ge=1, le=MOST_KEYS)] = 100
    epsilon: Share = 0.2
    epochs: Annotated[int, Field(ge=0)] = 0
    share: Annotated[float, Field(gt=0, le=1)] = 0.1

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.enough(self.keys, premises.images, "keys", "different key images")

    def draw_key(self, workshop: Workshop) -> Key:
        images, truth = some(workshop, self.keys, "images to move")
        classes = len(workshop.dataset.classes)
        others = (truth + workshop.draws.numpy("classes to move to").integers(1, classes, self.keys)) % classes
        moved = targeted(workshop.unmarked_host(), torch.from_numpy(images), torch.from_numpy(others),
                         epsilon=self.epsilon, device=workshop.device)
        return Key(workshop.agent, workshop.draws.bytes("secret"), moved.images, classes)

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        host, images = workshop.unmarked_host(), torch.from_numpy(key.images)
        keys = Samples(images, key.wanted(workshop.soft_answers(host, images)))
        how = Training("embedding", workshop.training_for(self.epochs))
        return workshop.fit(host, mix(workshop.samples, keys, self.share), how)

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> MessageExamination:
        key = Key.read(claim.key, setting, claimant=claim.claimant, classes=setting.classes)
        return MessageExamination(key, cls.commitment(claim.key, claim.claimant), key.images)


@dataclass(frozen=True)
class MessageExamination(BlackBox):
    """A well-formed claim of a message in answers."""

    key: Key
    commitment: str
    images: np.ndarray

    def score(self, labels: np.ndarray, controls: np.ndarray | None = None) -> Evidence:
        right = self.key.groups[labels] == self.key.message
        return Hits(int(right.sum()), len(right), 0.5, "bits of the message")

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        """As for a joint hash of two labels (ROSE's level 2), the groups' own draw left out: a lower bound."""
        assert isinstance(evidence, Hits)
        terms = cost.Terms(2, len(self.images), 2, int(np.prod(setting.shape)), setting.flops)
        return cost.cheapest(terms, evidence)
