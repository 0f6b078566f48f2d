"""Radioactive data (Sablayrolles, Douze, Schmid & Jégou, "Radioactive data: tracing through training", ICML 2020):
training images are moved in feature space, those of each class along a direction of its own, and what is trained on
them leans that way.

A random direction has a cosine with any vector whose tail is an incomplete beta function (section 3.2); those of the
classes are put together by Fisher's method (section 3.4). The paper aligns two feature spaces by least squares and
compares the last layer's rows (section 3.5). Here images are moved in features of the owner's unmarked host, at random,
and what the suspect's logits make of these moves is found by least squares: one step instead of two, so other networks
can be read too. Small networks have directions of their own by far stronger than a mark: what the unmarked host makes
of the same moves is taken out.

The null is exact whatever images, moves, base and suspect are: directions are drawn by a hash over all that a claim
shows. Who may choose them after the weights has a free forgery (tests/agents/test_radioactive.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
import torch
from pydantic import Field
from scipy import special
from torch import nn

from agents.schemes.triggers._key_samples import MOST_KEYS, some
from arena.base.errors import ArenaError, Malformed
from arena.base.units import Share
from arena.forging import cost
from arena.forging.hashing import frame, generator, sha256
from arena.game.evidence import Bounds, Setting, Work
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Score
from arena.hosts.datasets import Samples
from arena.hosts.layers import features_of, last_layer
from arena.hosts.training import portions, to_input
from arena.strategies import Misfit, Scheme, WhiteBox
from arena.strategies.keys import Committed, Given, KeyRecord
from arena.strategies.marks import Array, Exactly, Images
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

STEPS = 12
Features = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Key(KeyRecord):
    """32 seed bytes; images, uint8 (2 N, C, H, W), the second half the first one moved; the moves in features, float32
    (N, d); what the unmarked host's logits make of them, float32 (d, classes)."""

    domain = "arena/radioactive/commitment/1"

    claimant: Given[str]
    seed: Annotated[bytes, Exactly(32), Committed()]
    images: Annotated[np.ndarray, Images(most=MOST_KEYS), Committed(lambda images: (*images.shape, images.tobytes()))]
    moves: Annotated[np.ndarray, Array("float32", (None, None)), Committed(lambda moves: (*moves.shape,
                                                                                          moves.tobytes()))]
    base: Annotated[np.ndarray, Array("float32", (None, None)), Committed(lambda base: (*base.shape, base.tobytes()))]
    classes: Given[int]

    def fault(self) -> str | None:
        fits = 2 * len(self.moves) == len(self.images) and self.base.shape == (self.moves.shape[1], self.classes)
        return None if fits and self.base.size else "images, moves and base don't go together"

    @cached_property
    def directions(self) -> torch.Tensor:
        """float32 (classes, d), each uniform on the sphere."""
        digest = sha256(frame("arena/radioactive/1", self.claimant, self.seed, *self.images.shape,
                              self.images.tobytes(), *self.base.shape, self.moves.tobytes(), self.base.tobytes()))
        drawn = generator(digest).standard_normal(self.base.T.shape, dtype=np.float32)
        return nn.functional.normalize(torch.from_numpy(drawn), dim=1)


def beta_log_tail(cosines: np.ndarray, dimensions: int) -> np.ndarray:
    """ln P(cos >= c) of a direction uniform on the sphere of so many dimensions (eq. 4)."""
    half = special.betainc((dimensions - 1) / 2, 0.5, 1 - np.minimum(1, cosines ** 2)) / 2 if dimensions > 1 else 0.5
    return np.log(np.maximum(np.where(cosines > 0, half, 1 - half), 1e-300))


def fisher(log_tails: np.ndarray) -> float:
    """The number of standard deviations that is as rare as the sum of independent log tails (section 3.4)."""
    rare = special.gammaincc(len(log_tails), -log_tails.sum())
    return float(-special.ndtri_exp(np.log(max(rare, 1e-300))))


@torch.no_grad()
def response(model: nn.Module, key_images: np.ndarray, moves: np.ndarray) -> torch.Tensor:
    """What the logits make of moves in features, (d, classes), by least squares, of unit length in all."""
    device, images = next(model.parameters()).device, torch.from_numpy(key_images.copy())
    logits = torch.cat([model.eval()(to_input(part, device)).float().cpu() for part in portions(images, device)])
    change = logits[len(moves):] - logits[:len(moves)]
    found = torch.from_numpy(np.linalg.lstsq(moves.astype(np.float64), change.numpy().astype(np.float64))[0])
    found = found - found.mean(1, keepdim=True)
    return (found / found.norm().clamp_min(1e-12)).float()


@torch.no_grad()
def whitened(host: nn.Module, images: torch.Tensor, dimensions: int, device: torch.device) -> Features:
    """The `dimensions` strongest principal components of a host's features, each of variance 1 over the images."""
    seen = torch.cat([features_of(host, to_input(part, device)).float() for part in portions(images, device)])
    _, sizes, parts = torch.linalg.svd(seen - seen.mean(0), full_matrices=False)
    basis = parts[:dimensions].T / sizes[:dimensions].clamp_min(1e-6) * len(seen) ** 0.5
    return lambda x: features_of(host, x).float() @ basis


def moved(features: Features, images: torch.Tensor, along: torch.Tensor, epsilon: float,
          device: torch.device) -> torch.Tensor:
    """uint8 images (N, C, H, W), each pixel by `epsilon` at the most, moved in features along directions (N, d)."""
    start = x = to_input(images, device)
    for _ in range(STEPS):
        x = x.detach().requires_grad_(True)
        (grad,) = torch.autograd.grad((features(x) * along.to(device)).sum(), x)
        x = torch.clamp(x + epsilon / 5 * grad.sign(), start - epsilon, start + epsilon).clamp(0, 1)
    return x.detach().mul(255).round().to(torch.uint8).cpu().contiguous()


@dataclass(frozen=True)
class Radioactive(Scheme):
    """training images moved in feature space, towards which the host's classes lean (Sablayrolles et al.)

    A `share` of the training images are moved, each pixel by `epsilon` at the most, in the `dimensions` strongest
    principal components; `keys` of them (at most), unmarked, tell how a suspect answers moves. It needs no more than
    the data, so it is weak: more of any of the three costs accuracy.
    """

    record = Key
    bounds: ClassVar[Bounds] = Bounds(rarity=16, work=24)

    keys: Annotated[int, Field(ge=1, le=MOST_KEYS // 2)] = 500
    dimensions: Annotated[int, Field(ge=2, le=1000)] = 8
    epsilon: Share = 0.25
    share: Annotated[float, Field(gt=0, le=1)] = 0.6

    def misfit(self, premises: Premises) -> Misfit | None:
        try:
            last_layer(premises.network)
        except ArenaError as fault:
            return Misfit(str(fault))
        return premises.enough(self.least, premises.images, "dimensions", "different key images")

    @property
    def least(self) -> int:
        """How many images tell, where there are few."""
        return min(self.keys, 4 * self.dimensions)

    def features(self, workshop: Workshop, host: nn.Module) -> Features:
        return whitened(host, workshop.samples.images, self.dimensions, workshop.device)

    def draw_key(self, workshop: Workshop) -> Key:
        host, (shown, _) = workshop.unmarked_host(), some(workshop, self.keys, "images that tell", self.least)
        features, images = self.features(workshop, host), torch.from_numpy(shown)
        along = torch.randn(len(shown), self.dimensions, generator=workshop.draws.torch("random moves"))
        other = moved(features, images, nn.functional.normalize(along, dim=1), self.epsilon, workshop.device)
        pair = (features(to_input(each, workshop.device)).detach().cpu().numpy() for each in (other, images))
        moves, both = np.subtract(*pair), np.concatenate([shown, other.numpy()])
        return Key(workshop.agent, workshop.draws.bytes("white-box seed"), both, moves,
                   response(host, both, moves).numpy(), len(workshop.dataset.classes))

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        own, draw = workshop.samples, workshop.draws.torch("images to mark")
        pick = torch.randperm(len(own), generator=draw)[: max(1, round(self.share * len(own)))]
        images, features = own.images.clone(), self.features(workshop, workshop.unmarked_host())
        images[pick] = moved(features, own.images[pick], key.directions[own.labels[pick]], self.epsilon,
                             workshop.device)
        return workshop.host(Samples(images, own.labels, own.fixed), "marked host")

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> DirectionsExamination:
        key = Key.read(claim.key, setting, claimant=claim.claimant, classes=setting.classes)
        return DirectionsExamination(key, cls.commitment(claim.key, claim.claimant))


@dataclass(frozen=True)
class DirectionsExamination(WhiteBox):
    """A well-formed claim of directions."""

    key: Key
    commitment: str

    def score(self, model: nn.Module, reference: nn.Module | None = None) -> Evidence:
        found = response(model, self.key.images, self.key.moves)
        if found.shape[1] != self.key.classes:
            raise Malformed("the key doesn't fit these weights: they tell other classes")
        base = torch.from_numpy(self.key.base.copy())
        base = base / base.norm().clamp_min(1e-12)
        leaning = found - (found * base).sum() * base
        cosines = nn.functional.cosine_similarity(leaning.T, self.key.directions).double().numpy()
        return Score(fisher(beta_log_tail(cosines, leaning.shape[0])), details={"cosine": round(cosines.mean(), 6)})

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        return cost.seed_grinding(evidence.rarity, cost.SEED_TRY)
