"""The embedding regularizer (Uchida et al. 2017): a message in the weights of one layer, put there by an extra term of the loss.

The projection X and the message b come from a committed seed and the claimant's name, so neither can be chosen after the fact. The paper lets
the owner choose both and embeds ones only: a claim with a chosen X or b is a free forgery, and is heard only by a Verifier with the flaw
`chosen-keys`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import numpy as np
import torch
from pydantic import Field
from torch import nn

from arena.base.errors import ArenaError, Malformed
from arena.forging import cost
from arena.forging.hashing import frame, generator, sha256
from arena.game.evidence import Setting, Work
from arena.game.ledger import bits
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Hits, gaussian_rarity
from arena.hosts import codes
from arena.hosts.datasets import Samples
from arena.hosts.layers import layer_name, mean_filter, neighbours, realigned, weight_of
from arena.hosts.training import Penalty, Settings, Training
from arena.strategies import LAYER_NAMES, TASK_CLASSES, Misfit, Scheme, WhiteBox
from arena.strategies.keys import Committed, Flawed, Given, KeyRecord, Named
from arena.strategies.marks import Array, Exactly, Text, Whole
from arena.workshop.loot import Loot
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

Kind = Literal["direct", "diff", "random"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_BITS = 65_536
CHOSEN = Flawed("chosen_keys", "it must come from the committed seed")


@dataclass(frozen=True)
class Key(KeyRecord):
    """A white-box key: 32 seed bytes, the layer's name, T bits, the kind of X; or an X (T, M) and b (T,) of one's own."""

    domain = "arena/uchida/commitment/1"

    claimant: Given[str]
    seed: Annotated[bytes, Exactly(32), Committed()]
    layer: Annotated[str, Text(200), Committed()]
    bits: Annotated[int, Whole(1, MOST_BITS), Committed()]
    kind: Annotated[Kind, Committed()] = "random"
    code: Annotated[bool, Committed()] = False
    chosen_projection: Annotated[
        np.ndarray | None, Array("float32", ("bits", None)), Named("projection"), CHOSEN, Committed(),
    ] = field(default=None, compare=False)
    chosen_message: Annotated[
        np.ndarray | None, Array("uint8", ("bits",), 0, 1), Named("message"), CHOSEN, Committed(),
    ] = field(default=None, compare=False)

    @property
    def chosen(self) -> bool:
        return self.chosen_projection is not None or self.chosen_message is not None

    def fault(self) -> str | None:
        if (self.chosen_projection is None) != (self.chosen_message is None):
            return "a chosen projection and a chosen message go together"
        if self.code and self.chosen:
            return "a chosen message carries no code"
        return code_fault(self.bits, self.kind) if self.code else None

    def generator(self, purpose: str) -> np.random.Generator:
        """Random numbers bound to everything that the claimant might want to choose; the same on every device."""
        return generator(sha256(frame("arena/uchida/1", purpose, self.claimant, self.seed, self.layer, self.bits, self.kind, int(self.code))))

    def projection(self, width: int) -> np.ndarray:
        """X, float32 (T, M) for M = `width` (section 3.3)."""
        if self.chosen_projection is not None:
            return np.array(self.chosen_projection)
        draw = self.generator(f"projection of {width}")
        if self.kind == "random":
            return draw.standard_normal((self.bits, width), dtype=np.float32)
        out, rows = np.zeros((self.bits, width), np.float32), np.arange(self.bits)
        one = draw.permutation(np.resize(np.arange(width), max(width, self.bits)))[: self.bits]
        out[rows, one] = 1
        if self.kind == "diff":
            out[rows, (one + draw.integers(1, width, self.bits)) % width] = -1
        return out

    @cached_property
    def message(self) -> np.ndarray:
        """b, uint8 (T,): random bits, or the code word of a random payload filled up with random bits."""
        if self.chosen_message is not None:
            return np.array(self.chosen_message)
        bits = self.generator("message").integers(0, 2, self.bits, dtype=np.uint8)
        return codes.protect(self.payload, bits) if self.code else bits

    @property
    def payload(self) -> bytes:
        """What a coded message carries."""
        return self.generator("payload").bytes(codes.PAYLOAD)


def code_fault(bits: int, kind: Kind) -> str | None:
    """Why a code can't protect the message of such a key."""
    fits = bits >= codes.LENGTH and kind == "random"
    return None if fits else f"a code needs at least {codes.LENGTH} bits and a random projection"


def embedding_loss(weight: torch.Tensor, projection: torch.Tensor, message: torch.Tensor) -> torch.Tensor:
    """E_R of eq. (4): the sum of the T binary cross entropies; the tables print it divided by T."""
    return nn.functional.binary_cross_entropy_with_logits(projection @ mean_filter(weight), message, reduction="sum")


@dataclass(frozen=True)
class Figures:
    """What a layer says about a key: bits read, bit error rate, E_R (mean per bit), and the zero-bit statistic with its rarity."""

    bits: np.ndarray
    errors: int
    loss: float
    detection: float

    @property
    def error_rate(self) -> float:
        return self.errors / len(self.bits)


@torch.no_grad()
def read(key: Key, weight: torch.Tensor) -> Figures:
    """Reads a key from a layer's weights (eq. 2). `detection` is the signed mean of the projections before thresholding in units of its standard
    deviation: N(0, 1) for an X of independent normal numbers and any fixed w (figures 2 and 6 as a test)."""
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

    `embed` is how: while training, while fine-tuning a trained host, while distilling it from its own soft answers (no labels), or without
    training (eq. 6, `strength` is then its lambda). `code` protects a payload of 16 bytes by a BCH code, within 252 of the bits.
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
            warnings.warn(f"{self.bits} bits in {name!r}, whose vector w has M = {width} numbers: {capacity_law(self.bits, width)}", stacklevel=2)
        return Key(workshop.agent, workshop.draws.bytes("white-box seed"), name, self.bits, self.projection, self.code)

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        from arena.hosts.networks import build

        train, settings = workshop.samples, workshop.task.settings
        if self.embed == "train":
            network = build(workshop.architecture, workshop.draws.torch("initial weights of marked host"))
            return self.fit(key, network, train, workshop, "marked host")
        host = workshop.unmarked_host()
        if self.embed == "weights":
            return embed_in_weights(host, key, self.strength)
        if self.embed == "distill":
            train = Samples(train.images, workshop.soft_answers(host, train.images), train.fixed)
        again = replace(settings, epochs=self.epochs or settings.epochs)
        return self.fit(key, host, train, workshop, f"{self.embed} to embed", again)

    def overwrite(self, key: Key, model: nn.Module, loot: Loot, settings: Settings) -> nn.Module:
        return self.fit(key, model, loot.data, loot.workshop, loot.stage, settings)

    def fit(self, key: Key, network: nn.Module, samples: Samples, workshop: Workshop, purpose: str, settings: Settings | None = None) -> nn.Module:
        """Trains `network` with the regularizer; stored."""
        weight = weight_of(network, key.layer)
        projection, message = torch.from_numpy(key.projection(len(mean_filter(weight)))), torch.from_numpy(key.message).float()
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
        """T bits, each right with chance 1/2 for a key drawn at random; where the claimant's own release is known, the layer's channels are
        also tried as aligned to it, and the better of the two counts (one bit less for having looked twice)."""
        key = self.key
        try:
            weights: list[torch.Tensor] = [weight_of(model, key.layer)]
        except ArenaError as fault:
            raise Malformed(f"the key doesn't fit these weights: {fault}") from None
        looks = 1
        if reference is not None and _has_neighbours(model, key.layer) and _has_neighbours(reference, key.layer):
            looks = 2
            weights += [w for w in [realigned(model, reference, key.layer)] if w is not None]
        own, width = key.chosen_projection, len(mean_filter(weights[0]))
        if own is not None and own.shape[1] != width:
            raise Malformed(f"the chosen projection has {own.shape[1]} columns, the layer's vector {width} numbers")
        figures = [read(key, weight) for weight in weights]
        best = min(figures, key=lambda f: f.errors)
        details: dict[str, Any] = {"loss": round(best.loss, 6),
                                   "detection": round(gaussian_rarity(best.detection), 6), "realigned": int(best is not figures[0])}
        if key.code:
            details["payload"] = "recovered" if codes.recover(best.bits) == key.payload else "lost"
        return Hits(key.bits - best.errors, key.bits, 0.5, "bits of the mark", looks, details=details)

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        if self.key.chosen_projection is not None:
            return Work(*2 * (bits(2.0 * self.key.chosen_projection.size),), "a projection solved for the weights")
        return cost.seed_grinding(evidence.rarity, cost.SEED_TRY)


def _has_neighbours(model: nn.Module, name: str) -> bool:
    try:
        neighbours(model, name)
    except ArenaError:
        return False
    return True


def capacity_law(bits: int, width: int) -> str:
    """What to expect of T bits in M numbers: T random half-spaces have a point in common with probability 1/2 at T = 2 M (Cover 1965)."""
    if bits > 2.2 * width:
        return "no w satisfies so many"
    return "close to the limit of 2 M bits" if bits > 1.8 * width else "more than M, within the limit of 2 M bits"


def embed_in_weights(host: nn.Module, key: Key, strength: float, steps: int = 2000) -> nn.Module:
    """Embedding without training: w minimises |w - w0|^2 / 2 + lambda E_R with E_R the mean over bits (eq. 6); every filter moves by w - w0."""
    weight = weight_of(host, key.layer)
    start = mean_filter(weight.detach()).double()
    projection, message = torch.from_numpy(key.projection(len(start))).double(), torch.from_numpy(key.message).double()
    w = start.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([w], max_iter=steps, tolerance_grad=1e-9, tolerance_change=1e-12, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = (w - start).square().sum() / 2 + strength * nn.functional.binary_cross_entropy_with_logits(projection @ w, message)
        value.backward()
        return value

    optimizer.step(loss)  # type: ignore[arg-type]
    with torch.no_grad():
        weight.add_((w - start).view(1, *weight.shape[1:]).to(weight.dtype))
    return host
