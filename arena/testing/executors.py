"""Whether an executor keeps what every one promises (`arena.executors.executor.Executor`)."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from arena.executors.executor import Bounds, Executor, Job
from arena.isolation.server import context

WORK = "arena.testing.executors:work"
BOUNDS = Bounds(seconds=6.0, memory=2.0**29)
PATIENCE = 60.0


def work(data: Mapping[str, Any]) -> Any:
    """What the jobs of `check_executor` do."""
    if "tell" in data:
        Path(data["tell"]).write_text(json.dumps([os.getpid(), *_children(int(data.get("children", 0)))]))
    if data["do"] == "raise":
        raise ValueError("on purpose")
    if data["do"] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if data["do"] == "fill":
        _fill()
    time.sleep(float(data.get("seconds", 0)))
    return {"twice": 2 * int(data.get("number", 0))}


def _children(count: int) -> list[int]:
    """Processes like agents', each in a session of its own."""
    made = [context().Process(target=_dawdle, daemon=True) for _ in range(count)]
    for process in made:
        process.start()
    return [int(process.pid or 0) for process in made]


def _dawdle() -> None:
    from arena.isolation.sandbox import lead_group

    lead_group()
    time.sleep(600)


def _fill() -> None:
    kept = []
    while True:
        kept.append(bytearray(os.urandom(1 << 20) * 32))
        time.sleep(0.02)


def check_executor(make: Callable[[Bounds], Executor], folder: Path) -> None:
    """Runs what the executor must stand; `make` gives a new one with bounds, `folder` is for what the jobs tell."""
    executor = make(BOUNDS)
    try:
        _check_results(executor)
        _check_failures(executor, folder)
        _check_cancelling(executor)
    finally:
        executor.close()
    _check_closing(make(BOUNDS), folder)


def _check_results(executor: Executor) -> None:
    """Results come as they end, and jobs may be added meanwhile."""
    for number in range(3):
        executor.submit(Job(str(number), WORK, {"do": "count", "number": number}))
    found = {}
    for done in executor.results():
        found[done.key] = done.data
        if done.key == "0":
            executor.submit(Job("late", WORK, {"do": "count", "number": 9}))
    assert found == {"0": {"twice": 0}, "1": {"twice": 2}, "2": {"twice": 4}, "late": {"twice": 18}}, found
    assert list(executor.results()) == [], "nothing is left, and yet there are results"


def _check_failures(executor: Executor, folder: Path) -> None:
    """What fails, dies, or goes beyond its bounds is a result of its own; the others are done."""
    wanted = {"raise": "failed", "die": "killed", "wait": "late", "fill": "large", "fine": "done"}
    for what in wanted:
        tell = {"tell": str(folder / what), "children": 2} if what in ("die", "wait", "fill") else {}
        executor.submit(Job(what, WORK, {"do": what, "seconds": 600 if what == "wait" else 0, **tell}))
    done = {each.key: each for each in executor.results()}
    assert {key: each.status for key, each in done.items()} == wanted, {k: (d.status, d.error) for k, d in done.items()}
    assert "on purpose" in done["raise"].error and all(each.error for key, each in done.items() if key != "fine")
    for what in ("die", "wait", "fill"):
        _check_gone(json.loads((folder / what).read_text()), what)


def _check_cancelling(executor: Executor) -> None:
    for key in ("one", "two", "three", "four"):
        executor.submit(Job(key, WORK, {"do": "wait", "seconds": 3 if key == "one" else 0.1}))
    found: dict[str, str] = {}
    executor.cancel("four")
    for done in executor.results():
        if not found:
            executor.cancel("one")
        found[done.key] = done.status
    assert found["four"] == "cancelled" and found["two"] == found["three"] == "done", found


def _check_closing(executor: Executor, folder: Path) -> None:
    """Closed in the middle of its work, it leaves nothing behind."""
    executor.submit(Job("wait", WORK, {"do": "wait", "seconds": 600, "tell": str(folder / "closed"), "children": 2}))
    results, until = executor.results(), time.monotonic() + PATIENCE
    executor.submit(Job("quick", WORK, {"do": "count"}))
    if executor.slots > 1:
        next(results)
    while not (folder / "closed").is_file() and time.monotonic() < until:
        executor.submit(Job(f"quick {time.monotonic()}", WORK, {"do": "count"}))
        next(results)
    executor.close()
    _check_gone(json.loads((folder / "closed").read_text()), "a job that was not done when its executor was closed")


def _check_gone(processes: list[int], what: str) -> None:
    until = time.monotonic() + 10
    while any(map(_lives, processes)) and time.monotonic() < until:
        time.sleep(0.05)
    left = [process for process in processes if _lives(process)]
    assert not left, f"{what}: processes {left} of {processes} are left behind"


def _lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
