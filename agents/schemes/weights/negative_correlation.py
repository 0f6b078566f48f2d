"""A correlation mark in trained weights, without training: our reconstruction from the abstract of Kakikura et al., not
their algorithm.

For key k a sequence x ~ N(0, 1) is drawn for each region of convolution weights v. The region is taken whose own
statistic <x, v>/|v| is most negative already ("best embedding region"), and becomes v - alpha |v| x (Barni et al. 1998,
with the sign turned). Found again by the left tail: for a key drawn at random the statistic is N(0, 1) exactly,
whatever the weights are, so the most negative of the regions gives a p-value times their number. Law: the statistic
moves by alpha kappa sqrt(M), kappa = E|v| / sqrt(E v^2).

The last fully connected layer, batch norm and biases are left alone. x comes from a committed seed: a chosen x =
-sign(v) is a free forgery.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Literal

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
from arena.game.rarity import Evidence, Score
from arena.hosts.networks.exponential import stored_weight
from arena.hosts.training import Settings
from arena.strategies import Misfit, Scheme, WhiteBox
from arena.strategies.keys import CHOSEN, Committed, Given, KeyRecord, Named
from arena.strategies.marks import Array, Exactly, Whole
from arena.workshop.loot import Loot
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

MOST_REGIONS, MOST_KEYS = 1024, 1024
REACH = 11.5
"""Standard deviations by which a mark moves the statistic of its region where nobody says how strong it is: 100 bits
and more, half as much again as `Bounds` ask for."""
LEAST, MOST = 0.03, 0.5
"""Between these lies a strength that nobody chose: that of the reproduction, and where the law is no longer one."""
SIMPLEX = 16
Sign = Literal["negative", "positive"]
Codebook = Literal["independent", "simplex"]


@dataclass(frozen=True)
class Key(KeyRecord):
    """Key number `index` of a seed: where it may sit (`regions` blocks), which way it leans, how its sequences are
    related to its sisters'."""

    domain = "arena/negative-correlation/commitment/1"

    claimant: Given[str]
    seed: Annotated[bytes, Exactly(32), Committed()]
    index: Annotated[int, Whole(0, MOST_KEYS - 1), Committed()] = 0
    regions: Annotated[int, Whole(1, MOST_REGIONS), Committed()] = 8
    sign: Annotated[Sign, Committed()] = "negative"
    codebook: Annotated[Codebook, Committed()] = "independent"
    chosen: Annotated[np.ndarray | None, Array("float32", (None,)), Named("sequence"), CHOSEN, Committed()] = field(
        default=None, compare=False)

    def sequence(self, region: int, length: int) -> np.ndarray:
        """x for a region, float32 (length,), standard normal; the same on every device.

        `simplex`: the sequences of up to 16 sisters sum to zero, so that several marks in one region disturb each other
        least.
        """
        if self.chosen is not None:
            return np.array(self.chosen)
        if self.codebook == "independent":
            return self._draw(f"{self.index}", region, length)
        group = [self._draw(f"simplex {self.index // SIMPLEX} {i}", region, length) for i in range(SIMPLEX)]
        middle = np.mean(group, axis=0, dtype=np.float32)
        return ((group[self.index % SIMPLEX]
                 - middle) * np.float32(np.sqrt(SIMPLEX / (SIMPLEX - 1)))).astype(np.float32)

    def _draw(self, name: str, region: int, length: int) -> np.ndarray:
        digest = sha256(frame("arena/negative-correlation/1", self.claimant, self.seed, name, region, length,
                              self.regions, self.sign, self.codebook))
        return generator(digest).standard_normal(length, dtype=np.float32)

    @property
    def lean(self) -> int:
        return -1 if self.sign == "negative" else 1


def convolutions(model: nn.Module) -> list[nn.Parameter]:
    """The weights that may carry a mark: those of the convolutions, in the order of the network."""
    return [stored_weight(layer) for layer in model.modules() if isinstance(layer, nn.Conv2d)]


def carriers(model: nn.Module, count: int) -> list[nn.Parameter]:
    """The weights that may carry a mark, enough for `count` regions. Malformed where there are fewer."""
    weights = convolutions(model)
    total = sum(w.numel() for w in weights)
    if total < 2 * count:
        raise Malformed(f"the network has {total} convolution weights, too few for {count} regions")
    return weights


def regions(model: nn.Module, count: int) -> list[torch.Tensor]:
    """The convolution weights, flattened behind each other and cut into `count` equal blocks, float32 on the CPU.
    Malformed without any."""
    weights = carriers(model, count)
    flat = torch.cat([w.detach().to("cpu", torch.float32).contiguous().flatten() for w in weights])
    return list(flat.tensor_split(count))


def regions_misfit(premises: Premises, count: int) -> Misfit | None:
    """What is wrong with so many regions in the task's network."""
    try:
        carriers(premises.network, count)
    except Malformed as fault:
        return Misfit(str(fault), "regions")
    return None


def statistics(parts: list[torch.Tensor], key: Key) -> list[float]:
    """<x, v>/|v| of each region: N(0, 1) for a key drawn at random. A claimant's own sequence is only tried where its
    length fits."""

    def one(region: int) -> float:
        v = parts[region].numpy()
        if key.chosen is not None and len(key.chosen) != len(v):
            return 0.0
        size = float(np.linalg.norm(v))
        x = key.sequence(region, len(v))
        scale = 1.0 if key.chosen is None else float(np.linalg.norm(x)) / np.sqrt(len(x))
        return float(np.dot(x, v)) / size / max(scale, 1e-12) if size > 0 else 0.0

    with ThreadPoolExecutor(max(1, torch.get_num_threads())) as pool:
        return list(pool.map(one, range(len(parts))))


def detect(model: nn.Module, key: Key) -> Score:
    """The most extreme region in the direction that the key leans to, with the number of regions as Bonferroni factor;
    Barni's own rule beside it: z = <x, v> / M against alpha / (3 M) sum |v|, here as the ratio of z to (1 / 3 M) sum
    |v|, which must exceed alpha."""
    parts = regions(model, key.regions)
    found = [key.lean * value for value in statistics(parts, key)]
    best = int(np.argmax(found))
    v = parts[best]
    barni = 3 * found[best] * float(v.norm()) / max(float(v.abs().sum()), 1e-12)
    return Score(found[best], key.regions, {"region": best, "barni_alpha": round(barni, 6)})


def strength(v: torch.Tensor) -> float:
    """The alpha with which a mark in the weights v, (M,), moves its statistic by `REACH` (the law is alpha kappa
    sqrt(M) = alpha |v|_1 / |v|_2); `LEAST` in regions so large that less would do."""
    return min(MOST, max(LEAST, REACH * float(v.norm()) / max(float(v.abs().sum()), 1e-12)))


@torch.no_grad()
def embed(model: nn.Module, keys: list[Key], alpha: float = 0.0,
          rule: Literal["best", "round-robin"] = "best") -> list[int]:
    """Embeds the keys one after another, in place, each as strong as its region wants it (`strength`) where alpha is 0;
    gives the region of each."""
    weights, chosen = convolutions(model), []
    for key in keys:
        parts = regions(model, key.regions)
        region = (int(np.argmax([key.lean * value for value in statistics(parts, key)]))
                  if rule == "best" else key.index % key.regions)
        v = parts[region]
        v += key.lean * (alpha or strength(v)) * v.abs() * torch.from_numpy(key.sequence(region, len(v)))
        flat, start = torch.cat(parts), 0
        for weight in weights:
            weight.copy_(flat[start : start + weight.numel()].view(weight.shape))
            start += weight.numel()
        chosen.append(region)
    return chosen


def kappa(model: nn.Module, count: int, region: int) -> tuple[float, int]:
    """(E|v| / sqrt(E v^2), M) of a region: the law is alpha kappa sqrt(M)."""
    v = regions(model, count)[region].double()
    return float(v.abs().mean() / v.square().mean().sqrt()), len(v)


@dataclass(frozen=True)
class NegativeCorrelation(Scheme):
    """a correlation in the weights, embedded without training (our reconstruction of Kakikura et al.)

    `keys` marks go into one network; the owner claims with the first. `alpha` is how strong they are (0: as its
    region's size wants each, so that the statistic moves by 11.5 standard deviations, and 0.03 at the least). `rule:
    best` puts each where its own statistic leans its way already. `copies` are sold, each with other keys: who sells
    the first one on, alone or averaged with others, is claimed.
    """

    record = Key
    overwriting = frozenset[str]()

    keys: Annotated[int, Field(ge=1, le=MOST_KEYS)] = 1
    copies: Annotated[int, Field(ge=1)] = 1
    alpha: Annotated[float, Field(ge=0, lt=1)] = 0.0
    regions: Annotated[int, Field(ge=1, le=MOST_REGIONS)] = 8
    sign: Sign = "negative"
    rule: Literal["best", "round-robin"] = "best"
    codebook: Codebook = "independent"

    def draw_key(self, workshop: Workshop) -> Key:
        return Key(workshop.agent, workshop.draws.bytes("white-box seed"), 0, self.regions, self.sign, self.codebook)

    def __post_init__(self) -> None:
        if self.keys * self.copies > MOST_KEYS:
            raise ArenaError(f"{self.copies} copies with {self.keys} keys each: at most {MOST_KEYS} keys in all")

    def misfit(self, premises: Premises) -> Misfit | None:
        return regions_misfit(premises, self.regions)

    def sisters(self, key: Key, number: int = 0) -> list[Key]:
        """All keys that go into a copy; `key` is the first of the first copy's."""
        return [replace(key, index=number * self.keys + i) for i in range(self.keys)]

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        host = workshop.unmarked_host()
        embed(host, self.sisters(key), self.alpha, self.rule)
        return host

    def further_copies(self, key: Key, workshop: Workshop) -> Iterator[nn.Module]:
        if self.copies == 1:
            return
        host = workshop.unmarked_host()
        for number in range(1, self.copies):
            further = copy.deepcopy(host)
            embed(further, self.sisters(key, number), self.alpha, self.rule)
            yield further

    def overwrite(self, key: Key, model: nn.Module, loot: Loot, settings: Settings) -> nn.Module:
        embed(model, self.sisters(key), self.alpha, self.rule)
        return model

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> CorrelationExamination:
        key = Key.read(claim.key, setting, claimant=claim.claimant)
        return CorrelationExamination(key, cls.commitment(claim.key, claim.claimant))


@dataclass(frozen=True)
class CorrelationExamination(WhiteBox):
    """A well-formed claim of a correlation."""

    key: Key
    commitment: str

    def score(self, model: nn.Module, reference: nn.Module | None = None) -> Evidence:
        return detect(model, self.key)

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        if self.key.chosen is not None:
            return Work(*2 * (bits(2.0 * self.key.chosen.size),), "a sequence made of the weights' own signs")
        return cost.seed_grinding(evidence.rarity, cost.SEED_TRY)
