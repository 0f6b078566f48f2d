"""Every random choice, from (scenario seed, agent, purpose).

One agent more or less does not change another's draws, and asking twice for the same purpose gives the same numbers. The global
generators are never advanced: library code that knows no other (weight initialisation, dropout) runs inside `borrowed`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Draws:
    """The random numbers of one agent in one scenario."""

    seed: int
    agent: str

    def bytes(self, purpose: str, count: int = 32) -> bytes:
        """`count` bytes for `purpose` (SHAKE-256 of seed, agent and purpose)."""
        return hashlib.shake_256(f"arena/draws/1|{self.seed}|{self.agent}|{purpose}".encode()).digest(count)

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
    """Runs its body with torch's global CPU generator in the state of `generator`, then puts the global one back as it was."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(generator.get_state())
        yield
        generator.set_state(torch.get_rng_state())
