"""What a match bears from an agent: time, memory, words. The arena enforces it (`arena.match.player`); who goes beyond
it leaves the play."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import Field

from arena.base.units import BYTES, Bytes, Seconds


@dataclass(frozen=True)
class Limits:
    """Of one agent: wall time of a turn, and of it without a sign of life (a message, a note, progress, a forward
    pass); processor time of the whole match; private memory beyond what importing torch takes; messages and notes a
    turn; bytes of a message, and of all of a turn; whether he may start processes of his own. Seconds or `10 min`,
    bytes or `4 GiB`."""

    turn: Seconds = 3600.0
    quiet: Seconds = 60.0
    cpu: Seconds = 8 * 3600.0
    memory: Bytes = 4.0 * BYTES["GiB"]
    messages: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    message: Bytes = 128.0 * BYTES["MiB"]
    volume: Bytes = 512.0 * BYTES["MiB"]
    processes: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
