"""Passports (Fan, Ng & Chan, "Rethinking Deep Neural Network Ownership Verification: Embedding Passports to Defeat
Ambiguity Attacks", NeurIPS 2019): the scale of a normalisation is what its convolution says to a secret passport, and
the signs of the scales are a signature.

The mean of a convolution's answers is linear in the mean patch of what it is shown, so a passport is drawn as that:
gamma_i = <W_i, P> for filter i. Hosts are released as plain networks, so gamma is written into batch norm's scale when
the host is trained (the paper's V1, folded); the bias is trained freely, and the trigger set of its V3 left out. Where
no batch norm follows a convolution the signs alone are there.

What is read is the sign of <W_i, P> for the key's P. Passports and signature hang on the committed seed, so bits are
fair coins, whatever the weights are and however alike the filters. The paper leaves both to the owner: then a passport
is solved for afterwards, whatever the signature (`invert-passport`; section 3, "ambiguity attacks"; Chen et al., CVPR
2023). The argument that such a passport spoils the host when its scale is put in holds for the signs of others, and not
for passports that give the host's own (tests/agents/test_passports.py).

Turning a filter around, its mean and its scale with it, changes no answer and a bit, for nothing; the Verifier turns
it back where the claimant's release is at hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
from pydantic import Field
from torch import nn

from arena.base.errors import Malformed
from arena.forging import cost
from arena.forging.hashing import frame, generator, sha256
from arena.game.evidence import Setting, Work
from arena.game.ledger import bits
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Hits
from arena.hosts.datasets import Samples
from arena.hosts.networks import build
from arena.hosts.networks.exponential import stored_weight
from arena.hosts.training import Penalty, Settings, Training
from arena.strategies import TASK_CLASSES, Misfit, Scheme, WhiteBox
from arena.strategies.keys import CHOSEN, Committed, Given, KeyRecord, Named
from arena.strategies.marks import Array, Exactly, Whole
from arena.workshop.loot import Loot
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

MOST_LAYERS = 64
Layer = tuple[nn.Parameter, nn.BatchNorm2d | None]


@dataclass(frozen=True)
class Key(KeyRecord):
    """32 seed bytes, and how many of the last convolutions have passports; or passports of one's own, one behind the
    other."""

    domain = "arena/passports/commitment/1"

    claimant: Given[str]
    seed: Annotated[bytes, Exactly(32), Committed()]
    layers: Annotated[int, Whole(1, MOST_LAYERS), Committed()] = 3
    chosen: Annotated[np.ndarray | None, Array("float32", (None,)), Named("passports"), CHOSEN, Committed()] = field(
        default=None, compare=False)

    def _generator(self, purpose: str) -> np.random.Generator:
        return generator(sha256(frame("arena/passports/1", purpose, self.claimant, self.seed, self.layers)))

    def passports(self, sizes: list[int]) -> list[torch.Tensor]:
        """A patch for each layer, float32 (D,) for the D in `sizes`, standard normal. Malformed where chosen ones
        don't fit."""
        if self.chosen is None:
            return [torch.from_numpy(self._generator(f"passport {number} of {size}").standard_normal(size, np.float32))
                    for number, size in enumerate(sizes)]
        if len(self.chosen) != sum(sizes):
            raise Malformed(f"the passports have {len(self.chosen)} numbers, the layers {sum(sizes)}")
        return list(torch.from_numpy(np.array(self.chosen)).split(sizes))

    def signature(self, number: int, count: int) -> torch.Tensor:
        """The signs of a layer's scales, float32 (count,), -1 or 1."""
        drawn = self._generator(f"signature {number} of {count}").integers(0, 2, count)
        return torch.from_numpy((2 * drawn - 1).astype(np.float32))


def scaled(model: nn.Module, count: int) -> list[Layer]:
    """The weights of the last `count` convolutions, each with the batch norm that follows in the order of the network.
    Malformed where there are fewer."""
    leaves = [module for name, module in model.named_modules() if "parametrizations" not in name
              and (isinstance(module, nn.Conv2d) or next(module.children(), None) is None)]
    found: list[Layer] = []
    for module, then in zip(leaves, [*leaves[1:], None], strict=True):
        if isinstance(module, nn.Conv2d):
            norm = then if isinstance(then, nn.BatchNorm2d) and then.num_features == module.out_channels else None
            found.append((stored_weight(module), norm))
    if len(found) < count:
        raise Malformed(f"the network has {len(found)} convolutions, too few for passports in {count}")
    return found[-count:]


def scales(key: Key, layers: list[Layer]) -> list[torch.Tensor]:
    """gamma of each layer, (filters,); differentiable."""
    return scales_by(patches(key, layers), layers)


def patches(key: Key, layers: list[Layer]) -> list[torch.Tensor]:
    """The passport of each layer."""
    return key.passports([weight[0].numel() for weight, _ in layers])


def scales_by(patches: list[torch.Tensor], layers: list[Layer]) -> list[torch.Tensor]:
    """gamma of each layer by its passport."""
    return [weight.flatten(1) @ patch.to(weight) for (weight, _), patch in zip(layers, patches, strict=True)]


def signatures(key: Key, layers: list[Layer]) -> list[torch.Tensor]:
    """The signs that a key asks for in each layer."""
    return [key.signature(number, len(weight)).to(weight) for number, (weight, _) in enumerate(layers)]


@torch.no_grad()
def fold(key: Key, model: nn.Module) -> nn.Module:
    """Writes the scales into batch norm, in place."""
    layers = scaled(model, key.layers)
    for (_, norm), gamma in zip(layers, scales(key, layers), strict=True):
        if norm is not None:
            norm.weight.copy_(gamma)
    return model


@dataclass(frozen=True)
class Passports(Scheme):
    """a signature in the signs of batch norm's scales, which follow from weights and a secret passport (Fan et al.)

    The last `layers` convolutions have passports. `strength` is the weight of the sign loss, which asks for scales of
    `margin` at the least (the paper's gamma 0), and of the squared distance between these and batch norm's own.
    """

    record = Key
    overwriting = frozenset({TASK_CLASSES})

    layers: Annotated[int, Field(ge=1, le=MOST_LAYERS)] = 3
    strength: Annotated[float, Field(gt=0)] = 1.0
    margin: Annotated[float, Field(gt=0)] = 0.3

    def misfit(self, premises: Premises) -> Misfit | None:
        try:
            scaled(premises.network, self.layers)
        except Malformed as few:
            return Misfit(str(few), "layers")
        return None

    def draw_key(self, workshop: Workshop) -> Key:
        return Key(workshop.agent, workshop.draws.bytes("white-box seed"), self.layers)

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        network = build(workshop.architecture, workshop.draws.torch("initial weights of marked host"))
        start(key, network)
        return self.fit(key, network, workshop.samples, workshop, "marked host", workshop.task.settings)

    def overwrite(self, key: Key, model: nn.Module, loot: Loot, settings: Settings) -> nn.Module:
        return self.fit(key, model, loot.data, loot.workshop, loot.stage, settings)

    def fit(self, key: Key, model: nn.Module, samples: Samples, workshop: Workshop, purpose: str,
            settings: Settings) -> nn.Module:
        """Trains with the sign loss, and with batch norm's scales held at the passports', which they are at last."""
        recipe = {"passports": self.commitment(key.fields(), key.claimant), "how": [self.strength, self.margin]}
        before = scaled(model.to(workshop.device), key.layers)
        given, signed = [patch.to(workshop.device) for patch in patches(key, before)], signatures(key, before)

        def penalty(model: nn.Module) -> torch.Tensor:
            layers, total = scaled(model, key.layers), torch.zeros((), device=workshop.device)
            for (_, norm), gamma, signs in zip(layers, scales_by(given, layers), signed, strict=True):
                total = total + (self.margin - signs * gamma).clamp_min(0).mean()
                if norm is not None:
                    total = total + (norm.weight - gamma).square().mean()
            return self.strength * total

        workshop.fit(model, samples, Training(purpose, settings, penalty=Penalty(penalty, recipe)))
        return fold(key, model)

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> PassportExamination:
        key = Key.read(claim.key, setting, claimant=claim.claimant)
        return PassportExamination(key, cls.commitment(claim.key, claim.claimant))


@torch.no_grad()
def start(key: Key, model: nn.Module) -> None:
    """Turns the filters of a network around, in place, whose scales have the wrong sign, before it is trained: as
    likely initial weights as before."""
    layers = scaled(model, key.layers)
    for (weight, _), gamma, signs in zip(layers, scales(key, layers), signatures(key, layers), strict=True):
        weight.mul_(torch.where(gamma * signs < 0, -1.0, 1.0).view(-1, *[1] * (weight.dim() - 1)))
    fold(key, model)


@dataclass(frozen=True)
class PassportExamination(WhiteBox):
    """A well-formed claim of passports."""

    key: Key
    commitment: str

    @torch.no_grad()
    def score(self, model: nn.Module, reference: nn.Module | None = None) -> Evidence:
        """Every sign of the signature is drawn by itself, so each is right with chance 1/2 for a key drawn at
        random."""
        layers = scaled(model, self.key.layers)
        found = torch.cat([gamma.cpu() for gamma in scales(self.key, layers)])
        wanted = torch.cat([signs.cpu() for signs in signatures(self.key, layers)])
        return Hits(int((found * wanted > 0).sum()), len(wanted), 0.5, "signs of the signature")

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        if self.key.chosen is not None:
            return Work(*2 * (bits(2.0 * self.key.chosen.size),), "passports solved for the weights")
        return cost.seed_grinding(evidence.rarity, cost.SEED_TRY)
