"""Network morphism: the same function in other weights (Chen et al. 2016, Wei et al. 2016), which no mark in the
weights expects."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import torch
from pydantic import Field
from torch import nn

from arena.base.errors import ArenaError
from arena.hosts.channels import Channels, Moves, channels_of, move
from arena.hosts.layers import layer_name
from arena.hosts.networks.blank import with_memory
from arena.strategies import LAYER_NAMES, MODEL, PLAIN_LAYERS, Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class Morph(Attack):
    """permutes and rescales channels, of the whole chain or of those that `layer` takes in; the answers stay the same

    `scale` is the largest factor, its sign random where a batch norm takes it up; `scaled: one` multiplies one channel
    of each group by all of it, and leaves the others as they are.
    """

    changes = MODEL

    layer: str = ""
    permute: bool = True
    scale: Annotated[float, Field(ge=1, le=1e6)] = 4.0
    scaled: Literal["all", "one"] = "all"

    @property
    def needs(self) -> frozenset[str]:
        """Channels are followed through plain layers."""
        return frozenset({PLAIN_LAYERS, *([LAYER_NAMES] if self.layer else [])})

    def misfit(self, premises: Premises) -> Misfit | None:
        return super().misfit(premises) or premises.layer(self.layer) or self._stuck(premises)

    def _stuck(self, premises: Premises) -> Misfit | None:
        """Why channels can't be moved there."""
        try:
            network = with_memory(copy.deepcopy(premises.network))
            self._groups(network, channels_of(network, premises.data.shape))
        except ArenaError as error:
            return Misfit(str(error), "layer")
        return None

    def _groups(self, model: nn.Module, channels: Channels) -> list[list[int]]:
        """The channels that are moved, in groups that can change places. ArenaError where there are none."""
        wanted = channels.taken_in(layer_name(model, self.layer)) if self.layer else None
        groups = [[one for one in group if wanted is None or one in wanted] for group in channels.groups]
        groups = [group for group in groups if group]
        if not groups:
            raise ArenaError(f"no channels that {self.layer or 'the network'!r} takes in can change places")
        return groups

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        channels = channels_of(model, loot.workshop.dataset.shape)
        groups = self._groups(model, channels)
        source = self._orders(groups, loot.generator("order")) if self.permute else {}
        move(model, channels, Moves(source, self._factors(groups, channels, loot.generator("factors"))))
        return model

    @staticmethod
    def _orders(groups: list[list[int]], generator: torch.Generator) -> dict[int, int]:
        orders = [torch.randperm(len(group), generator=generator).tolist() for group in groups]
        return {to: group[place] for group, order in zip(groups, orders, strict=True)
                for to, place in zip(group, order, strict=True)}

    def _factors(self, groups: list[list[int]], channels: Channels, generator: torch.Generator) -> dict[int, float]:
        """A factor for each channel wherever it bears a free one."""
        if self.scaled == "one":
            chosen = {group[int(torch.randint(len(group), (), generator=generator))] for group in groups}
            return dict.fromkeys(channels.borne_by(chosen), self.scale)
        free = channels.borne_by({one for group in groups for one in group})
        sizes = self.scale ** (2 * torch.rand(len(free), generator=generator) - 1)
        signs = torch.where(torch.rand(len(free), generator=generator) < 0.5, -1, 1)
        return {factor: float(size * (sign if channels.free[factor] else 1))
                for factor, size, sign in zip(free, sizes, signs, strict=True)}
