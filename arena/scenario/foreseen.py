"""What a match will train and about how long that takes, read off the scenario before anything is checked: torch, which
a check needs, is two seconds away, and a reader wants to know at once what he waits for.

FLOPs over a rate: those of the hosts' trainings, by the network's cost a pixel, over a share of what this machine does
at matrix products, measured. What attacks train on top `arena.scenario.prices` foresees. Nothing here is believed
later on.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from arena.base.errors import ArenaError
from arena.base.machine import cores
from arena.hosts.data.finding import placed, source_of
from arena.strategies.catalogue import who_say

PIXEL = {"digits-cnn": 77e3, "digits-cnn-wide": 304e3, "mlp": 5e2, "resnet-32": 134e3, "resnet-50": 2535e3,
         "resnet-8": 24e3, "rose-cifar": 100e3, "rose-cnn": 50e3, "rose-cnn-dropout": 50e3, "wide-resnet": 325e3,
         "wide-resnet-narrow": 24e3}
"""FLOPs of a forward pass a pixel, of the library's networks: about, those with wide last layers least so."""
SETS = {"digits": (1_438, 64), "breast-cancer": (456, 30), "mnist": (60_000, 784),
        "fashion-mnist": (60_000, 784), "cifar10": (50_000, 1024), "cifar100": (50_000, 1024),
        "gtsrb": (39_209, 1024), "caltech101": (6_941, 4096)}
"""Training images and pixels of an image."""
SHARE, GRADIENT, EPOCHS = 1 / 3, 3, 10
SIDE, MOST_CORES = 80, 8
"""Training's part of a matrix product's rate (measured: README, "Speed"); forward and backward over forward; the epochs
of a task that says none."""


@dataclass(frozen=True)
class Training:
    """What a task's hosts are trained on: `forward` are the FLOPs of a forward pass and `images` those that are kept of
    all that are `there` (0 each: not known), of so many `pixels`; a host sees 8 in 10."""

    network: str
    dataset: str
    epochs: int
    there: int
    images: int
    pixels: int
    forward: float

    @property
    def kept(self) -> int:
        return self.images * 8 // 10

    @property
    def operations(self) -> float:
        """FLOPs of one host."""
        return self.fitted(self.epochs, self.kept)

    def fitted(self, epochs: int, images: int) -> float:
        """FLOPs of so many epochs over so many images."""
        return epochs * images * GRADIENT * self.forward


def training(plain: Any, data: Path | None = None, beside: Path = Path()) -> Training:
    """The training of a scenario's hosts, by its plain data, perhaps wrong in places."""
    task = part(plain, "task")
    name, network = (str(task.get(key, default)) for key, default in (("dataset", "digits"), ("network", "digits-cnn")))
    images, pixels = _size(name, data, beside)
    kept = min(images, whole(task.get("limit", 0)) or images)
    return Training(network, name, whole(task.get("epochs", EPOCHS)), images, kept, pixels,
                    pixels * PIXEL.get(network, 0))


def foreseen(plain: Any, data: Path | None = None, beside: Path = Path()) -> str:
    """One line on the trainings of a scenario (its plain data, perhaps wrong in places); empty where there is nothing
    to say."""
    if not (hosts := hosts_of(plain)):
        return ""
    found = training(plain, data, beside)
    every = ", ".join(f"{count} for {who}" for who, count in hosts.items())
    seconds = sum(hosts.values()) * found.operations / rate()
    took = f"about {_rounded(seconds)} s, less what the store has" if seconds else "how long, the first epoch shows"
    shown = f" of {found.kept:,} images" if found.kept else ""
    return f"trains {found.network} for {found.dataset}, {found.epochs} epochs{shown}: hosts: {every}; {took}"


def hosts_of(plain: Any) -> dict[str, int]:
    """Agent -> hosts that he trains, of those who train any."""
    return {name: count for name, agent in part(plain, "agents").items() if (count := _hosts(agent))}


def part(plain: Any, key: str) -> Mapping[str, Any]:
    """What stands under a key, where that is a mapping; else an empty one."""
    found = plain.get(key) if isinstance(plain, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def whole(value: Any) -> int:
    """A whole number that may stand there, else 0."""
    return value if type(value) is int and 0 <= value < 10**9 else 0


def _hosts(agent: Any) -> int:
    """How many hosts an agent trains from scratch: a marked one and, unless he says no, the same without a mark; one
    for each of his attacks that says it is `innocent`. A usurper's scheme is what he forges."""
    if not isinstance(agent, Mapping):
        return 0
    marks = agent.get("scheme") and agent.get("role") not in who_say("roles", "forges")
    marked = (1 if agent.get("reference") is False else 2) if marks else 0
    attacks = agent.get("attacks")
    names = [name for each in attacks for name in (each if isinstance(each, dict) else [each])] \
        if isinstance(attacks, list) else []
    return marked + sum(isinstance(name, str) and name in who_say("attacks", "innocent") for name in names)


def _size(name: str, data: Path | None, beside: Path) -> tuple[int, int]:
    """(training images, pixels of one) of a data set; zeros where that isn't known without reading it."""
    with suppress(ArenaError, OSError, ValueError, LookupError, TypeError, ImportError):
        where = placed(name, beside)
        source = source_of(where, data)
        if hasattr(source, "size"):
            return source.size(where, data)
    return SETS.get(name, (0, 0))


@cache
def rate() -> float:
    """FLOPs a second of training here, measured in some hundredths of a second: the best of many products that are
    small enough for one core, times the cores. Larger ones are spread over threads, which wait for each other where
    something else runs too, for longer than the product takes."""
    square, best, began = np.ones((SIDE, SIDE), np.float32), 1.0, time.perf_counter()
    for tries in itertools.count():
        start = time.perf_counter()
        if tries >= 8 and start - began > 0.03:
            break
        square @ square
        best = min(best, time.perf_counter() - start)
    return SHARE * 2 * SIDE**3 / best * min(cores(), MOST_CORES)


def _rounded(seconds: float) -> str:
    """One or two figures, as many as there is sense in."""
    return f"{max(1, round(seconds)):,}" if seconds < 20 else f"{10 * round(seconds / 10):,}"
