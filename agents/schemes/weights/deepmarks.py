"""DeepMarks (Chen, Rouhani, Fu, Zhao & Koushanfar, "DeepMarks: A Secure Fingerprinting Framework for Digital Rights
Management of Deep Learning Models", ICMR 2019): every buyer's copy carries a code of his own in the weights of a layer,
and whoever average their copies are named all the same.

The blocks of a design, v points in v blocks of k, any two of which share one point, are the zeros of v buyers' codes
(the paper's anti-collusion codes; the designs here are cyclic). The mean of several copies says 1 where all say 1: its
zeros are the union of their blocks. The block of one who did not take part meets a union of n in n points at the most,
so up to k - 1 who collude can be told, and nobody else (the paper's AND of codes; here the codes whose mean is most
like what is read, which names the same and stands more noise). It tells an owner who leaked; to others it proves that
the model is his, not whose copy it was, for he can make any buyer's.

Each point is written `repeats` times on an orthonormal basis (the paper's U; its projection X and U are one here), with
a sign each. Basis and signs hang on the committed seed and the claimant's name, so what is read are fair coins for a
key drawn at random, whatever the weights are and however many ones the codes have. Without signs of their own a layer
whose filters' mean is 0 would say 1 everywhere, and be any buyer's of anybody (tests/agents/test_deepmarks.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

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
from arena.hosts.training import Penalty, Settings, Training
from arena.strategies import LAYER_NAMES, TASK_CLASSES, Misfit, Scheme, WhiteBox
from arena.strategies.keys import Committed, Given, KeyRecord
from arena.strategies.marks import Exactly, Text, Whole
from arena.workshop.loot import Loot
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

Buyers = Literal[7, 13, 21, 31]
BLOCKS: dict[int, tuple[int, ...]] = {7: (0, 1, 3), 13: (0, 1, 3, 9), 21: (3, 6, 7, 12, 14), 31: (1, 5, 11, 24, 25, 27)}
"""The first block of each design; the others are its shifts. Every difference but 0 occurs once among its points."""
MOST_REPEATS = 32
TAILS = 2
"""A layer is read as it stands and turned around."""
CERTAIN = 20.0
"""Bits of rarity below which nobody is named."""


@dataclass(frozen=True)
class Key(KeyRecord):
    """32 seed bytes, the layer's name, for how many buyers, and how often each point of a code is written."""

    domain = "arena/deepmarks/commitment/1"

    claimant: Given[str]
    seed: Annotated[bytes, Exactly(32), Committed()]
    layer: Annotated[str, Text(200), Committed()]
    buyers: Annotated[Buyers, Committed()] = 31
    repeats: Annotated[int, Whole(1, MOST_REPEATS), Committed()] = 8

    @property
    def bits(self) -> int:
        return self.buyers * self.repeats

    @property
    def resists(self) -> int:
        """How many may put their copies together and are named still."""
        return len(BLOCKS[self.buyers]) - 1

    def _generator(self, purpose: str) -> np.random.Generator:
        return generator(sha256(frame("arena/deepmarks/1", purpose, self.claimant, self.seed, self.layer, self.buyers,
                                      self.repeats)))

    @cached_property
    def blocks(self) -> np.ndarray:
        """int64 (buyers, k): the points where a buyer's code is 0."""
        return (np.array(BLOCKS[self.buyers]) + np.arange(self.buyers)[:, None]) % self.buyers

    @cached_property
    def signs(self) -> np.ndarray:
        """float64 (bits,), -1 or 1: how each repetition of a point is written."""
        return self._generator("signs").choice([-1.0, 1.0], self.bits)

    @cached_property
    def codes(self) -> np.ndarray:
        """float64 (buyers, points), 1 or, for a zero, -1."""
        out = np.ones((self.buyers, self.buyers))
        np.put_along_axis(out, self.blocks, -1, axis=1)
        return out

    def written(self, buyer: int) -> np.ndarray:
        """float64 (bits,), -1 or 1: a buyer's code, each point `repeats` times, by its signs."""
        return self.codes[buyer].repeat(self.repeats) * self.signs

    def basis(self, width: int) -> np.ndarray:
        """float64 (bits, width), rows orthonormal."""
        draw = self._generator(f"basis of {width}")
        return np.linalg.qr(draw.standard_normal((width, self.bits)))[0].T


@dataclass(frozen=True)
class Reading:
    """What a layer says about a key: how many bits are right for each buyer, int64 (buyers,), and the mean of what is
    read at each point, float64 (points,)."""

    right: np.ndarray
    points: np.ndarray


@torch.no_grad()
def read(key: Key, weight: torch.Tensor) -> Reading:
    """Reads a key from a layer's weights, as they stand or turned around, whichever is more like some buyer's."""
    w = mean_filter(weight).double().cpu().numpy()
    if key.bits > len(w):
        raise Malformed(f"the key has {key.bits} bits, the layer's vector {len(w)} numbers")
    found = key.basis(len(w)) @ w
    said = np.where(found >= 0, 1, -1)
    right = np.array([int((said == key.written(buyer)).sum()) for buyer in range(key.buyers)])
    points = (found * key.signs).reshape(key.buyers, key.repeats).mean(1)
    turned = key.bits - right.min() > right.max()
    return Reading(key.bits - right, -points) if turned else Reading(right, points)


def colluders(key: Key, points: np.ndarray) -> tuple[int, ...]:
    """The buyers, up to `resists`, the mean of whose codes is most like what is read at the points (cosine). All pairs
    of codes are alike to one degree, so the best n are those whose own codes are most alike."""
    alike = key.codes @ points
    order, count = np.argsort(-alike, kind="stable"), np.arange(1, key.resists + 1)
    size = np.sqrt(count * key.buyers + count * (count - 1) * (key.codes[0] @ key.codes[1]))
    fit = alike[order][: key.resists].cumsum() / size
    return tuple(sorted(order[: fit.argmax() + 1].tolist()))


@dataclass(frozen=True)
class Deepmarks(Scheme):
    """a code for each buyer in the weights of one layer, which names those who average copies (Chen et al.)

    `copies` are sold, of which there may be as many as `buyers`; buyer 0 has the first. Each is the unmarked host,
    trained again for `epochs` (0: as many) with the code held against its layer: `strength` is the paper's gamma,
    `amplitude` how far each point is put from 0, in standard deviations of what a random key reads. Where the layer has
    less room than `repeats` of each point, it has fewer.
    """

    record = Key
    overwriting = frozenset({TASK_CLASSES, LAYER_NAMES})

    buyers: Buyers = 31
    copies: Annotated[int, Field(ge=1)] = 1
    repeats: Annotated[int, Field(ge=1, le=MOST_REPEATS)] = 8
    layer: str = ""
    strength: Annotated[float, Field(gt=0)] = 0.1
    amplitude: Annotated[float, Field(gt=0)] = 2.0
    epochs: Annotated[int, Field(ge=0)] = 0

    def __post_init__(self) -> None:
        if self.copies > self.buyers:
            raise ArenaError(f"{self.copies} copies are to be sold, but there are codes for {self.buyers} buyers")

    def misfit(self, premises: Premises) -> Misfit | None:
        if (fault := premises.layer(self.layer)) is not None:
            return fault
        try:
            self._repeats(premises.network)
        except ArenaError as narrow:
            return Misfit(str(narrow), "buyers")
        return None

    def _repeats(self, network: nn.Module) -> int:
        """How often each point is written in a network's layer; ArenaError where it has no room for once."""
        name = layer_name(network, self.layer)
        width = len(mean_filter(weight_of(network, name)))
        if width < self.buyers:
            raise ArenaError(f"{self.buyers} buyers in {name!r}, whose vector has {width} numbers")
        return min(self.repeats, width // self.buyers)

    def draw_key(self, workshop: Workshop) -> Key:
        from arena.hosts.networks import build

        network = build(workshop.architecture)
        return Key(workshop.agent, workshop.draws.bytes("white-box seed"), layer_name(network, self.layer), self.buyers,
                   self._repeats(network))

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        return self.copy_for(0, key, workshop)

    def further_copies(self, key: Key, workshop: Workshop) -> Iterator[nn.Module]:
        for buyer in range(1, self.copies):
            yield self.copy_for(buyer, key, workshop)

    def copy_for(self, buyer: int, key: Key, workshop: Workshop) -> nn.Module:
        """The copy that a buyer gets."""
        return self.fit(buyer, key, workshop.unmarked_host(), workshop.samples, workshop, "embedding",
                        workshop.training_for(self.epochs))

    def overwrite(self, key: Key, model: nn.Module, loot: Loot, settings: Settings) -> nn.Module:
        return self.fit(0, key, model, loot.data, loot.workshop, loot.stage, settings)

    def fit(self, buyer: int, key: Key, network: nn.Module, samples: Samples, workshop: Workshop, purpose: str,
            settings: Settings) -> nn.Module:
        """Trains `network` with the code held against its layer (the mean square of what is missing); stored."""
        w = mean_filter(weight_of(network, key.layer).detach())
        size = self.amplitude * float(w.norm()) / len(w) ** 0.5
        basis, wanted = (torch.from_numpy(each).to(workshop.device, torch.float32)
                         for each in (key.basis(len(w)) / max(size, 1e-12), key.written(buyer)))
        recipe = {"deepmarks": [self.commitment(key.fields(), key.claimant), buyer, self.strength, self.amplitude]}

        def penalty(model: nn.Module) -> torch.Tensor:
            return self.strength * (basis @ mean_filter(weight_of(model, key.layer)) - wanted).square().mean()

        return workshop.fit(network, samples, Training(purpose, settings, penalty=Penalty(penalty, recipe)))

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> FingerprintExamination:
        key = Key.read(claim.key, setting, claimant=claim.claimant)
        return FingerprintExamination(key, cls.commitment(claim.key, claim.claimant))


@dataclass(frozen=True)
class FingerprintExamination(WhiteBox):
    """A well-formed claim of buyers' codes."""

    key: Key
    commitment: str

    def score(self, model: nn.Module, reference: nn.Module | None = None) -> Evidence:
        """The bits of the likeliest buyer's code, each right with chance 1/2 for a key drawn at random; for having
        looked at all codes, both ways round, log2 of their number less. Its details name who leaked."""
        try:
            found = read(self.key, weight_of(model, self.key.layer))
        except ArenaError as fault:
            raise Malformed(f"the key doesn't fit these weights: {fault}") from None
        evidence = Hits(int(found.right.max()), self.key.bits, 0.5, "bits of the mark", TAILS * self.key.buyers)
        if evidence.rarity < CERTAIN or not (names := colluders(self.key, found.points)):
            return evidence
        leaked = ", ".join(map(str, names))
        return replace(evidence, what=f"bits of the mark, leaked by buyers {leaked}", details={"buyers": leaked})

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        return cost.seed_grinding(evidence.rarity, cost.SEED_TRY)
