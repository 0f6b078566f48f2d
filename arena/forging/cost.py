"""What forging a ROSE claim costs, in elementary operations: the cheapest forger known for its level, with the paper's formula beside it.

The paper's eq. (5) charges s whole hashes a try. A forger who keeps the chaining value before the last block pays two to four compressions
a try at any s, so eq. (5) overstates the price by 7 to 17 bits; what decides is the cheapest forger.

    level 0   pick images that the model already labels so: a forward for each match needed
    level 1   the same images, low bits of the last block flipped until the label fits: c tries a match
    level 2   1 / P(M >= m) tries of the joint hash
"""

from __future__ import annotations

from dataclasses import dataclass

from arena.evidence import Work
from arena.forging.hashing import BLOCK, compressions
from arena.ledger import OPERATIONS_PER_COMPRESSION, bits
from arena.rarity import Evidence

GRADIENT_STEPS = 100


@dataclass(frozen=True)
class Terms:
    """What the price depends on: level, s triggers of c classes, bytes of an image, FLOPs of a forward pass."""

    level: int
    triggers: int
    classes: int
    image_bytes: int
    flops: int

    @property
    def tail(self) -> int:
        """Compressions behind the cached prefix: those of the block that holds the last pixels and of the padding behind it."""
        pixels = self.image_bytes * (self.triggers if self.level == 2 else 1)
        last = (pixels - 1) // BLOCK
        return compressions(pixels) - last

    @property
    def per_try(self) -> int:
        """Compressions that a try can't do without: the tail, the outer hash of the HMAC, the first block of labels."""
        return self.tail + 2


def cheapest(terms: Terms, evidence: Evidence) -> Work:
    """Bits of work of the cheapest forger known (a lower bound of what he pays), and of the paper's formula."""
    paper = bits(paper_operations(terms, evidence))
    forwards = evidence.matches * terms.flops
    if terms.level == 0:
        return Work(bits(forwards), paper, "natural images that already answer so")
    tries = terms.classes * evidence.matches if terms.level == 1 else 2**evidence.rarity
    name = "low bits flipped, one trigger at a time" if terms.level == 1 else "grinding with a cached prefix"
    return Work(bits(forwards + tries * terms.per_try * OPERATIONS_PER_COMPRESSION), paper, name)


def paper_operations(terms: Terms, evidence: Evidence) -> float:
    """ROSE III: W = 2 s t w_F (level 0), s (2 t w_F + c w_H) (level 1), s (2 t w_F + 2^R w_H) (level 2, eq. 5); w_H hashes one image."""
    adversarial = 2 * GRADIENT_STEPS * terms.flops
    one_hash = compressions(terms.image_bytes) * OPERATIONS_PER_COMPRESSION
    tries = {0: 0.0, 1: float(terms.classes)}.get(terms.level, 2**evidence.rarity)
    return terms.triggers * (adversarial + tries * one_hash)
