"""The server that agents' processes are forked from: torch is imported there, and nothing else done.

A process made here never imports the user's main module again: so a match can be played from a script without a
`__main__` guard, from standard input and from a notebook.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import context as contexts
from types import ModuleType
from typing import Any

from arena.isolation.leash import hold

PRELOAD = ["arena.isolation.leash", "arena.match.preload", "arena.match.player", "arena.match.process"]
FOR_MANY = "arena.match.many"
START = 120.0
"""Seconds in which a process must be there."""
_swapping = threading.Lock()


@contextmanager
def without_main() -> Iterator[None]:
    """Within it there is no main module that a new process would have to import."""
    with _swapping:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def settle_environment() -> None:
    """Before torch is imported: threads that wait asleep, memory that is kept (both measured: docs/performance.md); and
    no threads of numpy's, which each forked process would start again."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
        os.environ.setdefault(name, str(1 << 30))


settle_environment()  # whoever imports this will import torch after it


def context() -> Any:
    """The way to make processes: from a server with torch imported where the system can fork, else from scratch."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return _Spawning()
    hold()
    made = _Serving()
    made.set_forkserver_preload(PRELOAD)
    return made


def running() -> bool:
    """Whether the server was started."""
    from multiprocessing import forkserver

    return getattr(forkserver._forkserver, "_forkserver_pid", None) is not None  # type: ignore[attr-defined]


def warm_up(many: bool = False) -> None:
    """Starts the server in the background; it imports torch while the caller reads the scenario, and where `many`
    matches are to come, what each of them would else import for itself."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        if many and FOR_MANY not in PRELOAD:
            PRELOAD.append(FOR_MANY)
        context()
        with without_main():
            forkserver.ensure_running()


class _Served(contexts.ForkServerProcess):
    def start(self) -> None:
        with without_main():
            super().start()


class _Spawned(contexts.SpawnProcess):
    def start(self) -> None:
        with without_main():
            super().start()


class _Serving(contexts.ForkServerContext):
    Process = _Served


class _Spawning(contexts.SpawnContext):
    Process = _Spawned
