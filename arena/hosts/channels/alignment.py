"""The answer to a morphism: a suspect's channels are put where a reference has them, and to its size.

The same function in other weights has the same channels, in another order and of another size. So each channel is known
by what it says to public images: channels are matched by the correlation of what they say (which no factor changes),
all that are added to each other at once (Hungarian method), and then brought to the reference's size and sign.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from arena.base.errors import ArenaError
from arena.hosts.channels.moving import move
from arena.hosts.channels.records import Channels, Moves, Use
from arena.hosts.channels.walk import channels_of
from arena.hosts.networks.own import body
from arena.hosts.training import portions, to_input

ROWS = 4096
"""So many places of the images, at the most, is a channel known by."""
LIKENESS = 0.75
"""The mean correlation of matched channels from which on two networks are one: so no independent network is ever bent
towards another."""
STAY = 1e-4
"""What a channel gains by staying where it is: where nothing tells channels apart they stay."""


@dataclass(frozen=True)
class Aligned:
    """A model with its channels as the reference's: the mean correlation of matched channels, how many channels changed
    places, the greatest factor that one was brought back by."""

    model: nn.Module
    likeness: float
    moved: int = 0
    factor: float = 1.0


def aligned(model: nn.Module, reference: nn.Module, images: torch.Tensor) -> Aligned | None:
    """`model`, a copy with its whole chain of channels matched to those of `reference` by what both say to `images`,
    uint8 (N, C, H, W), and of their size.

    None where they are not nearly the same network (`LIKENESS`), have other layers, or can't be followed.
    """
    try:
        ours, theirs = (channels_of(each, tuple(images.shape[1:])) for each in (model, reference))
    except ArenaError:
        return None
    if ours != theirs or not ours.groups:
        return None
    match = _Match(ours, _said(model, ours, images), _said(reference, ours, images))
    source, likeness = match.sources()
    if likeness < LIKENESS:
        return None
    moves = Moves(source, match.factors(source))
    out = copy.deepcopy(model)
    move(out, ours, moves)
    greatest = max((max(abs(f), 1 / abs(f)) for f in moves.factors.values()), default=1.0)
    return Aligned(out, likeness, sum(one != two for one, two in source.items()), greatest)


def _outputs(channels: Channels) -> list[Use]:
    return [use for use in channels.uses if use.side == "out"]


@torch.no_grad()
def _said(model: nn.Module, channels: Channels, images: torch.Tensor) -> dict[str, np.ndarray]:
    """What each layer says to the images: float32 (rows, channels), at most `ROWS` places spread evenly."""
    device = next(model.parameters()).device
    model.eval()(to_input(images[:1], device))  # the meter measures what it doesn't know by a call of its own
    kept: dict[str, list[torch.Tensor]] = {use.layer: [] for use in _outputs(channels)}

    def watch(name: str, output: torch.Tensor) -> None:
        rows = output.detach().movedim(1, -1).reshape(-1, output.shape[1])
        step = max(1, len(images) * (len(rows) // max(1, len(output))) // ROWS)
        kept[name].append(rows[::step].cpu().clone())

    hooks = [body(model).get_submodule(name).register_forward_hook(
        lambda layer, given, output, name=name: watch(name, output)) for name in kept]
    try:
        for part in portions(images, device):
            model(to_input(part, device))
    finally:
        for hook in hooks:
            hook.remove()
    return {name: torch.cat(rows).float().numpy() for name, rows in kept.items()}


class _Match:
    """Two networks' channels, and what they say."""

    def __init__(self, channels: Channels, ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray]) -> None:
        self.channels = channels
        self.sizes = {name: (_size(ours[name]), _size(theirs[name])) for name in ours}
        self.standard = {name: (_standard(ours[name]), _standard(theirs[name])) for name in ours}

    def sources(self) -> tuple[dict[int, int], float]:
        """For each channel of the reference the suspect's that is it; and the mean correlation of these pairs."""
        from scipy.optimize import linear_sum_assignment

        source, found = dict[int, int](), list[float]()
        for group in self.channels.groups:
            likeness = self._likeness(group)
            if likeness is None:
                continue
            rows, columns = linear_sum_assignment(likeness + STAY * np.eye(len(group)), maximize=True)
            source.update({group[row]: group[column] for row, column in zip(rows, columns, strict=True)})
            found += list(likeness[rows, columns])
        return source, float(np.mean(found)) if found else 0.0

    def _likeness(self, group: tuple[int, ...]) -> np.ndarray | None:
        """Mean correlation, (channels of the reference, channels of the suspect), over all layers that say something of
        a group; of either sign where factors may be negative."""
        tables = []
        for use in self._saying(group[0]):
            places = [use.places[channel][0] for channel in group]
            ours, theirs = (each[:, places] for each in self.standard[use.layer])
            table = theirs.T @ ours / len(ours)
            tables.append(np.abs(table) if self.channels.free.get(use.factors[places[0]]) else table)
        return np.mean(tables, axis=0) if tables else None

    def factors(self, source: Mapping[int, int]) -> dict[int, float]:
        """What each matched channel is to be multiplied by, to be of the reference's size and sign."""
        ratios: dict[int, list[float]] = {}
        leaning: dict[int, float] = {}
        for use in _outputs(self.channels):
            (ours, theirs), standard = self.sizes[use.layer], self.standard[use.layer]
            for place, (channel, factor) in enumerate(zip(use.channels, use.factors, strict=True)):
                other = use.places[source.get(channel, channel)][use.places[channel].index(place)]
                if factor not in self.channels.free or min(ours[other], theirs[place]) <= 0:
                    continue
                ratios.setdefault(factor, []).append(float(np.log(theirs[place] / ours[other])))
                leaning[factor] = leaning.get(factor, 0.0) + float(standard[1][:, place] @ standard[0][:, other])
        signs = {factor: -1 if self.channels.free[factor] and leaning[factor] < 0 else 1 for factor in ratios}
        return {factor: signs[factor] * float(np.exp(np.mean(logs))) for factor, logs in ratios.items()}

    def _saying(self, channel: int) -> Iterable[Use]:
        return (use for use in _outputs(self.channels) if channel in use.places)


def _size(said: np.ndarray) -> np.ndarray:
    return said.std(0, dtype=np.float64)


def _standard(said: np.ndarray) -> np.ndarray:
    """Every column of mean 0 and size 1, or 0 throughout where it says always the same: so products of columns, over
    their length, are Pearson's correlations."""
    centred = said.astype(np.float64) - said.mean(0, dtype=np.float64)
    size = centred.std(0)
    return np.divide(centred, size, out=np.zeros_like(centred), where=size > 1e-12)
