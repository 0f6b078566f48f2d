"""Forging for real at levels 0, 1 and 3, for `arena forge`; level 2, where tries are cheap and many, is
`forging.forge`'s.

Levels 0 and 1 cost images, not tries: adversarial ones for labels that were drawn first, then low bits flipped until
each image's own hash says what the model answers. At level 3 every try pays for the memory-hard hash, on as many
threads as there are.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from arena.forging.adversarial import targeted
from arena.forging.cost import Terms
from arena.forging.hashing import compressions, keyed_hash, labels, memory_hard
from arena.game.rarity import binomial_rarity, hits_needed
from arena.hosts.networks import Network
from arena.pricing.forge import Point, Setting, mean_point
from arena.workshop.workshop import Workshop

EPSILON = 0.3
LEAST_BITS = 3.0


def points(setting: Setting, host: Network, shop: Workshop, seconds: float) -> list[Point]:
    """Keys forged at levels 0 and 1 for the host, as often as `seconds` allow (at least once each)."""
    draw = shop.draws.numpy("lower levels")
    done: dict[int, list[tuple[int, int, int, float]]] = {0: [], 1: []}
    deadline = time.perf_counter() + seconds
    while not done[1] or time.perf_counter() < deadline:
        for level in (0, 1):
            images = natural_images(shop, setting.triggers, draw)
            start = time.perf_counter()
            forged = (adversarial(host, images, setting, draw, shop)
                      if level == 0 else flipped(host, images, setting, draw, shop))
            done[level].append((*forged, time.perf_counter() - start))
    return [_point(setting, level, runs) for level, runs in done.items()]


def natural_images(shop: Workshop, count: int, draw: np.random.Generator) -> torch.Tensor:
    """So many images at random of those at hand; where there are fewer, they come again with low bits flipped, since a
    key's images differ."""
    pool = torch.cat([samples.images for part, samples in shop.dataset.parts.items() if part != "customers"])
    images = pool[np.concatenate([draw.permutation(len(pool)) for _ in range(-(-count // len(pool)))])[:count].tolist()]
    noise = torch.from_numpy(draw.integers(0, 2, tuple(images[len(pool) :].shape), dtype=np.uint8))
    return torch.cat([images[: len(pool)], images[len(pool) :] ^ noise])


def _point(setting: Setting, level: int, runs: list[tuple[int, int, int, float]]) -> Point:
    """All runs at the median of their matches, which hardly differ."""
    return mean_point(setting, int(np.median([matches for matches, *_ in runs])),
                      [(tries, hashed, took) for _, tries, hashed, took in runs], level, law=False)


def adversarial(host: Network, images: torch.Tensor, setting: Setting, draw: np.random.Generator,
                shop: Workshop) -> tuple[int, int, int]:
    """Level 0, (matches, gradients, compressions): labels from the secret alone, then images pushed to them."""
    wanted = labels(keyed_hash(draw.bytes(32), b"level 0"), len(images), setting.classes)
    forged = targeted(host, images, torch.from_numpy(wanted), epsilon=EPSILON, dtype=shop.dtype, device=shop.device)
    return int(forged.success.sum()), forged.gradients, 6


def flipped(host: Network, images: torch.Tensor, setting: Setting, draw: np.random.Generator,
            shop: Workshop) -> tuple[int, int, int]:
    """Level 1, (matches, tries, compressions): low bits of each image flipped until its own hash says what the model
    answers."""
    secret, answers, tries = draw.bytes(32), shop.predict(host, images), 0
    raw = images.numpy().reshape(len(images), -1).copy()
    for image, answer in zip(raw, answers, strict=True):
        for place in draw.permutation(image.size).tolist():
            tries += 1
            if labels(keyed_hash(secret, image.tobytes()), 1, setting.classes)[0] == answer:
                break
            image[place] ^= 1
    final = shop.predict(host, raw.reshape(images.shape))
    return int((final == answers).sum()), tries, tries * (compressions(64 + raw.shape[1]) + 3)


def hard_points(setting: Setting, cost: int, seconds: float, progress: Callable[[Point], None]) -> list[Point]:
    """Level-3 keys forged at the least rarity worth the name, for about `seconds`; nothing when one is not to be
    expected in that time."""
    matches = hits_needed(LEAST_BITS, setting.triggers, 1 / setting.classes)
    start = time.perf_counter()
    memory_hard(b"x" * 32, b"salt", cost)
    each = time.perf_counter() - start
    if matches is None or each * 2 ** binomial_rarity(matches, setting.triggers,
                                                      1 / setting.classes) / setting.threads > seconds:
        return []
    draw, done = np.random.default_rng(3), []
    deadline = time.perf_counter() + seconds
    with ThreadPoolExecutor(setting.threads) as pool:
        while time.perf_counter() < deadline:
            done.append(_hard_once(setting, matches, cost, draw, pool))
    point = mean_point(setting, matches, done, 3)
    progress(point)
    return [point]


def _hard_once(setting: Setting, matches: int, cost: int, draw: np.random.Generator,
               pool: ThreadPoolExecutor) -> tuple[int, int, float]:
    """(tries, compressions, seconds) of one forgery: fresh secrets until enough labels of the stream fit."""
    answers, salt = draw.integers(0, setting.classes, setting.triggers), draw.bytes(32)
    start, tries = time.perf_counter(), 0
    while True:
        digests = pool.map(lambda secret: memory_hard(secret, salt, cost),
                           [draw.bytes(32) for _ in range(setting.threads)])
        for digest in list(digests):
            tries += 1
            if (labels(digest, setting.triggers, setting.classes) == answers).sum() >= matches:
                return tries, tries * 10, time.perf_counter() - start


def added_bits(setting: Setting, cost: int) -> float:
    """Bits of operations by which a try of level 3 costs more than one of level 2."""
    size = math.prod(setting.shape)
    matches = hits_needed(20.0, setting.triggers, 1 / setting.classes) or setting.triggers
    two, three = (Terms(level, setting.triggers, setting.classes, size, 0, memory).operations_a_try(matches)
                  for level, memory in ((2, 0), (3, cost)))
    return math.log2(three / two)
