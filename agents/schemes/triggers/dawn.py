"""DAWN (Szyller, Atli, Marchal & Asokan 2021, "DAWN: Dynamic Adversarial Watermarking of Neural Networks", ACM
Multimedia): the host is left alone, the service answers a few questions with another class, and who trains a surrogate
on its answers learns them.

What is released is the service: a network whose answers a keyed hash of the question changes (section 4). Who takes its
weights has the secret of the hash with them and may take that off; the mark is against who has the answers alone. He
is found where he asked what the owner knows: the paper's service keeps what it was asked, here the owner commits to
the images that he expects, and surrogates of others show nothing.

A hash for each image alone would be a free forgery, for who may say which of the changed images count leaves out those
that innocents answer otherwise, and who may say which are expected picks those whose class is the true one. So the
service's secret hangs on the digests of all expected images, and the `keys` of least rank among them are the triggers,
all of them: classes are drawn after the list, uniformly among all c (the paper's among the c - 1 that the host doesn't
answer), and whatever a model answers its hits are Binomial(keys, 1/c) (tests/agents/test_dawn.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field
from torch import nn

from agents.schemes.triggers._key_samples import MOST_KEYS, some
from arena.forging import cost
from arena.forging.hashing import frame, keyed_hash
from arena.game.evidence import Bounds, Setting, Work
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Hits
from arena.hosts.networks.hashed import RANK, answer_by_hash, digest_of, drawn
from arena.strategies import BlackBox, Misfit, Scheme
from arena.strategies.keys import Committed, Given, KeyRecord
from arena.strategies.marks import Array, Exactly, Images
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

MOST_EXPECTED = 30_000


@dataclass(frozen=True)
class Key(KeyRecord):
    """32 secret bytes, the digests of expected images, uint8 (N, 32), and those of least rank, uint8 (K, C, H, W)."""

    domain = "arena/dawn/commitment/1"

    claimant: Given[str]
    secret: Annotated[bytes, Exactly(32), Committed()]
    expected: Annotated[np.ndarray, Array("uint8", (None, 32)), Committed()]
    images: Annotated[np.ndarray, Images(most=MOST_KEYS), Committed(lambda images: (*images.shape, images.tobytes()))]
    classes: Given[int]

    @classmethod
    def of(cls, claimant: str, secret: bytes, pool: np.ndarray, keys: int, classes: int) -> Key:
        """That of different images, (N, C, H, W), `keys` of which are triggers."""
        expected = np.stack([np.frombuffer(digest_of(image), np.uint8) for image in pool])
        drawn = cls(claimant, secret, expected, pool[:keys], classes)
        return replace(drawn, images=pool[drawn.least])

    def fault(self) -> str | None:
        listed = [digest.tobytes() for digest in self.expected]
        if not len(self.images) <= len(listed) <= MOST_EXPECTED or len(set(listed)) < len(listed):
            return f"{len(self.images)} to {MOST_EXPECTED:,} different images are to be expected"
        same = [digest_of(image) for image in self.images] == [listed[place] for place in self.least]
        return None if same else "images must be those of least rank among the expected ones, in their order"

    @cached_property
    def _secret(self) -> bytes:
        """The service's own: it hangs on all that could be chosen."""
        return keyed_hash(self.secret, frame("arena/dawn/1", self.claimant, self.classes, *self.images.shape,
                                             self.expected.tobytes()))

    @cached_property
    def _drawn(self) -> list[tuple[int, int]]:
        return [drawn(self._secret, digest.tobytes(), self.classes) for digest in self.expected]

    @cached_property
    def least(self) -> list[int]:
        """The places of the triggers among the expected images, the least rank first."""
        return sorted(range(len(self.expected)), key=self._drawn.__getitem__)[:len(self.images)]

    @property
    def labels(self) -> np.ndarray:
        """int64 (K,): what the service answers them with."""
        return np.array([self._drawn[place][1] for place in self.least], dtype=np.int64)

    @property
    def service(self) -> bytes:
        """What the service knows: its secret, and the bound that the triggers' ranks are below."""
        return self._secret + min(self._drawn[self.least[-1]][0] + 1, 2 ** (8 * RANK) - 1).to_bytes(RANK, "big")


@dataclass(frozen=True)
class Dawn(Scheme):
    """a service that answers some questions with classes drawn by a hash, which surrogates learn (Szyller et al.)

    Of the `expected` images (at most: training images) it changes `keys`, and of others about as large a
    share: that is what it costs in accuracy.
    """

    record = Key
    bounds: ClassVar[Bounds] = Bounds(rarity=24, work=32)

    keys: Annotated[int, Field(ge=1, le=MOST_KEYS)] = 12
    expected: Annotated[int, Field(ge=1, le=MOST_EXPECTED)] = 4000

    def misfit(self, premises: Premises) -> Misfit | None:
        if self.keys > self.expected:
            return Misfit(f"{self.keys} of {self.expected} expected images can't be changed", "keys")
        return premises.enough(self.keys, premises.images, "keys", "different key images")

    def draw_key(self, workshop: Workshop) -> Key:
        pool, _ = some(workshop, self.expected, "expected images", least=self.keys)
        return Key.of(workshop.agent, workshop.draws.bytes("secret"), pool, self.keys, len(workshop.dataset.classes))

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        host = workshop.unmarked_host()
        host.architecture = replace(host.architecture, hashed=True)
        return answer_by_hash(host, key.service)

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> AnswersExamination:
        key = Key.read(claim.key, setting, claimant=claim.claimant, classes=setting.classes)
        return AnswersExamination(key, cls.commitment(claim.key, claim.claimant), key.images)


@dataclass(frozen=True)
class AnswersExamination(BlackBox):
    """A well-formed claim of changed answers."""

    key: Key
    commitment: str
    images: np.ndarray

    def score(self, labels: np.ndarray, controls: np.ndarray | None = None) -> Evidence:
        return Hits(int((labels == self.key.labels).sum()), len(labels), 1 / self.key.classes, "changed answers")

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        """A new secret a try, in which a hash of the list and one of an image come first: a lower bound."""
        return cost.seed_grinding(evidence.rarity, cost.SEED_TRY)
