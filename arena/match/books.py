"""What is put down while a match is played: its transcript, who left or was refused and why, how long things took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.base.errors import Malformed
from arena.base.told import told
from arena.game.ledger import Spending
from arena.game.messages import ALL, ARENA, Body, Departure, decode, decode_body, encode
from arena.game.transcript import Writer
from arena.isolation.door import Arrays
from arena.match.observer import Observer
from arena.match.player import ENDED, Event, Left


@dataclass(frozen=True)
class Fault:
    """What an agent did wrong: he left the play (`left`), or said what the arena refused; in which turn (-1: at the
    curtain call), why, and the details for its author."""

    turn: int
    agent: str
    left: bool
    reason: str
    details: str = ""

    @property
    def killed(self) -> bool:
        """Whether a signal ended his process: somebody or the machine did it, or he himself."""
        return self.left and self.reason.startswith(ENDED.partition("{")[0] + "-")


@dataclass
class Clock:
    """What an agent's process used: seconds on the clock, processor seconds as the kernel counted them."""

    wall: float = 0.0
    processor: float = 0.0


class Books:
    """The books of one match; `messages` are those said so far, encoded, with their arrays."""

    def __init__(self, run: Path, names: list[str], observer: Observer) -> None:
        self.writer, self.observer = Writer(run), observer
        self.messages: list[Event] = []
        self.faults: list[Fault] = []
        self.clocks = {name: Clock() for name in names}

    def add(self, entry: dict[str, Any], arrays: Arrays | None = None, private: bool = False) -> None:
        """One entry of the transcript, which the observer sees too."""
        self.writer.add(entry, arrays, private=private)
        self.observer.entry(entry)

    def said(self, turn: int, sender: str, to: str, body: Body, spent: Mapping[str, int]) -> None:
        """A message that passed."""
        kept: Arrays = {}
        message = {"number": len(self.messages), "turn": turn, "sender": sender, "to": to, "body": encode(body, kept)}
        self.messages.append((message, kept))
        self.add({"entry": "message", **message, "spent": dict(spent)}, kept, private=to != ALL)

    def noted(self, turn: int, name: str, topic: str, data: Any) -> None:
        """What an agent notes for the record."""
        kept: Arrays = {}
        entry = {"entry": "note", "turn": turn, "agent": name, "topic": topic, "data": encode(data, kept)}
        self.add(entry, kept, private=True)

    def refused(self, turn: int, name: str, text: str) -> None:
        """A message or note that nobody else sees: its sender's fault."""
        self.faults.append(Fault(turn, name, False, told(text, 500)))
        self.add({"entry": "fault", "turn": turn, "agent": name, "text": told(text, 500)})

    def left(self, turn: int, name: str, left: Left) -> None:
        """An agent has left the play: that is recorded, and the others are told."""
        self.faults.append(Fault(turn, name, True, left.reason, left.details))
        self.add({"entry": "left", "turn": turn, "agent": name, "reason": left.reason})
        self.said(turn, ARENA, ALL, Departure(name), Spending().as_dict())

    def charged(self, turn: int, name: str, event: Mapping[str, Any]) -> None:
        """What a turn cost beside what its messages say."""
        self.timed(name, event["seconds"])
        if any(event["spent"].values()):
            self.add({"entry": "turn", "turn": turn, "agent": name, "spent": event["spent"]})

    def timed(self, name: str, seconds: Mapping[str, float]) -> None:
        self.clocks[name].wall += float(seconds["wall"])


def decoded(value: Any, arrays: Arrays, body: bool = False) -> Any:
    """What an agent's process encoded; Malformed for what `encode` can't have made."""
    try:
        return decode_body(value, arrays) if body else decode(value, arrays)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise Malformed(f"can't be read: {type(error).__name__}") from None
