"""Jobs that wait for a free place, and what came of those that ended: what executors share, wherever they run them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator

from arena.executors.executor import Done, Job


class Queued(ABC):
    """Runs jobs, `slots` at once; who derives from it says how they begin, end and are taken back."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._queue: deque[Job] = deque()
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
        self._stop(key)

    def close(self) -> None:
        self._queue.clear()

    @abstractmethod
    def _fill(self) -> bool:
        """Gives free places something to do; whether any works."""

    @abstractmethod
    def _watch(self) -> None:
        """Waits a moment for whoever is done."""

    @abstractmethod
    def _stop(self, key: str) -> None:
        """Ends a job that runs, if it does."""
