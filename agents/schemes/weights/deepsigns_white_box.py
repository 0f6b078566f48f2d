"""DeepSigns, white box (Rouhani et al. 2019, section 4.1): bits in the mean activations of a hidden layer, by class.

The mean of what enters the last fully connected layer is taken over the key's images of each class, projected and held
against a message; an extra term of the loss puts it there. The paper's other term, which draws activations to their
class's mean, is left out: the means of the same images are read again.

Images, classes, projection and message hang on one hash. The paper leaves them to the owner, and then they are a free
forgery: who may choose images after the message looks for some whose means say it (tests/agents/test_activations.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
from pydantic import Field
from torch import nn

from agents.schemes.triggers._key_samples import MOST_KEYS, some
from arena.base.errors import ArenaError, Malformed
from arena.forging import cost
from arena.forging.hashing import frame, generator, sha256
from arena.game.evidence import Setting, Work
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Hits
from arena.hosts.datasets import Samples
from arena.hosts.layers import features_of, last_layer
from arena.hosts.networks import build
from arena.hosts.training import Penalty, Settings, Training, to_input
from arena.strategies import TASK_CLASSES, Misfit, Scheme, WhiteBox
from arena.strategies.keys import Committed, Given, KeyRecord
from arena.strategies.marks import Exactly, Images, Labels, Whole
from arena.workshop.loot import Loot
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

MOST_BITS = 4096


@dataclass(frozen=True)
class Key(KeyRecord):
    """32 seed bytes, images uint8 (K, C, H, W), the class of each, int64 (K,), and how many bits a class carries."""

    domain = "arena/deepsigns-white-box/commitment/1"

    claimant: Given[str]
    seed: Annotated[bytes, Exactly(32), Committed()]
    images: Annotated[np.ndarray, Images(most=MOST_KEYS), Committed(lambda images: (*images.shape, images.tobytes()))]
    truth: Annotated[np.ndarray, Labels(), Committed(lambda truth: (truth.astype(">u2").tobytes(),))]
    bits: Annotated[int, Whole(1, MOST_BITS), Committed()] = 16

    @cached_property
    def _digest(self) -> bytes:
        return sha256(frame("arena/deepsigns-white-box/1", self.claimant, self.seed, self.bits, *self.images.shape,
                            self.images.tobytes(), self.truth.astype(">u2").tobytes()))

    def _generator(self, purpose: str) -> np.random.Generator:
        return generator(sha256(frame(purpose, self._digest)))

    @cached_property
    def groups(self) -> torch.Tensor:
        """int64 (K,): which of the key's classes each image is of."""
        return torch.from_numpy(np.unique(self.truth, return_inverse=True)[1].reshape(-1))

    @cached_property
    def message(self) -> torch.Tensor:
        """float32 (classes of the key, bits), 0 or 1."""
        size = (int(self.groups.max()) + 1, self.bits)
        return torch.from_numpy(self._generator("message").integers(0, 2, size).astype(np.float32))

    def projection(self, width: int) -> torch.Tensor:
        """float32 (width, bits), standard normal."""
        draw = self._generator(f"projection of {width}")
        return torch.from_numpy(draw.standard_normal((width, self.bits), dtype=np.float32))


def logits(model: nn.Module, key: Key) -> torch.Tensor:
    """The projected means, (classes of the key, bits), a bit being 1 where it is positive (eqs. 5 and 6). ArenaError
    where the model has no features."""
    device = next(model.parameters()).device
    found, groups = features_of(model, to_input(torch.from_numpy(key.images.copy()), device)), key.groups.to(device)
    sums = torch.zeros(len(key.message), found.shape[1], device=device).index_add(0, groups, found.float())
    return (sums / groups.bincount()[:, None]) @ key.projection(found.shape[1]).to(device)


@dataclass(frozen=True)
class DeepsignsWhiteBox(Scheme):
    """bits in the mean activations of each class, put there while training (Rouhani et al.)

    `keys` training images carry `bits` for each class that is among them; `strength` is the paper's lambda 2.
    """

    record = Key

    keys: Annotated[int, Field(ge=1, le=MOST_KEYS)] = 100
    bits: Annotated[int, Field(ge=1, le=MOST_BITS)] = 16
    strength: Annotated[float, Field(gt=0)] = 0.1

    overwriting = frozenset({TASK_CLASSES})

    def misfit(self, premises: Premises) -> Misfit | None:
        try:
            last_layer(premises.network)
        except ArenaError as fault:
            return Misfit(str(fault))
        return premises.enough(self.keys, premises.images, "keys", "different key images")

    def draw_key(self, workshop: Workshop) -> Key:
        images, truth = some(workshop, self.keys, "images of the key")
        return Key(workshop.agent, workshop.draws.bytes("white-box seed"), images, truth, self.bits)

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        network = build(workshop.architecture, workshop.draws.torch("initial weights of marked host"))
        return self.fit(key, network, workshop.samples, workshop, "marked host", workshop.task.settings)

    def overwrite(self, key: Key, model: nn.Module, loot: Loot, settings: Settings) -> nn.Module:
        return self.fit(key, model, loot.data, loot.workshop, loot.stage, settings)

    def fit(self, key: Key, model: nn.Module, samples: Samples, workshop: Workshop, purpose: str,
            settings: Settings) -> nn.Module:
        """Trains with the term of the loss that embeds the bits; stored."""
        recipe = {"deepsigns-white-box": self.commitment(key.fields(), key.claimant), "strength": self.strength}

        def penalty(model: nn.Module) -> torch.Tensor:
            found = logits(model, key)
            return self.strength * nn.functional.binary_cross_entropy_with_logits(found, key.message.to(found.device))

        return workshop.fit(model, samples, Training(purpose, settings, penalty=Penalty(penalty, recipe)))

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> ActivationExamination:
        key = Key.read(claim.key, setting, claimant=claim.claimant)
        return ActivationExamination(key, cls.commitment(claim.key, claim.claimant))


@dataclass(frozen=True)
class ActivationExamination(WhiteBox):
    """A well-formed claim of bits in activations."""

    key: Key
    commitment: str

    @torch.no_grad()
    def score(self, model: nn.Module, reference: nn.Module | None = None) -> Evidence:
        """Every bit is drawn by itself after all that its mean hangs on, so each is right with chance 1/2, however
        alike the means of the classes are."""
        try:
            found = logits(model, self.key).cpu()
        except ArenaError as fault:
            raise Malformed(f"the key doesn't fit these weights: {fault}") from None
        right = (found > 0) == (self.key.message > 0)
        return Hits(int(right.sum()), right.numel(), 0.5, "bits of the mark")

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        return cost.seed_grinding(evidence.rarity, cost.SEED_TRY)
