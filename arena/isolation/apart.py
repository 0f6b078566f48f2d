"""The arena's own work in a process forked from the server, which has torch: so the one that the user started needn't
import it, begins at once and ends at once.

Nothing of the user's runs here, and what goes to and fro is the arena's own.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from arena.base.errors import ArenaError
from arena.isolation.sandbox import die_with_parent
from arena.isolation.server import context

T = TypeVar("T")


class Apart(Generic[T]):
    """A process that does `work` (a module's function) when it is called with its arguments, as often as that is, and
    `prepare` before; use it as a context, at whose end it is gone."""

    def __init__(self, work: Callable[..., T], prepare: Callable[[], object] | None = None) -> None:
        made = context()
        self._pipe, other = made.Pipe()
        self._process = made.Process(target=_serve, args=(other, work, prepare), daemon=True)
        self._process.start()
        other.close()

    def __call__(self, *args: Any) -> T:
        """What the work gives; what it raises is raised here. ArenaError when the process is gone."""
        try:
            self._pipe.send(args)
            raised, found = self._pipe.recv()
        except (EOFError, OSError):
            raise ArenaError("a process of the arena's own ended without a word: was memory short?") from None
        if raised:
            raise found
        result: T = found
        return result

    def __enter__(self) -> Apart[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        with suppress(OSError, ValueError, AttributeError, AssertionError):
            self._process.kill()


def _serve(pipe: Connection, work: Callable[..., Any], prepare: Callable[[], object] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    if prepare is not None:
        prepare()
    with suppress(EOFError, OSError):
        while True:
            pipe.send(_done(work, pipe.recv()))
    os._exit(0)


def _done(work: Callable[..., Any], args: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        return False, work(*args)
    except Exception as error:
        return True, error
