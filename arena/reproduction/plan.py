"""A page's plan: its pieces of work are known before the first is done, so that it can say how long they take, begin
with the dear ones and do them side by side (`Studio.together`: a process for each core, a thread for each process).

A piece is whatever a module's function makes of an item; what it trains is in the store under its own name, so that a
plan that was killed goes on where it stood, and pieces that want the same host wait for whoever trains it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import torch

from arena.hosts import networks, training
from arena.hosts.datasets import Samples
from arena.reproduction.reproduction import R, Studio
from arena.workshop.options import Options
from arena.workshop.workshop import Workshop

T = TypeVar("T", bound=Hashable)
STEPS = 4
"""Batches that are trained to know how long one takes."""


@dataclass(frozen=True)
class Piece(Generic[T]):
    """An item of the plan, hashable and picklable, and how long it takes one thread, about (0: nobody knows)."""

    item: T
    seconds: float = 0.0


def play(studio: Studio, work: Callable[[Studio, T], R], pieces: Sequence[Piece[T]]) -> dict[T, R]:
    """What `work` (a module's function) makes of each piece, by item, in their order; the longest begin first."""
    dear = sorted(pieces, key=lambda piece: -piece.seconds)
    studio.say(f"  {len(dear)} pieces, {in_words(foretold(dear, studio.options))} here, less what the store has")
    found: dict[T, R] = {}
    for piece, result in zip(dear, studio.together(work, [piece.item for piece in dear]), strict=True):
        found[piece.item] = result
        studio.say(f"    {len(found)} of {len(dear)}: {_named(piece.item)}")
    return {piece.item: found[piece.item] for piece in pieces}


def foretold(pieces: Sequence[Piece[T]], options: Options) -> float:
    """Seconds until all are done: no sooner than the longest of them."""
    processes = options.threads if options.device == "cpu" else 1
    each = [piece.seconds for piece in pieces]
    return max([sum(each) / processes, *each], default=0.0)


def in_words(seconds: float) -> str:
    """`about 12 min`, with no more figures than there is sense in."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"


def step_seconds(shop: Workshop) -> float:
    """Seconds of one batch of the task's training in one thread, measured on made-up images."""
    settings = replace(shop.task.settings, epochs=1)
    images = torch.zeros(settings.batch, *shop.architecture.shape, dtype=torch.uint8)
    samples = Samples(images, torch.zeros(settings.batch, dtype=torch.int64))
    network, threads = networks.build(shop.architecture, torch.Generator().manual_seed(0)), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return min(_seconds(network, samples, settings, shop) for _ in range(STEPS))
    finally:
        torch.set_num_threads(threads)


def _seconds(network: networks.Network, samples: Samples, settings: training.Settings, shop: Workshop) -> float:
    start = time.perf_counter()
    training.fit(network, samples, settings, torch.Generator(), dtype=shop.dtype, device=shop.device)
    return time.perf_counter() - start


def _named(item: Hashable) -> str:
    return ", ".join(map(str, item)) if isinstance(item, tuple) else str(item)
