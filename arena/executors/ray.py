"""Jobs on a Ray cluster (`pip install '.[ray]'`): a chair a slot, each with a worker as on one machine (`seat`).

Ray places chairs on machines and says when one is lost; bounds, attempts and what a job is are Arena's own. Arena, and
the store that runs share, must be at hand on every machine.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.connection import wait
from typing import Any

from arena.base.errors import ArenaError
from arena.base.told import in_words
from arena.executors.executor import Bounds, Done, Job
from arena.executors.queued import Queued
from arena.executors.seat import Seat

GLANCE, ANSWERS = 0.5, 5.0
"""Seconds between two looks, and in which a cluster must answer."""
OBJECTS = 100 * 2**20
"""Bytes of shared memory of a cluster that is started here: jobs are small."""


class Chair:
    """What sits on a machine of the cluster: a worker, and who watches its bounds."""

    def __init__(self, bounds: dict[str, float]) -> None:
        self._bounds = Bounds(**bounds)
        self._seat: Seat | None = None

    def do(self, job: dict[str, Any]) -> dict[str, Any]:
        """Does a job; what came of it."""
        if self._seat is None or self._seat.used_up:
            self._seat = Seat(self._bounds)
        seat, done = self._seat, None
        seat.give(Job(**job))
        while done is None:
            done = seat.take() if wait([seat.pipe], GLANCE) else seat.overdue()
        return asdict(done)


class RayCluster(Queued):
    """Runs jobs on the cluster at `address` (`auto`: the one that runs here, `local`: one is started), `slots` at once
    (0: as many as it has cores). ArenaError where it doesn't answer."""

    def __init__(self, address: str = "auto", slots: int = 0, bounds: Bounds | None = None) -> None:
        self._ray, self._bounds = _connected(address), bounds or Bounds()
        super().__init__(slots or max(1, int(self._ray.cluster_resources().get("CPU", 1))))
        self._free: list[Any] = []
        self._busy: dict[Any, tuple[Any, Job]] = {}

    def close(self) -> None:
        super().close()
        for chair in [*self._free, *(chair for chair, _ in self._busy.values())]:
            with suppress(Exception):
                self._ray.kill(chair)
        self._free, self._busy = [], {}

    def _stop(self, key: str) -> None:
        for each in [each for each, (_, job) in self._busy.items() if job.key == key]:
            self._ray.kill(self._busy.pop(each)[0])
            self._ended.append(Done(key, "cancelled"))

    def _watch(self) -> None:
        if self._busy:
            ready, _ = self._ray.wait(list(self._busy), num_returns=1, timeout=GLANCE)
            self._ended += [self._taken(each) for each in ready if each in self._busy]

    def _fill(self) -> bool:
        """Gives free chairs something to do; whether any works."""
        while self._queue and len(self._busy) < self.slots:
            chair, job = self._free.pop() if self._free else self._chair(), self._queue.popleft()
            self._busy[chair.do.remote(asdict(job))] = chair, job
        return bool(self._busy)

    def _chair(self) -> Any:
        made = self._ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Chair)
        return made.remote(asdict(self._bounds))

    def _taken(self, each: Any) -> Done:
        chair, job = self._busy.pop(each)
        try:
            done = Done(**self._ray.get(each))
        except Exception as error:
            with suppress(Exception):
                self._ray.kill(chair)
            return Done(job.key, "killed", None, f"its machine or worker was lost: {in_words(error)}")
        self._free.append(chair)
        return done


def _check_answers(address: str) -> None:
    """Ray itself tries for minutes; ArenaError at once where nobody listens."""
    host, _, port = address.rpartition("//")[2].rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host, int(port)), timeout=ANSWERS).close()
        except OSError as error:
            raise ArenaError(f"executor ray: nothing answers at {address!r:.80} ({in_words(error)})") from None


def _connected(address: str) -> Any:
    try:
        import ray
    except ImportError:
        raise ArenaError("executor ray: it isn't installed: pip install '.[ray]'") from None
    if ray.is_initialized():
        return ray
    _check_answers(address)
    how: dict[str, Any] = {} if address == "local" else {"address": address}
    if address == "local":
        how = {"object_store_memory": OBJECTS, "include_dashboard": False}
    try:
        ray.init(**how, log_to_driver=False, configure_logging=False)
    except Exception as error:
        raise ArenaError(f"executor ray: nothing answers at {address!r:.80} ({in_words(error)})") from None
    return ray
