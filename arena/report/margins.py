"""Margin bars: what was found beside the bound that was asked for, in bits."""

from __future__ import annotations

import math
from dataclasses import dataclass

REACH = 2.0
"""Times the bound, which stands in the middle: so far a bar goes."""


@dataclass(frozen=True)
class Margin:
    """Bits found, and the bits asked for (None: nothing was)."""

    found: float
    asked: float | None = None

    @property
    def over(self) -> float | None:
        """Bits beyond the bound, less than 0 where it isn't reached; None where there is no bound."""
        return None if self.asked is None else self.found - self.asked

    @property
    def share(self) -> float:
        """Of the bound, how much was found; endless where nothing was asked for."""
        return self.found / self.asked if self.asked else math.inf

    @property
    def bar(self) -> tuple[float, float] | None:
        """Where the bar begins and how long it is, in per cent of its track: from the bound, at 50, to what was found,
        at most to the track's end. None where there is no bound to measure from."""
        if self.asked is None or not self.asked > 0 or math.isnan(self.found):
            return None
        end = 100 * min(max(self.share, 0.0), REACH) / REACH
        return min(50.0, end), abs(end - 50.0)
