"""The server that agents' processes are forked from: torch is imported there, and nothing else done."""

from __future__ import annotations

import multiprocessing
import os
from typing import Any

from arena.isolation.leash import hold

PRELOAD = ["arena.isolation.leash", "arena.play.preload", "arena.play.player", "arena.play.process"]
START = 120.0
"""Seconds in which a process must be there."""


def settle_environment() -> None:
    """Before torch is imported: threads that wait asleep, memory that is kept (both measured: README, "Speed")."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
        os.environ.setdefault(name, str(1 << 30))


def context() -> Any:
    """The way to make processes: from a server with torch imported where the system can fork, else from scratch."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    hold()
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(PRELOAD)
    return made


def warm_up() -> None:
    """Starts the server in the background; it imports torch while the caller reads the scenario."""
    settle_environment()
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        context()
        forkserver.ensure_running()
