"""The embedding regularizer (Uchida et al. 2017): a message in the weights of one layer, put there by an extra term of
the loss.

The projection X and the message b come from a committed seed and the claimant's name, so neither can be chosen after
the fact. The paper lets the owner choose both and embeds ones only: a claim with a chosen X or b is a free forgery, and
is heard only by a Verifier with the flaw `chosen-keys`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import nn

from agents.schemes.weights._in_weights import capacity_law, embed_in_weights
from agents.schemes.weights._message import MOST_BITS, Key, Kind, code_fault
from arena.base.errors import ArenaError, Malformed
from arena.forging import cost
from arena.game.evidence import Setting, Work
from arena.game.ledger import bits
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Hits, gaussian_rarity
from arena.hosts import codes
from arena.hosts.datasets import Samples
from arena.hosts.layers import layer_name, mean_filter, weight_of
from arena.hosts.training import Penalty, Settings, Training
from arena.strategies import LAYER_NAMES, TASK_CLASSES, Misfit, Scheme, WhiteBox
from arena.workshop.loot import Loot
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

TAILS = 2
"""A message is read as it stands and turned around."""


def embedding_loss(weight: torch.Tensor, projection: torch.Tensor, message: torch.Tensor) -> torch.Tensor:
    """E_R of eq. (4): the sum of the T binary cross entropies; the tables print it divided by T."""
    return nn.functional.binary_cross_entropy_with_logits(projection @ mean_filter(weight), message, reduction="sum")


@dataclass(frozen=True)
class Figures:
    """What a layer says about a key: bits read, bit error rate, E_R (mean per bit), and the zero-bit statistic with its
    rarity."""

    bits: np.ndarray
    errors: int
    loss: float
    detection: float

    @property
    def error_rate(self) -> float:
        return self.errors / len(self.bits)


@torch.no_grad()
def read(key: Key, weight: torch.Tensor) -> Figures:
    """Reads a key from a layer's weights (eq. 2). `detection` is the signed mean of the projections before thresholding
    in units of its standard deviation: N(0, 1) for an X of independent normal numbers and any fixed w (figures 2 and 6
    as a test)."""
    w = mean_filter(weight).float().cpu()
    projection, message = torch.from_numpy(key.projection(len(w))), torch.from_numpy(key.message)
    logits = projection @ w
    bits = (logits >= 0).to(torch.uint8)
    loss = float(embedding_loss(weight.float().cpu(), projection, message.float())) / key.bits
    size = float(w.norm()) * np.sqrt(key.bits)
    detection = float((logits * (2 * message.float() - 1)).sum()) / size if size > 0 and key.kind == "random" else 0.0
    return Figures(bits.numpy(), int((bits != message).sum()), loss, detection)


@dataclass(frozen=True)
class Uchida(Scheme):
    """a message in the weights of one layer, by a regularizer (Uchida et al.)

    `embed` is how: while training, while fine-tuning a trained host, while distilling it from its own soft answers (no
    labels), or without training (eq. 6, `strength` is then its lambda). `code` protects a payload of 16 bytes by a BCH
    code, within 252 of the bits.
    """

    record = Key

    bits: Annotated[int, Field(ge=1, le=MOST_BITS)] = 256
    projection: Kind = "random"
    layer: str = ""
    strength: Annotated[float, Field(ge=0)] = 0.01
    embed: Literal["train", "fine-tune", "distill", "weights"] = "train"
    epochs: Annotated[int, Field(ge=0)] = 0
    code: bool = False

    def __post_init__(self) -> None:
        if self.code and (fault := code_fault(self.bits, self.projection)) is not None:
            raise ArenaError(fault)

    overwriting = frozenset({TASK_CLASSES, LAYER_NAMES})

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.layer(self.layer)

    def draw_key(self, workshop: Workshop) -> Key:
        from arena.hosts.networks import build

        network = build(workshop.architecture)
        name = layer_name(network, self.layer)
        width = len(mean_filter(weight_of(network, name)))
        if self.bits > width:
            warnings.warn(f"{self.bits} bits in {name!r}, whose vector w has M = {width} numbers: "
                          f"{capacity_law(self.bits, width)}", stacklevel=2)
        return Key(workshop.agent, workshop.draws.bytes("white-box seed"), name, self.bits, self.projection, self.code)

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        from arena.hosts.networks import build

        train = workshop.samples
        if self.embed == "train":
            network = build(workshop.architecture, workshop.draws.torch("initial weights of marked host"))
            return self.fit(key, network, train, workshop, "marked host")
        host = workshop.unmarked_host()
        if self.embed == "weights":
            return embed_in_weights(host, key, self.strength)
        if self.embed == "distill":
            train = Samples(train.images, workshop.soft_answers(host, train.images), train.fixed)
        return self.fit(key, host, train, workshop, f"{self.embed} to embed", workshop.training_for(self.epochs))

    def overwrite(self, key: Key, model: nn.Module, loot: Loot, settings: Settings) -> nn.Module:
        return self.fit(key, model, loot.data, loot.workshop, loot.stage, settings)

    def fit(self, key: Key, network: nn.Module, samples: Samples, workshop: Workshop, purpose: str,
            settings: Settings | None = None) -> nn.Module:
        """Trains `network` with the regularizer; stored."""
        weight = weight_of(network, key.layer)
        projection, message = (torch.from_numpy(key.projection(len(mean_filter(weight)))),
                               torch.from_numpy(key.message).float())
        projection, message = projection.to(workshop.device), message.to(workshop.device)
        words = [key.claimant, key.seed.hex(), key.layer, key.bits, key.kind, key.code, self.strength]
        recipe = {"uchida": words, "chosen": key.chosen}

        def penalty(model: nn.Module) -> torch.Tensor:
            return self.strength * embedding_loss(weight_of(model, key.layer), projection, message)

        how = Training(purpose, settings or workshop.task.settings, penalty=Penalty(penalty, recipe))
        return workshop.fit(network, samples, how)

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> UchidaExamination:
        key = Key.read(claim.key, setting, claimant=claim.claimant)
        return UchidaExamination(key, cls.commitment(claim.key, claim.claimant))


@dataclass(frozen=True)
class UchidaExamination(WhiteBox):
    """A well-formed claim of a mark in the weights."""

    key: Key
    commitment: str

    def score(self, model: nn.Module, reference: nn.Module | None = None) -> Evidence:
        """T bits, each right with chance 1/2 for a key drawn at random. Both tails count: who turns the layer's mean
        around turns all bits around, and removes none (one bit less for having looked twice)."""
        key = self.key
        try:
            weight: torch.Tensor = weight_of(model, key.layer)
        except ArenaError as fault:
            raise Malformed(f"the key doesn't fit these weights: {fault}") from None
        own, width = key.chosen_projection, len(mean_filter(weight))
        if own is not None and own.shape[1] != width:
            raise Malformed(f"the chosen projection has {own.shape[1]} columns, the layer's vector {width} numbers")
        found = read(key, weight)
        inverted = 2 * found.errors > key.bits
        hits = found.errors if inverted else key.bits - found.errors
        details: dict[str, Any] = {"loss": round(found.loss, 6), "inverted": int(inverted),
                                   "detection": round(gaussian_rarity(abs(found.detection), TAILS), 6)}
        if key.code:
            bits = found.bits ^ np.uint8(inverted)
            details["payload"] = "recovered" if codes.recover(bits) == key.payload else "lost"
        return Hits(hits, key.bits, 0.5, "bits of the mark", TAILS, details=details)

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        if self.key.chosen_projection is not None:
            return Work(*2 * (bits(2.0 * self.key.chosen_projection.size),), "a projection solved for the weights")
        return cost.seed_grinding(evidence.rarity, cost.SEED_TRY)
