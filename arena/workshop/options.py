"""How a scenario is played on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from arena.hosts.data.known import PARTS, Part


@dataclass(frozen=True)
class Options:
    """How a scenario is played on this machine: where data and artefacts are, on which device, with how many threads.
    For an agent the arena adds the world's seed, on which all hangs that is public, the parts of the task's data that
    are his, and the scenario's folder; `alone` is a workshop without a match, whose test images need not be shared with
    customers, and which may watch the accuracy on so many of them after each epoch (`watched`)."""

    store: str
    data: str = ""
    device: str = "cpu"
    threads: int = 1
    world: int = 0
    parts: tuple[Part, ...] = PARTS
    folder: str = "."
    alone: bool = False
    watched: int = 0

    @property
    def data_folder(self) -> Path | None:
        return Path(self.data) if self.data else None
