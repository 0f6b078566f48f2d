"""The page of a design: what its panels draw from."""

from __future__ import annotations

from dataclasses import dataclass

from arena.tournament.answers.design import Designed, Point


@dataclass(frozen=True)
class Design:
    """What came of a design, and how sure its intervals are."""

    designed: Designed
    confidence: float

    @property
    def known(self) -> list[Point]:
        """The settings that could be played, cheapest first."""
        return sorted((point for point in self.designed.points if point.known), key=lambda point: point.cost.value)
