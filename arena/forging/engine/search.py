"""Search a range of a problem's tries for those with enough matching labels: with the compiled kernel, or with
hashlib."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np

from arena.base.llvm import Target, default_directory, host
from arena.forging.engine.code.program import Spec
from arena.forging.engine.devices.kernel import Kernel, kernel
from arena.forging.engine.devices.kinds import Kind, fastest, kinds, lanes, remember, remembered
from arena.forging.engine.devices.plain import Judge
from arena.forging.engine.devices.run import MOST_BLOCKS, MOST_CLASSES, Counts, Runner, agrees, layout
from arena.forging.engine.problem import Problem, make_problem
from arena.forging.engine.thresholds import Costs, Stopping, thresholds_exact, thresholds_optimal

__all__ = ["Costs", "Problem", "Result", "Stopping", "make_problem", "search", "thresholds_exact", "thresholds_optimal"]

Part = tuple[list[tuple[int, int]], Counts]
Engine = Literal["auto", "llvm", "vectors", "sha", "hashlib", "cuda"]
"""`vectors` and `sha` are the two kinds of compiled kernel, `llvm` the faster of them; `auto` takes hashlib where
neither can run."""
SLICE = 1 << 21
SLOW_SLICE = 1 << 12
PROBE = 1 << 13
_trusted: set[Kernel] = set()


@dataclass(frozen=True)
class Result:
    """Hits as (counter, matches) in order, and what they took; `tries` counts from `first` unless several threads
    stopped early. `engine` is what hashed: vectors, sha, hashlib or cuda."""

    hits: list[tuple[int, int]]
    tries: int
    compressions: int
    seconds: float
    engine: str
    reason: str = ""


class Slices:
    """Hands out consecutive parts of a range to several threads, until someone says stop."""

    def __init__(self, first: int, count: int, size: int) -> None:
        self.next, self.end, self.size = first, first + count, size
        self.stopped = False
        self.lock = Lock()

    def __iter__(self) -> Iterator[tuple[int, int]]:
        while True:
            with self.lock:
                first = self.next
                count = min(self.size, self.end - first)
                if self.stopped or count <= 0:
                    return
                self.next = first + count
            yield first, count


def prepare(problem: Problem, engine: Engine, width: int | None, directory: Path | None,
            target: Target | None) -> tuple[Kernel | None, str]:
    """The kernel that fits a problem on this machine, or the reason why there is none; of several kinds the fastest,
    measured once for a folder of objects."""
    if problem.classes > MOST_CLASSES or problem.blocks > MOST_BLOCKS:
        return None, f"the kernel takes at most {MOST_CLASSES} classes and {MOST_BLOCKS} blocks of labels"
    goal, reason = (target, "") if target else host()
    if goal is None:
        return None, reason
    if engine == "sha" and engine not in kinds(goal):
        return None, "this processor has no SHA-256 instructions"
    asked: tuple[Kind, ...] = (engine,) if engine in ("vectors", "sha") else ("vectors",) if width else kinds(goal)
    programs: dict[Kind, Kernel] = {}
    known = remembered(goal, directory or default_directory()) if len(asked) > 1 else None
    for kind in [known] if known else asked:
        program, reason = trusted(problem, kind, width or lanes(kind, goal), directory, goal)
        if program:
            programs[kind] = program
    if len(programs) > 1 and problem.tries >= PROBE:
        faster = fastest({kind: probe(problem, program) for kind, program in programs.items()})
        remember(faster, goal, directory or default_directory())
        return programs[faster], ""
    return next(iter(programs.values()), None), "" if programs else reason


def trusted(problem: Problem, kind: Kind, width: int, directory: Path | None,
            target: Target) -> tuple[Kernel | None, str]:
    """The program of one kind, once it has been seen to give the labels of the definition."""
    spec = Spec(width, problem.tail_blocks, layout(problem, width).start, kind == "sha")
    program, reason = kernel(spec, directory, target)
    if program and program not in _trusted:
        if not agrees(problem, program):
            return None, "the compiled kernel gives wrong labels"
        _trusted.add(program)
    return program, reason


def probe(problem: Problem, program: Kernel) -> Callable[[], None]:
    """Some thousand tries of which none gets beyond its first block of labels."""
    closed = replace(problem, thresholds=np.full_like(problem.thresholds, len(problem.wanted) + 1))
    return partial(Runner(closed, program).run, 0, PROBE, stop=False)


def compiled_part(problem: Problem, program: Kernel, slices: Slices, stop: bool) -> Part:
    runner = Runner(problem, program)
    for first, count in slices:
        runner.run(first, count, stop)
        if stop and runner.hits:
            slices.stopped = True
    return runner.hits, runner.counts


def plain_part(problem: Problem, slices: Slices, stop: bool) -> Part:
    judge, counts = Judge(problem), Counts()
    hits: list[tuple[int, int]] = []
    for first, count in slices:
        for counter, digest in enumerate(judge.digests(first, count), first):
            matches, compressions = judge.judge(digest)
            counts.tries += 1
            counts.compressions += compressions
            if matches is not None:
                hits.append((counter, matches))
                if stop:
                    slices.stopped = True
                    break
    return hits, counts


def in_threads(problem: Problem, program: Kernel | None, slices: Slices, threads: int, stop: bool) -> list[Part]:
    """Let each thread take slices until there are none left; an interrupt ends them all soon."""

    def part(_: int) -> Part:
        return compiled_part(problem, program, slices, stop) if program else plain_part(problem, slices, stop)

    if threads == 1:
        return [part(0)]
    with ThreadPoolExecutor(threads) as pool:
        try:
            return list(pool.map(part, range(threads)))
        finally:
            slices.stopped = True


def search(
    problem: Problem,
    first: int,
    count: int,
    *,
    threads: int = 1,
    engine: Engine = "auto",
    stop_at_first: bool = False,
    width: int | None = None,
    cache: Path | None = None,
    target: Target | None = None,
) -> Result:
    """Try counters first .. first + count - 1; with `stop_at_first` stop soon after a hit (there may be more than one
    by then).

    `cache` is where compiled programs are kept; `width` and `target` are for tests.
    """
    if first < 0 or count < 0 or first + count > problem.tries:
        raise ValueError(f"counters {first} .. {first + count - 1} are not within the {problem.tries} tries of the "
                         f"problem")
    started = time.perf_counter()
    if engine == "cuda":
        return _on_device(problem, first, count, stop_at_first, started)
    program, reason = (None, "") if engine == "hashlib" else prepare(problem, engine, width,
                                                                     cache or default_directory(), target)
    if program is None and engine not in ("auto", "hashlib"):
        raise RuntimeError(reason)
    parts = in_threads(problem, program, Slices(first, count, SLICE if program else SLOW_SLICE), threads, stop_at_first)
    hits = sorted(hit for found, _ in parts for hit in found)
    tries, compressions = (sum(getattr(c, name) for _, c in parts) for name in ("tries", "compressions"))
    used = "hashlib" if program is None else "sha" if program.spec.sha else "vectors"
    return Result(hits, tries, compressions, time.perf_counter() - started, used, reason)


def _on_device(problem: Problem, first: int, count: int, stop: bool, started: float) -> Result:
    """The search on the first graphics processor, a slice at a time so that a hit can stop it."""
    from arena.forging.engine.devices.gpu import SLICE as size
    from arena.forging.engine.devices.gpu import search_cuda

    hits: list[tuple[int, int]] = []
    tries = compressions = 0
    while tries < count and not (stop and hits):
        done = search_cuda(problem, first + tries, min(size, count - tries))
        hits += done.hits
        tries += done.counts.tries
        compressions += done.counts.compressions
    return Result(sorted(hits), tries, compressions, time.perf_counter() - started, "cuda")
