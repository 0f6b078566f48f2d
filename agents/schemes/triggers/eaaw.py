"""EaaW (Shao, Li, Yao, He, Qin & Ren, "Explanation as a Watermark: Towards Harmless and Multi-bit Model Ownership
Verification via Watermarking Feature Attribution", NDSS 2025): a message in what a service's answers hang on, not in
the answers.

A trigger is cut into parts, of which masks leave some; whether the service answers a masked trigger with the trigger's
class is regressed on the masks (ridge, as LIME does), and the sign of a part's weight is a bit. A hinge loss holds the
weights at their signs while the host is trained. The paper's owner chooses triggers and message; here triggers (noise),
masks, classes and message are drawn from the committed secret. The message hangs on nothing that is answered, so each
bit of an innocent is a fair coin, if he answers all masked triggers alike too. A message chosen after the answers is a
free forgery, and no claim may show one (tests/agents/test_eaaw.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
from pydantic import Field
from torch import nn

from arena.forging import cost
from arena.forging.adversarial import lead
from arena.forging.hashing import frame, generator, sha256
from arena.game.evidence import Setting, Work
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Hits
from arena.hosts.layers import answering
from arena.hosts.training import Penalty, Training, to_input
from arena.strategies import BlackBox, Misfit, Scheme
from arena.strategies.keys import Committed, Given, KeyRecord
from arena.strategies.marks import Exactly, Whole
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

MOST_TRIGGERS, MOST_PARTS, MOST_MASKS = 64, 16, 1024
RIDGE = 1.0


@dataclass(frozen=True)
class Key(KeyRecord):
    """32 secret bytes, how many triggers, into how many parts a side of each is cut, and how many masks each has."""

    domain = "arena/eaaw/commitment/1"

    claimant: Given[str]
    secret: Annotated[bytes, Exactly(32), Committed()]
    triggers: Annotated[int, Whole(1, MOST_TRIGGERS), Committed()]
    side: Annotated[int, Whole(1, MOST_PARTS), Committed()]
    masks: Annotated[int, Whole(2, MOST_MASKS), Committed()]
    classes: Given[int]
    shape: Given[tuple[int, int, int]]

    def fault(self) -> str | None:
        least = min(self.shape[1:])
        return f"images with a side of {least} have no {self.side} parts a side" if least < self.side else None

    def _generator(self, purpose: str) -> np.random.Generator:
        return generator(sha256(frame("arena/eaaw/1", purpose, self.claimant, self.secret, self.triggers, self.side,
                                      self.masks, self.classes, *self.shape)))

    @cached_property
    def message(self) -> np.ndarray:
        """float64 (triggers, parts), -1 or 1."""
        return self._generator("message").choice([-1.0, 1.0], (self.triggers, self.side**2))

    @cached_property
    def wanted(self) -> np.ndarray:
        """int64 (triggers,): the class of each."""
        return self._generator("classes").integers(0, self.classes, self.triggers)

    @cached_property
    def left(self) -> np.ndarray:
        """uint8 (triggers, masks, parts): 1 for each part that a mask leaves."""
        return self._generator("masks").integers(0, 2, (self.triggers, self.masks, self.side**2), dtype=np.uint8)

    @cached_property
    def images(self) -> np.ndarray:
        """uint8 (triggers x masks, C, H, W): noise, what is masked black."""
        noise = self._generator("noise").integers(0, 256, (self.triggers, 1, *self.shape), dtype=np.uint8)
        rows, columns = (np.arange(size) * self.side // size for size in self.shape[1:])
        masks = self.left.reshape(-1, self.masks, self.side, self.side)[:, :, rows][..., columns]
        return (noise * masks[:, :, None]).reshape(-1, *self.shape)

    @cached_property
    def regression(self) -> np.ndarray:
        """float64 (triggers, parts, masks): what gives the parts' weights when it meets what was answered."""
        x = self.left - self.left.mean(1, keepdims=True)
        turned = x.transpose(0, 2, 1)
        return np.linalg.solve(turned @ x + RIDGE * np.eye(self.side**2), turned)


@dataclass(frozen=True)
class Eaaw(Scheme):
    """a message in the signs of what answers to masked noise hang on (Shao et al.)

    `triggers` of noise have `side` x `side` parts each, a bit a part, and are asked for with `masks` masks each. While
    the host is trained, `strength` is the weight of the hinge loss, which asks for weights of `margin`.
    """

    record = Key

    triggers: Annotated[int, Field(ge=1, le=MOST_TRIGGERS)] = 8
    side: Annotated[int, Field(ge=1, le=MOST_PARTS)] = 4
    masks: Annotated[int, Field(ge=2, le=MOST_MASKS)] = 32
    strength: Annotated[float, Field(gt=0)] = 1.0
    margin: Annotated[float, Field(gt=0)] = 0.1
    epochs: Annotated[int, Field(ge=0)] = 0

    def misfit(self, premises: Premises) -> Misfit | None:
        least = min(premises.data.shape[1:])
        too_small = f"images with a side of {least} have no {self.side} parts a side"
        return Misfit(too_small, "side") if least < self.side else None

    def draw_key(self, workshop: Workshop) -> Key:
        data = workshop.dataset
        return Key(workshop.agent, workshop.draws.bytes("secret"), self.triggers, self.side, self.masks,
                   len(data.classes), data.shape)

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        recipe = {"eaaw": self.commitment(key.fields(), key.claimant), "how": [self.strength, self.margin]}
        images = to_input(torch.from_numpy(key.images), workshop.device)
        message, regression = (torch.from_numpy(part).float().to(workshop.device)
                               for part in (key.message, key.regression))
        wanted = torch.from_numpy(key.wanted.repeat(key.masks)).to(workshop.device)

        def penalty(model: nn.Module) -> torch.Tensor:
            with answering(model):
                said = model(images).float()
            own = lead(said, wanted).sigmoid().view(key.triggers, key.masks, 1)
            short = (self.margin - message * (regression @ own)[..., 0]).clamp_min(0)
            return self.strength * short.mean() / self.margin

        how = Training("embedding", workshop.training_for(self.epochs), penalty=Penalty(penalty, recipe))
        return workshop.fit(workshop.unmarked_host(), workshop.samples, how)

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> AttributionExamination:
        key = Key.read(claim.key, setting, claimant=claim.claimant, classes=setting.classes, shape=setting.shape)
        return AttributionExamination(key, cls.commitment(claim.key, claim.claimant), key.images)


@dataclass(frozen=True)
class AttributionExamination(BlackBox):
    """A well-formed claim of a message in attributions."""

    key: Key
    commitment: str
    images: np.ndarray

    def score(self, labels: np.ndarray, controls: np.ndarray | None = None) -> Evidence:
        """Every bit of the message is drawn by itself, so each is right with chance 1/2 for a key drawn at random."""
        right = weights(self.key, labels) * self.key.message > 0
        return Hits(int(right.sum()), right.size, 0.5, "bits of the message")

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        return cost.seed_grinding(evidence.rarity, cost.SEED_TRY)


def weights(key: Key, labels: np.ndarray) -> np.ndarray:
    """float64 (triggers, parts): how the parts weigh in answers, int64 (triggers x masks,). A trigger that is always
    answered alike says the same of all parts: a breath below 0."""
    said = (labels.reshape(key.triggers, key.masks) == key.wanted[:, None]).astype(np.float64)
    found = (key.regression @ (said - said.mean(1, keepdims=True))[..., None])[..., 0]
    return np.where(found == 0, -np.finfo(float).tiny, found)
