"""Every random choice, from (a secret, purpose); who knows one agent's secret knows nothing of another's.

    seed of the match -> master -> a secret for each agent        one way (BLAKE2b, keyed by what it is for)
                                -> the world's seed               the split of the data, and all else that is public

Only the arena holds the seed and the master; an agent's process gets its own secret and the world's seed. A seed that
can be guessed (7) gives everything to a thief who tries it: who fears one plays with `seed: random`, 128 bits that the
run tells when it is over.

One agent more or less does not change another's draws, and asking twice for the same purpose gives the same numbers.
The global generators are never advanced: library code that knows no other (weight initialisation, dropout) runs inside
`borrowed`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

MOST_SEED = 2**128 - 1


def _derive(key: bytes, what: str, size: int = 32) -> bytes:
    return hashlib.blake2b(what.encode(), key=key, digest_size=size, person=b"arena/draws/2").digest()


def master_of(seed: int) -> bytes:
    """The master secret of a match, 32 bytes; only the arena's own process holds it."""
    return _derive(seed.to_bytes(16, "big"), "master")


def world_of(master: bytes) -> int:
    """The world's seed, 63 bits: what is public hangs on it, and it tells nothing of the master."""
    return int.from_bytes(_derive(master, "world", 8), "big") >> 1


@dataclass(frozen=True)
class Draws:
    """The random numbers of one agent in one match, from his secret (32 bytes)."""

    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, seed: int, agent: str) -> Draws:
        """Those of an agent in the match of that seed; the arena's own business."""
        return cls(_derive(master_of(seed), f"agent {agent}"))

    @classmethod
    def public(cls, world: int) -> Draws:
        """Those of the world: the same for everybody."""
        return cls(_derive(world.to_bytes(8, "big"), "public"))

    def apart(self, name: str) -> Draws:
        """Draws that have nothing to do with these, for somebody within (a thief's practice)."""
        return Draws(_derive(self.secret, f"apart {name}"))

    def bytes(self, purpose: str, count: int = 32) -> bytes:
        """`count` bytes for `purpose` (SHAKE-256 of secret and purpose)."""
        return hashlib.shake_256(b"arena/draws/2|" + self.secret + purpose.encode()).digest(count)

    def seed_for(self, purpose: str) -> int:
        """A 63-bit seed for `purpose`."""
        return int.from_bytes(self.bytes(purpose, 8), "big") >> 1

    def numpy(self, purpose: str) -> np.random.Generator:
        """A numpy generator for `purpose`."""
        return np.random.default_rng(self.seed_for(purpose))

    def torch(self, purpose: str) -> torch.Generator:
        """A torch generator on the CPU for `purpose`."""
        import torch

        return torch.Generator().manual_seed(self.seed_for(purpose))


@contextmanager
def borrowed(generator: torch.Generator) -> Iterator[None]:
    """Runs its body with torch's global CPU generator in the state of `generator`, then puts the global one back as it
    was."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(generator.get_state())
        yield
        generator.set_state(torch.get_rng_state())
