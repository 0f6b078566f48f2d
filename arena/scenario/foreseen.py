"""What a match will train and about how long that takes, read off the scenario before anything is checked: torch, which
a check needs, is two seconds away, and a reader wants to know at once what he waits for.

FLOPs over a rate: those of the hosts' trainings, by the network's cost a pixel, over a share of what this machine does
at a matrix product, measured. What attacks train on top isn't foreseen. Nothing here is believed later on.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from arena.base.errors import ArenaError
from arena.hosts.data.finding import placed, source_of
from arena.strategies.catalogue import who_say

PIXEL = {"digits-cnn": 77e3, "resnet-32": 134e3, "resnet-50": 2535e3, "resnet-8": 24e3,
         "rose-cifar": 100e3, "rose-cnn": 50e3, "rose-cnn-dropout": 50e3, "wide-resnet": 325e3,
         "wide-resnet-narrow": 24e3}
"""FLOPs of a forward pass a pixel, of the library's networks: about, those with wide last layers least so."""
SETS = {"digits": (1_438, 64), "mnist": (60_000, 784), "fashion-mnist": (60_000, 784), "cifar10": (50_000, 1024),
        "cifar100": (50_000, 1024), "gtsrb": (39_209, 1024), "caltech101": (6_941, 4096)}
"""Training images and pixels of an image."""
SHARE, GRADIENT, EPOCHS = 1 / 3, 3, 10
"""Training's part of a matrix product's rate (measured: README, "Speed"); forward and backward over forward; the epochs
of a task that says none."""


def foreseen(plain: Any, data: Path | None = None, beside: Path = Path()) -> str:
    """One line on the trainings of a scenario (its plain data, perhaps wrong in places); empty where there is nothing
    to say."""
    task, agents = _part(plain, "task"), _part(plain, "agents")
    hosts = {name: count for name, part in agents.items() if (count := _hosts(part))}
    if not hosts:
        return ""
    name, network = (str(task.get(key, default)) for key, default in (("dataset", "digits"), ("network", "digits-cnn")))
    epochs, (images, pixels) = _whole(task.get("epochs", EPOCHS)), _size(name, data, beside)
    kept = min(images, _whole(task.get("limit", 0)) or images) * 8 // 10
    every = ", ".join(f"{count} for {who}" for who, count in hosts.items())
    seconds = sum(hosts.values()) * epochs * kept * pixels * GRADIENT * PIXEL.get(network, 0) / _rate()
    took = f"about {_rounded(seconds)} s, less what the store has" if seconds else "how long, the first epoch shows"
    shown = f" of {kept:,} images" if kept else ""
    return f"trains {network} for {name}, {epochs} epochs{shown}: hosts: {every}; {took}"


def _part(plain: Any, key: str) -> Mapping[str, Any]:
    found = plain.get(key) if isinstance(plain, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _whole(value: Any) -> int:
    return value if type(value) is int and 0 <= value < 10**9 else 0


def _hosts(part: Any) -> int:
    """How many hosts an agent trains from scratch: a marked one and, unless he says no, the same without a mark; one
    for each of his attacks that says it is `innocent`."""
    if not isinstance(part, Mapping):
        return 0
    marked = (1 if part.get("reference") is False else 2) if part.get("scheme") else 0
    attacks = part.get("attacks")
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


def _rate() -> float:
    """FLOPs a second of training here: measured in some hundredths of a second, the best of at least eight, since the
    first ones wait for threads and memory."""
    square, best, began = np.ones((384, 384), np.float32), 1.0, time.perf_counter()
    for tries in itertools.count():
        start = time.perf_counter()
        if tries >= 8 and start - began > 0.03:
            break
        square @ square
        best = min(best, time.perf_counter() - start)
    return SHARE * 2 * 384**3 / best


def _rounded(seconds: float) -> str:
    """One or two figures, as many as there is sense in."""
    return f"{max(1, round(seconds)):,}" if seconds < 20 else f"{10 * round(seconds / 10):,}"
