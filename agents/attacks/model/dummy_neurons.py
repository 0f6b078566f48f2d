"""Neural structural obfuscation (Yan, Pan, Zhang & Yang, USENIX Security 2023): neurons that change no answer are put
in, so the weights that a Verifier sees have another shape than the owner's key was made for.

Each channel of the stolen network becomes several of a wider one with the same layers (the paper's split neurons; Chen
et al. 2016, Net2WiderNet). What they hand on sums up to what the one did, by shares of either sign, so that copies
cancel each other in part, as the paper's cliques do.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import torch
from pydantic import Field
from torch import nn

from arena.base.errors import ArenaError
from arena.hosts.channels import Channels, Use, channels_of
from arena.hosts.channels.records import Norm, Side
from arena.hosts.networks import Network, build
from arena.hosts.networks.blank import with_memory
from arena.hosts.networks.exponential import stored_weight
from arena.hosts.networks.own import body
from arena.strategies import Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.hosts.architecture import Architecture
    from arena.strategies.premises import Premises

NORMED = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True)
class DummyNeurons(Attack):
    """serves the model as it is, and shows it inside `network`, which has the same layers with more channels, without a
    change of answers; the larger `spread`, the farther apart are the shares of a channel's copies"""

    changes = frozenset[str]()

    network: str = "digits-cnn-wide"
    spread: Annotated[float, Field(ge=0, le=10)] = 1.0

    def misfit(self, premises: Premises) -> Misfit | None:
        if ":" in self.network:
            return Misfit("a wider network is one by name", "network")
        try:
            wider = replace(premises, architecture=self._wider(premises.architecture))
            narrow, wide = (channels_of(with_memory(copy.deepcopy(each.network)), premises.data.shape)
                            for each in (premises, wider))
            copied(narrow, wide, torch.Generator())
        except ArenaError as error:
            return Misfit(f"no {premises.architecture.network} fits into {self.network}: {error}", "network")
        return super().misfit(premises)

    def _wider(self, stolen: Architecture) -> Architecture:
        return replace(stolen, network=self.network, source="")

    def show(self, model: nn.Module, loot: Loot) -> nn.Module:
        """What later attacks made of the model, and doesn't fit, is shown as it is."""
        if isinstance(model, Network):
            with suppress(ArenaError):
                wide = build(self._wider(model.architecture)).to(loot.workshop.device).eval()
                widen(model, wide, self.spread, loot.generator("copies"))
                return wide
        return model


def copied(narrow: Channels, wide: Channels, draw: torch.Generator) -> dict[int, int]:
    """For each channel of the wider network that of the narrow one of which it is a copy. ArenaError where that has
    other layers, or no more channels."""
    theirs, ours = ({(use.layer, use.side): use for use in each.uses} for each in (narrow, wide))
    if other := sorted({layer for layer, _ in theirs.keys() ^ ours.keys()}):
        raise ArenaError(f"only one of them has a layer {other[0]!r}")
    found: dict[int, int] = {}
    for place, use in theirs.items():
        found.update(_copies(use, ours[place], found, draw))
    if len(found) <= len(set(found.values())):
        raise ArenaError("it has no more channels")
    return found


def _copies(use: Use, wider: Use, known: Mapping[int, int], draw: torch.Generator) -> dict[int, int]:
    """What the channels that pass one side of a wider layer are copies of; where they are as many, of each other."""
    theirs, ours = list(use.places), list(wider.places)
    more = torch.randint(len(theirs), (max(0, len(ours) - len(theirs)),), generator=draw).tolist()
    order = torch.randperm(len(ours), generator=draw).tolist() if more else range(len(ours))
    drawn = [*theirs, *(theirs[number] for number in more)]
    found = {one: known[one] if one in known else drawn[at] for one, at in zip(ours, order, strict=True)
             if at < len(drawn)}
    if set(found.values()) != set(theirs) or any(len(wider.places[one]) != len(use.places[two])
                                                 for one, two in found.items()):
        raise ArenaError(f"channels in its layer {use.layer!r} can't be copies of the other's")
    return found


@torch.no_grad()
def widen(model: Network, wide: Network, spread: float, draw: torch.Generator) -> None:
    """Fills `wide` with what `model` computes, in place. ArenaError as `copied`."""
    shape = model.architecture.shape
    narrow, wider = channels_of(model, shape), channels_of(wide, shape)
    source, theirs = copied(narrow, wider, draw), {(use.layer, use.side): use for use in narrow.uses}
    places = {(use.layer, use.side): torch.tensor(
        [theirs[use.layer, use.side].places[source[channel]][use.places[channel].index(place)]
         for place, channel in enumerate(use.channels)]) for use in wider.uses}
    for name in sorted({use.layer for use in wider.uses}):
        sides: dict[Side, torch.Tensor] = {"in": places[name, "in"], "out": places[name, "out"]}
        _fill(body(wide).get_submodule(name), body(model).get_submodule(name), sides, spread, draw)


def _fill(layer: nn.Module, old: nn.Module, at: Mapping[Side, torch.Tensor], spread: float,
          draw: torch.Generator) -> None:
    if isinstance(layer, Norm):
        for name in NORMED:
            getattr(layer, name).copy_(getattr(old, name)[at["in"]])
        return
    weight, share = stored_weight(layer), shares(at["in"], spread, draw)
    weight.copy_(stored_weight(old).double()[at["out"]][:, at["in"]]
                 * share.view(1, -1, *[1] * (weight.dim() - 2)).to(weight.device))
    if isinstance(layer.bias, torch.Tensor):
        layer.bias.copy_(old.get_parameter("bias")[at["out"]])


def shares(copies: torch.Tensor, spread: float, draw: torch.Generator) -> torch.Tensor:
    """What each of the copies, int64 (n,) of what they are copies of, hands on: numbers of either sign that sum up to 1
    over the copies of one."""
    count, noise = torch.bincount(copies).double(), torch.randn(len(copies), generator=draw, dtype=torch.float64)
    mean = torch.bincount(copies, noise) / count.clamp_min(1)
    return 1 / count[copies] + spread * (noise - mean[copies])
