"""Processes of this machine: a seat a slot, each with its own session and a core of its own. `Serial` has one."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path

from arena.executors.executor import Bounds
from arena.executors.queued import Queued
from arena.executors.seat import Seat

GLANCE, MOMENT = 0.5, 0.05
"""Seconds between two looks at time and memory; and for which cores are watched."""


class LocalProcesses(Queued):
    """Runs jobs in `processes` workers of this machine, each within `bounds`."""

    def __init__(self, processes: int = 2, bounds: Bounds | None = None) -> None:
        super().__init__(processes)
        self._bounds = bounds or Bounds()
        self._seats: list[Seat] = []

    def close(self) -> None:
        super().close()
        for seat in self._seats:
            seat.end()
        self._seats.clear()

    def _stop(self, key: str) -> None:
        for seat in [seat for seat in self._seats if seat.job is not None and seat.job.key == key]:
            self._ended.append(seat.end())
            self._seats.remove(seat)

    def _fill(self) -> bool:
        """Gives the idle seats something to do; whether any works."""
        for seat in [seat for seat in self._seats if seat.job is None and seat.used_up]:
            seat.end()
            self._seats.remove(seat)
        for _ in range(min(len(self._queue), self.slots)):
            free = [seat for seat in self._seats if seat.job is None]
            if not free and len(self._seats) < self.slots:
                self._seats += (free := [Seat(self._bounds, self._core())])
            if free:
                free[0].give(self._queue.popleft())
        return any(seat.job for seat in self._seats)

    def _core(self) -> int | None:
        """One that no seat has: the agents of a match wait for each other, so matches on a core each are faster than
        matches that take turns on all. None where there are fewer cores than slots, or nobody says which there are."""
        if not hasattr(os, "sched_setaffinity"):
            return None
        cores = os.sched_getaffinity(0)
        return idlest(cores - {seat.core for seat in self._seats}) if self.slots <= len(cores) else None

    def _watch(self) -> None:
        """Waits a moment for whoever is done, and ends who is beyond his bounds."""
        busy = {seat.pipe: seat for seat in self._seats if seat.job is not None}
        for pipe in wait(list(busy), GLANCE) if busy else ():
            if (done := busy[pipe].take()) is not None:  # type: ignore[index]
                self._ended.append(done)
        for seat in self._seats:
            if (over := seat.overdue()) is not None:
                self._ended.append(over)
        self._seats = [seat for seat in self._seats if not seat.pipe.closed]


def idlest(cores: Collection[int]) -> int | None:
    """The core that did least in a moment, the first of several; other runs on the machine have some too."""
    if len(cores) < 2:
        return next(iter(cores), None)
    before = _busy()
    time.sleep(MOMENT)
    after = _busy()
    return min(cores, key=lambda core: (after.get(core, 0) - before.get(core, 0), core))


def _busy() -> dict[int, int]:
    """How long each core has worked, in the system's ticks (proc(5): user, nice, system, idle, ...)."""
    with suppress(OSError):
        told = [line.split() for line in Path("/proc/stat").read_text().splitlines() if line[:3] == "cpu"]
        return {int(name[3:]): sum(map(int, ticks[:3])) for name, *ticks in told[1:]}
    return {}


class Serial(LocalProcesses):
    """One after another."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        super().__init__(1, bounds)
