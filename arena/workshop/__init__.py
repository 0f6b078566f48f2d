"""Floor 4: what an agent has at hand in his turn: the workshop, and what a thief or a forger works with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena.workshop.workshop import Workshop

__all__ = ["Workshop"]


def __getattr__(name: str) -> Any:
    """Late: the workshop needs torch, its options don't."""
    if name != "Workshop":
        raise AttributeError(f"module 'arena.workshop' has no attribute {name!r}")
    from arena.workshop.workshop import Workshop

    return Workshop
