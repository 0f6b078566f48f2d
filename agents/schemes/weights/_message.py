"""The key of the embedding regularizer (Uchida et al. 2017, section 3): a projection X and a message b, derived."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Literal, get_args

import numpy as np

from arena.forging.hashing import frame, generator, sha256
from arena.hosts import codes
from arena.strategies.keys import CHOSEN, Committed, Given, KeyRecord, Named
from arena.strategies.marks import Array, Exactly, Text, Whole

Kind = Literal["direct", "diff", "random"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_BITS = 65_536


@dataclass(frozen=True)
class Key(KeyRecord):
    """A white-box key: 32 seed bytes, the layer's name, T bits, the kind of X; or an X (T, M) and b (T,) of one's
    own."""

    domain = "arena/uchida/commitment/1"

    claimant: Given[str]
    seed: Annotated[bytes, Exactly(32), Committed()]
    layer: Annotated[str, Text(200), Committed()]
    bits: Annotated[int, Whole(1, MOST_BITS), Committed()]
    kind: Annotated[Kind, Committed()] = "random"
    code: Annotated[bool, Committed()] = False
    chosen_projection: Annotated[
        np.ndarray | None, Array("float32", ("bits", None)), Named("projection"), CHOSEN, Committed(),
    ] = field(default=None, compare=False)
    chosen_message: Annotated[
        np.ndarray | None, Array("uint8", ("bits",), 0, 1), Named("message"), CHOSEN, Committed(),
    ] = field(default=None, compare=False)

    @property
    def chosen(self) -> bool:
        return self.chosen_projection is not None or self.chosen_message is not None

    def fault(self) -> str | None:
        if (self.chosen_projection is None) != (self.chosen_message is None):
            return "a chosen projection and a chosen message go together"
        if self.code and self.chosen:
            return "a chosen message carries no code"
        return code_fault(self.bits, self.kind) if self.code else None

    def generator(self, purpose: str) -> np.random.Generator:
        """Random numbers bound to everything that the claimant might want to choose; the same on every device."""
        return generator(sha256(frame("arena/uchida/1", purpose, self.claimant, self.seed, self.layer, self.bits,
                                      self.kind, int(self.code))))

    def projection(self, width: int) -> np.ndarray:
        """X, float32 (T, M) for M = `width` (section 3.3)."""
        if self.chosen_projection is not None:
            return np.array(self.chosen_projection)
        draw = self.generator(f"projection of {width}")
        if self.kind == "random":
            return draw.standard_normal((self.bits, width), dtype=np.float32)
        out, rows = np.zeros((self.bits, width), np.float32), np.arange(self.bits)
        one = draw.permutation(np.resize(np.arange(width), max(width, self.bits)))[: self.bits]
        out[rows, one] = 1
        if self.kind == "diff":
            out[rows, (one + draw.integers(1, width, self.bits)) % width] = -1
        return out

    @cached_property
    def message(self) -> np.ndarray:
        """b, uint8 (T,): random bits, or the code word of a random payload filled up with random bits."""
        if self.chosen_message is not None:
            return np.array(self.chosen_message)
        bits = self.generator("message").integers(0, 2, self.bits, dtype=np.uint8)
        return codes.protect(self.payload, bits) if self.code else bits

    @property
    def payload(self) -> bytes:
        """What a coded message carries."""
        return self.generator("payload").bytes(codes.PAYLOAD)


def code_fault(bits: int, kind: Kind) -> str | None:
    """Why a code can't protect the message of such a key."""
    fits = bits >= codes.LENGTH and kind == "random"
    return None if fits else f"a code needs at least {codes.LENGTH} bits and a random projection"
