"""Arena: an adversarial game simulator for the ownership of neural networks.

    import arena
    result = arena.play("who.yaml", seed=7)
    result.verdicts[0].granted, result.stages, result.rows(), result.report("who.html")

Everything is imported when it is first asked for: `import arena` alone costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from arena.base.machine import VERSION as __version__

if TYPE_CHECKING:
    from arena.base.errors import ArenaError
    from arena.face import Result, check, load, play, replay
    from arena.face.calibrating import calibrate
    from arena.face.comparing import compare
    from arena.face.designing import design
    from arena.face.forging import forge
    from arena.face.reproducing import reproduce
    from arena.face.sweeping import sweep
    from arena.face.tournaments import Tournament
    from arena.strategies import Attack, Forgery, Policy, Scheme
    from arena.strategies.agent import Agent

PLACES = {
    "play": "arena.face", "load": "arena.face", "check": "arena.face", "replay": "arena.face", "Result": "arena.face",
    "calibrate": "arena.face.calibrating", "forge": "arena.face.forging", "reproduce": "arena.face.reproducing",
    "Tournament": "arena.face.tournaments", "design": "arena.face.designing",
    "sweep": "arena.face.sweeping", "compare": "arena.face.comparing",
    "Attack": "arena.strategies", "Scheme": "arena.strategies", "Forgery": "arena.strategies",
    "Policy": "arena.strategies", "Agent": "arena.strategies.agent", "ArenaError": "arena.base.errors",
}
__all__ = ["Agent", "ArenaError", "Attack", "Forgery", "Policy", "Result", "Scheme", "Tournament", "__version__",
           "calibrate", "check", "compare", "design", "forge", "load", "play", "replay", "reproduce", "sweep"]


def __getattr__(name: str) -> Any:
    if name == "pettingzoo":
        return importlib.import_module("arena.pettingzoo")
    if name not in PLACES:
        raise AttributeError(f"module 'arena' has no attribute {name!r}")
    return getattr(importlib.import_module(PLACES[name]), name)
