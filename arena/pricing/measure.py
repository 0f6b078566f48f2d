"""What this machine can do: tries a second of the grinder, cost of a forward pass and of a gradient, cost of the
memory-hard hash.

Every rate is the median of several short runs, with its spread; threads are those asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch
from torch import nn

from arena.forging.adversarial import targeted
from arena.forging.engine.search import Engine, search
from arena.forging.grinding import Template
from arena.forging.hashing import memory_hard, pad_to_block
from arena.hosts.training import predict


@dataclass(frozen=True)
class Rate:
    """A rate, per second: median, lowest and highest of `n` runs."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:,.3g}/s ({self.low:,.3g} to {self.high:,.3g}, n={self.n})"


@dataclass(frozen=True)
class Rates:
    """What this machine does a second: tries at level 2 on one core and on all threads, forward passes, input
    gradients, memory-hard hashes of level 3 on one core."""

    one_core: Rate
    all_threads: Rate
    forwards: Rate
    gradients: Rate
    hard_hashes: Rate

    def in_words(self) -> dict[str, Rate]:
        """Each with what it is."""
        return {"tries, one core": self.one_core, "tries, all threads": self.all_threads,
                "forward passes": self.forwards, "input gradients": self.gradients,
                "level-3 hashes, one core": self.hard_hashes}


def repeated(action: Callable[[], float], n: int = 5) -> Rate:
    """`action` does some work and says how much; gives the rate."""
    rates = []
    for _ in range(n):
        start = time.perf_counter()
        done = action()
        rates.append(done / (time.perf_counter() - start))
    return Rate(median(rates), min(rates), max(rates), n)


def template(triggers: int, classes: int, shape: tuple[int, int, int], seed: int,
             header: bytes = b"measure") -> Template:
    """A claim on random images with random answers: grinding depends on neither."""
    draw = np.random.default_rng(seed)
    images = draw.integers(0, 256, (triggers, *shape), dtype=np.uint8)
    return Template(draw.bytes(32), pad_to_block(header), images, draw.integers(0, classes, triggers), classes,
                    low_bits=2)


def grinding_rate(triggers: int, classes: int, shape: tuple[int, int, int], threads: int, engine: Engine = "auto",
                  tries: int = 1 << 22) -> tuple[Rate, str]:
    """(tries a second, engine) for a target out of reach, so that every try is made."""
    problem = template(triggers, classes, shape, 1).problem(min(triggers, max(1, triggers // 2)))
    first = search(problem, 0, 1 << 12, threads=threads, engine=engine)
    if first.engine == "hashlib":
        tries = 1 << 15
    return repeated(lambda: search(problem, 0, tries, threads=threads, engine=engine).tries), first.engine


def forward_rate(model: nn.Module, images: torch.Tensor, dtype: torch.dtype = torch.float32) -> Rate:
    """Images a second through the network."""
    predict(model, images, dtype=dtype)
    return repeated(lambda: float(len(predict(model, images, dtype=dtype))))


def gradient_rate(model: nn.Module, images: torch.Tensor, classes: int, dtype: torch.dtype = torch.float32) -> Rate:
    """Input gradients a second in the adversarial search (targets that a bound of one grey level keeps out of
    reach)."""
    goals = (predict(model, images, dtype=dtype) + 1) % classes
    return repeated(lambda: float(targeted(model, images, goals, epsilon=1 / 255, steps=5, dtype=dtype).gradients), 3)


def memory_hard_rate(cost: int) -> Rate:
    """Level-3 hashes a second on one core."""
    return repeated(lambda: float(len(memory_hard(b"x" * 32, b"salt", cost)) // 32), 3)
