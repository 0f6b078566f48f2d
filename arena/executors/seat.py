"""A process that does one job after another, in a session of its own: whoever ends it ends all that its jobs
started."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.base.told import in_words
from arena.executors.executor import Bounds, Done, Job, Status, function_of
from arena.isolation.server import context

JOBS = 100
"""After so many jobs a fresh process takes the seat."""


class Seat:
    """The coordinator's side of a worker, on a core of its own if it is told one."""

    def __init__(self, bounds: Bounds, core: int | None = None) -> None:
        self._bounds, self._done, self._shared = bounds, 0, 0
        self.core = core
        self.job: Job | None = None
        made = context()
        self.pipe, other = made.Pipe()
        self._process = made.Process(target=serve, args=(other, core))
        self._process.start()
        other.close()

    @property
    def used_up(self) -> bool:
        return self._done >= JOBS or not self._process.is_alive()

    def give(self, job: Job) -> None:
        """Begins a job; a worker that died meanwhile shows it by `take`."""
        self.job, self._began, self._done = job, time.monotonic(), self._done + 1
        with suppress(OSError):
            self.pipe.send_bytes(json.dumps({"work": job.work, "data": job.data}).encode())

    def take(self) -> Done | None:
        """What came of the job, when the pipe says that there is something; None for a greeting."""
        try:
            said = json.loads(self.pipe.recv_bytes())
        except (EOFError, OSError, ValueError):
            return self.end("killed", "its process ended without a word")
        if "shared" in said:
            self._shared = int(said["shared"])
            return None
        return self._over("done" if "data" in said else "failed", said.get("error", ""), said.get("data"))

    def overdue(self) -> Done | None:
        """The end of a job that is beyond its bounds."""
        if self.job is None:
            return None
        if time.monotonic() - self._began > self._bounds.seconds:
            return self.end("late", f"it took more than {self._bounds.seconds:g} s")
        if self._shared and private_memory(self._process.pid or 0, self._shared) > self._bounds.memory:
            return self.end("large", f"it took more than {self._bounds.memory / 2**30:.3g} GiB")
        return None

    def end(self, status: Status = "cancelled", error: str = "") -> Done:
        """Ends the worker, its agents and the job."""
        with suppress(OSError, ValueError, AttributeError):
            os.kill(self._process.pid or 0, signal.SIGKILL)
        with suppress(OSError, ValueError, AssertionError):
            self._process.join(10)
        self.pipe.close()
        return self._over(status, error)

    def _over(self, status: Status, error: str, data: Any = None) -> Done:
        job, self.job = self.job, None
        return Done(job.key if job else "", status, data, error, round(time.monotonic() - self._began, 3)
                    if job else 0.0)


def serve(pipe: Connection, core: int | None = None) -> None:
    """The worker's side: until the pipe is closed."""
    from arena.isolation import sandbox
    from arena.isolation.zygote import become_clean_server

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sandbox.lead_group()
    if core is not None:
        os.sched_setaffinity(0, {core})
    become_clean_server()
    with suppress(EOFError, OSError):
        pipe.send_bytes(json.dumps({"shared": _anonymous(os.getpid())}).encode())
        while True:
            pipe.send_bytes(_outcome(json.loads(pipe.recv_bytes())))
    os._exit(0)


def _outcome(order: dict[str, Any]) -> bytes:
    try:
        return json.dumps({"data": function_of(order["work"])(order["data"])}, allow_nan=False).encode()
    except ArenaError as error:
        return json.dumps({"error": str(error)[:2000]}).encode()
    except BaseException as error:
        return json.dumps({"error": in_words(error, 2000)}).encode()


def private_memory(pid: int, shared: int) -> float:
    """Bytes that a process and all that it started have beyond the `shared` ones that each began with, as forks of one
    server; 0 where the system doesn't say."""
    return float(sum(max(0, _anonymous(each) - shared) for each in _family(pid)))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError, ValueError):
            for child in path.read_text().split():
                yield from _family(int(child))


def _anonymous(pid: int) -> int:
    with suppress(OSError, ValueError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) << 10
    return 0
