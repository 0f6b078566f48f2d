"""The Seller: an owner without a mark, who has nothing to claim with. What marks are worth is told against him."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from arena.game.messages import Body, Envelope, Release
from arena.game.notes import AccuracyNote
from arena.strategies.agent import Agent, Turn
from arena.workshop.kept import noted


@dataclass
class Seller(Agent):
    """releases an unmarked host, and claims nothing"""

    data: ClassVar[tuple[str, ...]] = ("train", "validation", "test")
    sells: ClassVar[bool] = True

    _released: bool = field(default=False, init=False, repr=False)

    @property
    def copies(self) -> int | None:
        return 1

    def take_turn(self, turn: Turn) -> Iterable[Body | Envelope]:
        if self._released:
            return
        self._released, shop = True, turn.workshop
        host = shop.unmarked_host()
        accuracy = shop.accuracy(host)
        turn.note(AccuracyNote(accuracy, accuracy))
        turn.note(noted(shop.trainings))
        yield Release(shop.save(host), f"{shop.task.network} for {shop.task.dataset}")  # type: ignore[arg-type]
