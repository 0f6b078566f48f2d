"""RIGA (Wang & Kerschbaum, "RIGA: Covert and Robust White-Box Watermarking of Deep Neural Networks", WWW 2021): a
message that a small network, the extractor, reads from the weights of a layer, and that a second one, the
discriminator, keeps from showing in their distribution.

The paper trains the extractor along with the host. Whoever may do so needs no mark: an extractor can be trained that
reads any message from any weights (tests/agents/test_riga.py). So ours is drawn from the committed seed, as the message
is, and no claim may show one. It has no biases and is odd in the weights, so that each of its bits is a fair coin for a
seed drawn at random, whatever the message; and as the message is drawn as well, bits are independent too, whatever the
weights.

The discriminator is left out for what it aims at: of numbers on a line, the best one that a bounded slope allows tells
two samples apart by the distance of one in order from the other in order (Wasserstein's). So the layer's numbers in
order are drawn to those of the same layer of unmarked hosts of the owner's, while the host is trained; nothing hides
their places, which a key alone tells from an innocent's.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
from pydantic import Field
from torch import nn

from arena.base.errors import ArenaError, Malformed
from arena.forging import cost
from arena.forging.hashing import frame, generator, sha256
from arena.game.evidence import Setting, Work
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Hits
from arena.hosts.datasets import Samples
from arena.hosts.layers import layer_name, mean_filter, weight_of
from arena.hosts.networks import build
from arena.hosts.training import Penalty, Settings, Training
from arena.strategies import LAYER_NAMES, TASK_CLASSES, Misfit, Scheme, WhiteBox
from arena.strategies.keys import Committed, Given, KeyRecord
from arena.strategies.marks import Exactly, Text, Whole
from arena.workshop.loot import Loot
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

MOST_BITS, MOST_HIDDEN = 4096, 8192
TAILS = 2
"""A message is read as it stands and turned around."""


@dataclass(frozen=True)
class Key(KeyRecord):
    """32 seed bytes, the layer's name, how many bits, and how many neurons the extractor hides."""

    domain = "arena/riga/commitment/1"

    claimant: Given[str]
    seed: Annotated[bytes, Exactly(32), Committed()]
    layer: Annotated[str, Text(200), Committed()]
    bits: Annotated[int, Whole(1, MOST_BITS), Committed()] = 128
    hidden: Annotated[int, Whole(1, MOST_HIDDEN), Committed()] = 512

    def _generator(self, purpose: str) -> np.random.Generator:
        return generator(sha256(frame("arena/riga/1", purpose, self.claimant, self.seed, self.layer, self.bits,
                                      self.hidden)))

    @cached_property
    def message(self) -> torch.Tensor:
        """float32 (bits,), 0 or 1."""
        return torch.from_numpy(self._generator("message").integers(0, 2, self.bits).astype(np.float32))

    def extractor(self, width: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Its two layers, float32 (hidden, width) and (bits, hidden), normal, as large as keeps their sums of size
        1."""
        draw = self._generator(f"extractor of {width}")
        return (torch.from_numpy(draw.standard_normal((self.hidden, width), np.float32) / np.float32(width**0.5)),
                torch.from_numpy(draw.standard_normal((self.bits, self.hidden), np.float32)
                                 / np.float32(self.hidden**0.5)))


def logits(extractor: tuple[torch.Tensor, torch.Tensor], weight: torch.Tensor) -> torch.Tensor:
    """What an extractor says of a layer, (bits,), a bit being 1 where it is positive; differentiable. The layer's
    vector is brought to size 1 a number first."""
    one, two = extractor
    w = mean_filter(weight).to(one)
    return two @ torch.tanh(one @ (w / w.square().mean().sqrt().clamp_min(1e-12)))


@dataclass(frozen=True)
class Riga(Scheme):
    """a message that a drawn network reads from a layer whose numbers look unmarked (Wang & Kerschbaum)

    `strength` is the weight of the extractor's loss, `hiding` that of the distance to `others`, unmarked hosts that the
    layer is to look like.
    """

    record = Key
    overwriting = frozenset({TASK_CLASSES, LAYER_NAMES})

    bits: Annotated[int, Field(ge=1, le=MOST_BITS)] = 128
    hidden: Annotated[int, Field(ge=1, le=MOST_HIDDEN)] = 512
    layer: str = ""
    strength: Annotated[float, Field(gt=0)] = 1.0
    hiding: Annotated[float, Field(ge=0)] = 1.0
    others: Annotated[int, Field(ge=1, le=100)] = 2

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.layer(self.layer)

    def draw_key(self, workshop: Workshop) -> Key:
        name = layer_name(build(workshop.architecture), self.layer)
        return Key(workshop.agent, workshop.draws.bytes("white-box seed"), name, self.bits, self.hidden)

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        network = build(workshop.architecture, workshop.draws.torch("initial weights of marked host"))
        like = [workshop.host(workshop.samples, f"host to look like {number}")
                for number in range(self.others if self.hiding else 0)]
        return self.fit(key, network, workshop.samples, workshop, "marked host", workshop.task.settings, like)

    def overwrite(self, key: Key, model: nn.Module, loot: Loot, settings: Settings) -> nn.Module:
        return self.fit(key, model, loot.data, loot.workshop, loot.stage, settings, [copy.deepcopy(model)])

    def fit(self, key: Key, model: nn.Module, samples: Samples, workshop: Workshop, purpose: str,
            settings: Settings, like: Sequence[nn.Module]) -> nn.Module:
        """Trains with the terms of the loss that embed the bits and keep the layer's numbers like those of other
        hosts; stored."""
        one, two = key.extractor(len(mean_filter(weight_of(model, key.layer))))
        extractor, message = (one.to(workshop.device), two.to(workshop.device)), key.message.to(workshop.device)
        wanted = ordered(key, like).to(workshop.device) if like and self.hiding else None
        recipe = {"riga": self.commitment(key.fields(), key.claimant), "strength": self.strength,
                  "hiding": None if wanted is None else [self.hiding, wanted.tolist()]}

        def penalty(model: nn.Module) -> torch.Tensor:
            weight = weight_of(model, key.layer)
            said = nn.functional.binary_cross_entropy_with_logits(logits(extractor, weight), message)
            return self.strength * said + (0 if wanted is None else self.hiding * distance(weight, wanted))

        return workshop.fit(model, samples, Training(purpose, settings, penalty=Penalty(penalty, recipe)))

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> ExtractorExamination:
        key = Key.read(claim.key, setting, claimant=claim.claimant)
        return ExtractorExamination(key, cls.commitment(claim.key, claim.claimant))


def ordered(key: Key, models: Sequence[nn.Module]) -> torch.Tensor:
    """The numbers of a layer in order, float32 (M,), on the average of some models; the same however these lie in
    memory."""
    weights = [weight_of(model, key.layer).detach().float().cpu().contiguous() for model in models]
    found = [mean_filter(weight).sort().values for weight in weights]
    return torch.stack(found).mean(0)


def distance(weight: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The squared distance of a layer's numbers in order from those `wanted`, of their size: Wasserstein's (order 2);
    differentiable."""
    found = mean_filter(weight).to(wanted).sort().values
    return (found - wanted).square().mean() / wanted.square().mean().clamp_min(1e-12)


@dataclass(frozen=True)
class ExtractorExamination(WhiteBox):
    """A well-formed claim of a message for an extractor."""

    key: Key
    commitment: str

    @torch.no_grad()
    def score(self, model: nn.Module, reference: nn.Module | None = None) -> Evidence:
        """Each bit is right with chance 1/2 for a key drawn at random. Both tails count: who turns the layer around
        turns all bits around."""
        try:
            weight = weight_of(model, self.key.layer).detach().cpu()
        except ArenaError as fault:
            raise Malformed(f"the key doesn't fit these weights: {fault}") from None
        found = logits(self.key.extractor(len(mean_filter(weight))), weight)
        right = int(((found > 0) == (self.key.message > 0)).sum())
        return Hits(max(right, self.key.bits - right), self.key.bits, 0.5, "bits of the mark", TAILS)

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        return cost.seed_grinding(evidence.rarity, cost.SEED_TRY)
