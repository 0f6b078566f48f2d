"""Which layers share channels, and how channels are moved: plain records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from torch import nn

Side = Literal["in", "out"]
Norm = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True)
class Use:
    """One side of a layer: at each position along it a channel, and the factor that this channel bears there, by
    number."""

    layer: str
    side: Side
    channels: tuple[int, ...]
    factors: tuple[int, ...]

    @cached_property
    def places(self) -> Mapping[int, list[int]]:
        """Channel -> its positions, ascending."""
        found: dict[int, list[int]] = defaultdict(list)
        for place, channel in enumerate(self.channels):
            found[channel].append(place)
        return found


@dataclass(frozen=True)
class Channels:
    """A network's channels: the sides of layers that they pass, `groups` of channels that can change places among
    themselves, and the factors that are free, each with whether it may be negative."""

    uses: tuple[Use, ...]
    groups: tuple[tuple[int, ...], ...]
    free: Mapping[int, bool]

    def taken_in(self, layer: str) -> frozenset[int]:
        """The channels that can be moved among those that a layer takes in."""
        movable = {channel for group in self.groups for channel in group}
        found = {channel for use in self.uses if (use.layer, use.side) == (layer, "in") for channel in use.channels}
        return frozenset(found & movable)

    def borne_by(self, some: Collection[int]) -> list[int]:
        """The free factors that some channels bear, ascending."""
        pairs = (pair for use in self.uses for pair in zip(use.channels, use.factors, strict=True))
        return sorted({factor for channel, factor in pairs if channel in some and factor in self.free})


@dataclass(frozen=True)
class Moves:
    """Where channels go: each takes the place's content from `source` (where it stands: from itself), times the factor
    of the place."""

    source: Mapping[int, int] = field(default_factory=dict)
    factors: Mapping[int, float] = field(default_factory=dict)
