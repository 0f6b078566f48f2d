"""What runs independent pieces of work, wherever: it knows no game, and no failure of a piece is its own.

A piece (`Job`) names a function of Arena's and plain data for it; what came of it (`Done`) is plain data too, so that
any process on any machine can do it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from arena.base.errors import ArenaError

Status = Literal["done", "failed", "killed", "late", "large", "cancelled"]
"""done; the work raised; its process died; beyond its time; beyond its memory; taken back."""


@dataclass(frozen=True)
class Job:
    """A piece of work: `work` is `package.module:function`, called with `data` (plain JSON data); what it gives must be
    plain too."""

    key: str
    work: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Done:
    """What came of a job: `data` is what it gave, `error` in words why it gave nothing, after so many seconds."""

    key: str
    status: Status
    data: Any = None
    error: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Bounds:
    """How long a piece may take (seconds) and how much memory all its processes may have together (bytes, private)."""

    seconds: float = 600.0
    memory: float = 4 * 2.0**30


class Executor(Protocol):
    """Runs jobs, `slots` at once. `check_executor` (`arena.testing`) holds every one of them to this."""

    slots: int

    def submit(self, job: Job) -> None:
        """Takes a job; it begins when a slot is free."""

    def results(self) -> Iterator[Done]:
        """What jobs came to, as they end, until none is left; others may be submitted meanwhile. A job's failure never
        raises."""

    def cancel(self, key: str) -> None:
        """Takes a job back, running or not; it ends as `cancelled`."""

    def close(self) -> None:
        """Ends everything; nothing is left behind."""


def function_of(work: str) -> Any:
    """The function that a job names, of Arena's own alone."""
    module, _, name = work.partition(":")
    if module.split(".")[0] not in ("arena", "tests"):
        raise ArenaError(f"{work}: no work of ours")
    return getattr(importlib.import_module(module), name)
