"""What forging a ROSE claim costs, in elementary operations: the cheapest forger known for its level, with the paper's
formula beside it.

The paper's eq. (5) charges s whole hashes a try. A forger who keeps the chaining value before the last block pays two
to four compressions a try at any s, so eq. (5) overstates the price by 7 to 17 bits; what decides is the cheapest
forger.

    level 0   pick images that the model already labels so: a forward for each match needed
    level 1   the same images, low bits of the last block flipped until the label fits: c tries a match
    level 2   1 / P(M >= m) tries of the joint hash
    level 3   the same tries, each through a memory-hard function
    shared    1 / P(the labels drawn score as well) tries of the joint hash

All is reckoned in bits, log2 of operations: a perfect score of 309 triggers of ten classes takes more tries than a
floating-point number can say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from arena.forging.engine.thresholds import Costs, thresholds_optimal
from arena.forging.hashing import BLOCK, compressions, memory_hard_operations
from arena.game.evidence import Work
from arena.game.ledger import OPERATIONS_PER_COMPRESSION, bits
from arena.game.rarity import Hits

SHARED = 4
"""Beside ROSE's levels: labels of a joint hash that whole classes of images share."""
GRADIENT_STEPS = 100
MOST_LABELS = 10_000
NONE = -math.inf


def log2_sum(*terms: float) -> float:
    """log2 of a sum of numbers that are given by their log2 (NONE: nothing)."""
    most = max(terms)
    return most if most == NONE else most + math.log2(math.fsum(2 ** (term - most) for term in terms))


def _log2(number: float) -> float:
    return math.log2(number) if number > 0 else NONE


@dataclass(frozen=True)
class Terms:
    """What the price depends on: level, s triggers of c classes, bytes of an image, FLOPs of a forward pass."""

    level: int
    triggers: int
    classes: int
    image_bytes: int
    flops: int
    memory: int = 0

    @property
    def tail(self) -> int:
        """Compressions behind the cached prefix: those of the block that holds the last pixels and of the padding
        behind it."""
        pixels = self.image_bytes * (self.triggers if self.level >= 2 else 1)
        last = (pixels - 1) // BLOCK
        return compressions(pixels) - last

    def operations_a_try(self, matches: int) -> float:
        """Elementary operations of a try: the tail, the outer hash of the HMAC, and the labels, read while it pays to
        go on.

        Level 2: the optimal stopping table's expected compressions for a success, over the tries that the law asks for
        (of more than 10,000 triggers, as of 10,000 with the same share of matches).
        """
        if self.level == 2 and matches > 0:
            count = min(self.triggers, MOST_LABELS)
            stopping = thresholds_optimal(count, self.classes, matches * count // self.triggers,
                                          Costs(base=self.tail + 1))
            return stopping.per_expected_try * OPERATIONS_PER_COMPRESSION
        hard = memory_hard_operations(self.memory) if self.level == 3 else 0
        return (self.tail + 2) * OPERATIONS_PER_COMPRESSION + hard


def cheapest(terms: Terms, evidence: Hits) -> Work:
    """Bits of work of the cheapest forger known (a lower bound of what he pays), and of the paper's formula."""
    paper, forwards = paper_bits(terms, evidence), _log2(evidence.hits * terms.flops)
    if terms.level == 0:
        return Work(max(0.0, forwards), paper, "natural images that already answer so")
    tries = _log2(terms.classes * evidence.hits) if terms.level == 1 else evidence.rarity
    name = {1: "low bits flipped, one trigger at a time",
            3: "grinding a memory-hard hash"}.get(terms.level, "grinding with a cached prefix")
    return Work(max(0.0, log2_sum(forwards, tries + _log2(terms.operations_a_try(evidence.hits)))), paper, name)


SEED_TRY = 3 * OPERATIONS_PER_COMPRESSION + 2 * 64 * 10
"""Operations that a try of seed grinding costs at the least: the hash of the seed, and two rows of 64 normal numbers,
ten operations each, before the first bits can be compared. Real layers are wider."""


def seed_grinding(rarity: float, operations_a_try: float) -> Work:
    """Bits of work to find a seed whose derived key scores `rarity` bits: 2^rarity tries; no better forger is known for
    derived keys."""
    total = rarity + bits(operations_a_try)
    return Work(total, total, "grinding the seed")


def paper_bits(terms: Terms, evidence: Hits) -> float:
    """ROSE III: W = 2 s t w_F (level 0), s (2 t w_F + c w_H) (level 1), s (2 t w_F + 2^R w_H) (level 2, eq. 5); w_H
    hashes one image. In bits."""
    one_hash = _log2(compressions(terms.image_bytes) * OPERATIONS_PER_COMPRESSION)
    tries = {0: NONE, 1: _log2(terms.classes)}.get(terms.level, evidence.rarity)
    return max(0.0, _log2(terms.triggers) + log2_sum(_log2(2 * GRADIENT_STEPS * terms.flops), tries + one_hash))
