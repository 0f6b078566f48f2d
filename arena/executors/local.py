"""Processes of this machine: a seat a slot, each with its own session. `Serial` has one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from multiprocessing.connection import wait

from arena.executors.executor import Bounds, Done, Job
from arena.executors.seat import Seat

GLANCE = 0.5
"""Seconds between two looks at time and memory."""


class LocalProcesses:
    """Runs jobs in `processes` workers of this machine, each within `bounds`."""

    def __init__(self, processes: int = 2, bounds: Bounds | None = None) -> None:
        self.slots, self._bounds = processes, bounds or Bounds()
        self._queue: deque[Job] = deque()
        self._seats: list[Seat] = []
        self._ended: deque[Done] = deque()

    def submit(self, job: Job) -> None:
        self._queue.append(job)

    def results(self) -> Iterator[Done]:
        while self._fill() or self._ended:
            while self._ended:
                yield self._ended.popleft()
            self._watch()

    def cancel(self, key: str) -> None:
        waiting = next((job for job in self._queue if job.key == key), None)
        if waiting is not None:
            self._queue.remove(waiting)
            self._ended.append(Done(key, "cancelled"))
        for seat in [seat for seat in self._seats if seat.job is not None and seat.job.key == key]:
            self._ended.append(seat.end())
            self._seats.remove(seat)

    def close(self) -> None:
        self._queue.clear()
        for seat in self._seats:
            seat.end()
        self._seats.clear()

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
