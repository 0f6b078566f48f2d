"""The embedding regularizer (Uchida et al. 2017): a message in the weights of one layer, put there by an extra term of the loss.

The projection X and the message b come from a committed seed and the claimant's name, so neither can be chosen after the fact. The paper lets
the owner choose both and embeds ones only: a claim with a chosen X or b is a free forgery, and is heard only by a Verifier with the flaw
`chosen-keys`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import nn

from arena.base.errors import ArenaError, Malformed
from arena.forging import cost
from arena.forging.hashing import frame, generator, sha256
from arena.game.evidence import Case, Work
from arena.game.ledger import bits
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Matches, gaussian_rarity
from arena.hosts import codes
from arena.hosts.datasets import Samples
from arena.hosts.layers import layer_name, mean_filter, neighbours, realigned, weight_of
from arena.hosts.training import Settings
from arena.strategies import LAYER_NAMES, TASK_CLASSES, Misfit, Scheme, WhiteBoxExamination
from arena.workshop.loot import Loot
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

Kind = Literal["direct", "diff", "random"]
KINDS: tuple[Kind, ...] = ("direct", "diff", "random")
MOST_BITS = 65_536
FIELDS = frozenset({"seed", "layer", "bits", "kind", "code", "projection", "message"})


@dataclass(frozen=True)
class Key:
    """A white-box key: 32 seed bytes, the layer's name, T bits, the kind of X; `chosen` holds an X (T, M) and b (T,) of the claimant's own."""

    claimant: str
    seed: bytes
    layer: str
    bits: int
    kind: Kind = "random"
    code: bool = False
    chosen: tuple[np.ndarray, np.ndarray] | None = field(default=None, compare=False)

    def generator(self, purpose: str) -> np.random.Generator:
        """Random numbers bound to everything that the claimant might want to choose; the same on every device."""
        return generator(sha256(frame("arena/uchida/1", purpose, self.claimant, self.seed, self.layer, self.bits, self.kind, int(self.code))))

    def projection(self, width: int) -> np.ndarray:
        """X, float32 (T, M) for M = `width` (section 3.3)."""
        if self.chosen is not None:
            return np.array(self.chosen[0])
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
        if self.chosen is not None:
            return np.array(self.chosen[1])
        bits = self.generator("message").integers(0, 2, self.bits, dtype=np.uint8)
        return codes.protect(self.payload, bits) if self.code else bits

    @property
    def payload(self) -> bytes:
        """What a coded message carries."""
        return self.generator("payload").bytes(codes.PAYLOAD)

    def fields(self) -> dict[str, Any]:
        """The key as a Claim carries it."""
        own = {"projection": self.chosen[0], "message": self.chosen[1]} if self.chosen is not None else {"projection": None, "message": None}
        return {"seed": self.seed, "layer": self.layer, "bits": self.bits, "kind": self.kind, "code": self.code, **own}


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

    bits: Annotated[int, Field(ge=1, le=MOST_BITS)] = 256
    projection: Kind = "random"
    layer: str = ""
    strength: Annotated[float, Field(ge=0)] = 0.01
    embed: Literal["train", "fine-tune", "distill", "weights"] = "train"
    epochs: Annotated[int, Field(ge=0)] = 0
    code: bool = False

    def __post_init__(self) -> None:
        if self.code and (self.bits < codes.LENGTH or self.projection != "random"):
            raise ArenaError(f"a code needs at least {codes.LENGTH} bits and a random projection")

    overwriting = frozenset({TASK_CLASSES, LAYER_NAMES})

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.layer(self.layer)

    def draw_key(self, workshop: Workshop) -> Key:
        from arena.hosts.networks import build

        network = build(workshop.spec)
        name = layer_name(network, self.layer)
        width = len(mean_filter(weight_of(network, name)))
        if self.bits > width:
            warnings.warn(f"{self.bits} bits in {name!r}, whose vector w has M = {width} numbers: {capacity_law(self.bits, width)}", stacklevel=2)
        return Key(workshop.agent, workshop.draws.bytes("white-box seed"), name, self.bits, self.projection, self.code)

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        from arena.hosts.networks import build

        train, settings = workshop.samples, workshop.task.settings
        if self.embed == "train":
            network = build(workshop.spec, workshop.draws.torch("initial weights of marked host"))
            return self.fit(key, network, train, workshop, "marked host")
        host = workshop.host(train, "unmarked host")
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
        recipe = {"uchida": [key.claimant, key.seed.hex(), key.layer, key.bits, key.kind, key.code, self.strength], "chosen": key.chosen is not None}
        return workshop.fit(network, samples, settings or workshop.task.settings, purpose, penalty_recipe=recipe,
                            penalty=lambda model: self.strength * embedding_loss(weight_of(model, key.layer), projection, message))

    def open_key(self, key: Key) -> dict[str, Any]:
        return key.fields()

    @classmethod
    def commitment(cls, fields: Mapping[str, Any], claimant: str) -> str:
        own = [b"" if fields.get(name) is None else np.ascontiguousarray(fields[name]).tobytes() for name in ("projection", "message")]
        words = (fields["seed"], fields["layer"], fields["bits"], fields["kind"], int(fields["code"]))
        return sha256(frame("arena/uchida/commitment/1", claimant, *words, *own)).hex()

    @classmethod
    def examine(cls, claim: Claim, case: Case) -> UchidaExamination:
        fields = claim.key
        _check(fields, bool(case.flaws.get("chosen-keys")))
        chosen = (fields["projection"], fields["message"]) if fields["projection"] is not None else None
        key = Key(claim.claimant, fields["seed"], fields["layer"], fields["bits"], fields["kind"], fields["code"], chosen)
        return UchidaExamination(key, cls.commitment(fields, claim.claimant))


@dataclass(frozen=True)
class UchidaExamination(WhiteBoxExamination):
    """A well-formed claim of a mark in the weights."""

    key: Key
    commitment: str

    def score_weights(self, model: nn.Module, reference: nn.Module | None = None) -> Evidence:
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
        if key.chosen is not None and key.chosen[0].shape[1] != len(mean_filter(weights[0])):
            raise Malformed(f"the chosen projection has {key.chosen[0].shape[1]} columns, the layer's vector {len(mean_filter(weights[0]))} numbers")
        figures = [read(key, weight) for weight in weights]
        best = min(figures, key=lambda f: f.errors)
        extra: dict[str, Any] = {"loss": round(best.loss, 6), "detection": round(gaussian_rarity(best.detection), 6), "realigned": int(best is not figures[0])}
        if key.code:
            extra["payload"] = "recovered" if codes.recover(best.bits) == key.payload else "lost"
        return Matches(key.bits - best.errors, key.bits, 0.5, "bits of the mark", looks, extra)

    def forging_cost(self, evidence: Evidence, case: Case) -> Work:
        if self.key.chosen is not None:
            return Work(*2 * (bits(2.0 * self.key.chosen[0].size),), "a projection solved for the weights")
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


def _check(fields: Mapping[str, Any], chosen_allowed: bool) -> None:
    if set(fields) != FIELDS:
        raise Malformed(f"an uchida key has the fields {', '.join(sorted(FIELDS))}; this one has {', '.join(sorted(fields)) or 'none'}")
    if not isinstance(fields["seed"], bytes) or len(fields["seed"]) != 32:
        raise Malformed("the seed must be 32 bytes")
    if not isinstance(fields["layer"], str) or not 1 <= len(fields["layer"]) <= 200:
        raise Malformed("the layer must be a name")
    if type(fields["bits"]) is not int or not 1 <= fields["bits"] <= MOST_BITS:
        raise Malformed(f"bits must be 1..{MOST_BITS}")
    if fields["kind"] not in KINDS or type(fields["code"]) is not bool:
        raise Malformed(f"kind must be one of {', '.join(KINDS)}, code true or false")
    if fields["code"] and (fields["bits"] < codes.LENGTH or fields["kind"] != "random"):
        raise Malformed(f"a code needs at least {codes.LENGTH} bits and a random projection")
    projection, message = fields["projection"], fields["message"]
    if projection is None and message is None:
        return
    if not chosen_allowed:
        raise Malformed("a projection or message of the claimant's own choice proves nothing: both must come from the committed seed")
    if not isinstance(projection, np.ndarray) or projection.dtype != np.float32 or projection.ndim != 2 or len(projection) != fields["bits"] \
            or not np.isfinite(projection).all():
        raise Malformed("a chosen projection must be finite float32 (bits, M)")
    if not isinstance(message, np.ndarray) or message.dtype != np.uint8 or message.shape != (fields["bits"],) or message.max(initial=0) > 1:
        raise Malformed("a chosen message must be bits, uint8 (bits,)")
    if fields["code"]:
        raise Malformed("a chosen message carries no code")
