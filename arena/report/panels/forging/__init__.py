"""The page of what forging costs: what its panels draw from."""

from __future__ import annotations

from dataclasses import dataclass

from arena.pricing.forge import Priced


@dataclass(frozen=True)
class Forging:
    """What was measured, and the files beside the page."""

    priced: Priced
    files: tuple[str, ...] = ()
