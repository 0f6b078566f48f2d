"""Processes of this machine: a seat a slot, each with its own session. `Serial` has one."""

from __future__ import annotations

from multiprocessing.connection import wait

from arena.executors.executor import Bounds
from arena.executors.queued import Queued
from arena.executors.seat import Seat

GLANCE = 0.5
"""Seconds between two looks at time and memory."""


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
                self._seats += (free := [Seat(self._bounds)])
            if free:
                free[0].give(self._queue.popleft())
        return any(seat.job for seat in self._seats)

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


class Serial(LocalProcesses):
    """One after another."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        super().__init__(1, bounds)
