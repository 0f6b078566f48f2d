"""What a Verifier does with weights that a deployer shows him: reads them with suspicion, and asks images that tell two
models apart.

Two accurate models agree on clean images, so weights of another model would pass a check on them. The spot checks are
half-and-half blends of two test images, on which independent models disagree; a twin that was taught on blends
disagrees where the model that it was taught by can hardly choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from arena.base.errors import ArenaError, Malformed
from arena.game.ledger import flops
from arena.hosts.architecture import Architecture
from arena.hosts.networks import NETWORKS, Network, torchvision_names

if TYPE_CHECKING:
    from arena.workshop.workshop import Workshop

MOST_CLASSES, MOST_TEMPERATURE, MOST_SIDE = 100_000, 100, 512
MOST_FLOPS = 1e10
"""A network of another kind than the task's is asked a few hundred images: one of so many FLOPs an image takes a
laptop's two cores a minute (ResNet-50 at 224 x 224 takes 8e9)."""


def blends(workshop: Workshop, purpose: str, count: int) -> np.ndarray:
    """`count` blends of two test images each, uint8 (N, C, H, W), chosen by the Verifier's own draws for `purpose`."""
    images, draw = workshop.dataset.parts["test"].images.numpy(), workshop.draws.numpy(purpose)
    one, two = (images[draw.integers(0, len(images), count)].astype(np.uint16) for _ in range(2))
    return ((one + two) // 2).astype(np.uint8)


CANDIDATES = 16
"""Of so many images for each that is asked those are chosen on which twins disagree."""
CLEAR = 0.1
"""By so much the likeliest class leads: nearer to a border weights of 8 bits fall to the other side of it than the
floats that they stand for."""


def telling(workshop: Workshop, purpose: str, count: int, reference: nn.Module | None) -> np.ndarray:
    """`count` spot checks, uint8 (N, C, H, W): of many blends those between which the reference, where there is one,
    can hardly choose, but does (`CLEAR`). What answers as the reference does draws its borders there, whatever the
    precision of its weights; a network that was only taught to answer alike draws them somewhere else."""
    if reference is None:
        return blends(workshop, purpose, count)
    many = blends(workshop, purpose, CANDIDATES * count)
    two = workshop.soft_answers(reference, torch.from_numpy(many)).topk(2, 1).values
    return many[_near(two[:, 0] - two[:, 1], count).numpy()]


def _near(leads: torch.Tensor, count: int) -> torch.Tensor:
    """Which `count` of the leads, (N,), are asked, int64 (count,), rising: the least that are clear, and where these
    are too few the greatest of the others."""
    clear = leads >= CLEAR
    return torch.argsort(torch.where(clear, leads, 2 - leads), stable=True)[:count].sort().values


def dusted(images: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """The images with every pixel one grey level up, down or as it was: to a model the same, to who remembers images
    not."""
    return np.clip(images.astype(np.int16) + draw.integers(-1, 2, images.shape), 0, 255).astype(np.uint8)


def _readable(task: Architecture, shown: Architecture) -> bool:
    """Whether a network's weights are read: one of the task's kind, or another of our library or torchvision's for the
    task's images; no code that the task doesn't name is run. How many classes it tells apart, and how its weights are
    weighted, may differ."""
    same = replace(shown, classes=task.classes, input=task.input, temperature=task.temperature) == task
    fits = shown.shape == task.shape and 0 <= shown.resize <= MOST_SIDE and not shown.source
    readable = same or (fits and (shown.network in NETWORKS or shown.network in torchvision_names()))
    return readable and 1 < shown.classes <= MOST_CLASSES and 0 <= shown.temperature <= MOST_TEMPERATURE


def read_all(workshop: Workshop, names: Sequence[str]) -> list[Network]:
    """The disclosed networks, one at the least; Malformed as `read`."""
    if not names:
        raise Malformed("the weights were not shown")
    return [read(workshop, name) for name in names]


def read(workshop: Workshop, name: str) -> Network:
    """The disclosed network called `name`; Malformed when it is none that is read (`_readable`), costs too much to ask,
    lacks tensors or holds NaN or infinite numbers."""
    try:
        network = workshop.load(name, partial(_readable, workshop.architecture))
    except ArenaError as fault:
        raise Malformed(str(fault)) from None
    bad = [key for key, tensor in network.state_dict().items()
           if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all())]
    if bad:
        raise Malformed(f"the weights hold numbers that are not finite, in {bad[0]!r}")
    if network.architecture.network != workshop.architecture.network:
        _check_cost(network)
    return network


def _check_cost(network: Network) -> None:
    """Malformed where a network of another kind takes more than MOST_FLOPS an image."""
    took = flops(network, network.architecture.shape)
    if took > MOST_FLOPS:
        raise Malformed(f"the weights are of a network of {took:.1e} FLOPs an image, more than {MOST_FLOPS:.0e}")
