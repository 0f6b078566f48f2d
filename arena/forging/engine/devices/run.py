"""Between a problem and the compiled kernel: argument arrays, which bits vary within a group of lanes, undecided
tries."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from arena.forging.engine.code.driver import ARGUMENTS, PLACE
from arena.forging.engine.code.sha import words
from arena.forging.engine.code.stages import (
    BATCH,
    BOUND,
    CONTEXT,
    COUNT,
    FIRST,
    INDEX,
    INNER,
    INVERSE,
    LEAST,
    LIMIT,
    MATCHES,
    OUTER,
    ROW,
    ROWS,
    SECOND,
    STRIDE,
    TARGET,
    ZEROS,
    varying_stop,
)
from arena.forging.engine.devices.kernel import Kernel
from arena.forging.engine.devices.plain import Judge
from arena.forging.engine.problem import Problem
from arena.forging.engine.thresholds import LABELS

MOST_CLASSES = 1 << 16
MOST_BLOCKS = 64
MOST_INNER = 8
STOP = 4096
PROBES = 20
MOST_TRIES = 1 << 30


@dataclass(frozen=True)
class Layout:
    """The counter's lowest `inner` bits vary within a group; they flip words from `start` on."""

    inner: int
    start: int


@dataclass
class Counts:
    tries: int = 0
    compressions: int = 0

    def add(self, tries: int, compressions: int) -> None:
        self.tries += tries
        self.compressions += compressions


def flips(problem: Problem) -> list[tuple[int, int]]:
    """Word and mask of every free bit: words are big-endian."""
    return [(p // 32, 1 << 8 * (3 - p // 8 % 4) + p % 8) for p in problem.free]


def layout(problem: Problem, width: int, most: int = MOST_INNER) -> Layout:
    """Weigh the rounds saved by late words (about 24 operations each) against recomputing their prefix for every
    group."""
    lanes = width.bit_length() - 1
    where = [word for word, _ in flips(problem)]
    latest = varying_stop(problem.tail_blocks) - 1

    def cost(inner: int) -> float:
        start = min([latest, *where[:inner]])
        return -24 * start + (150 + 30 * start) / (1 << inner - lanes)

    inner = min(range(lanes, most + 1), key=cost)
    return Layout(inner, min([latest, *where[:inner]]))


def mask_table(problem: Problem, plan: Layout, width: int) -> np.ndarray:
    """What to xor into words start .. of each lane of a group: one row of lanes for each vector and word."""
    stop = varying_stop(problem.tail_blocks)
    lanes = np.arange(1 << plan.inner, dtype=np.uint32)
    table = np.zeros((stop - plan.start, lanes.size), dtype=np.uint32)
    for k, (word, mask) in enumerate(flips(problem)[: plan.inner]):
        table[word - plan.start] ^= (lanes >> np.uint32(k) & np.uint32(1)) * np.uint32(mask)
    return np.ascontiguousarray(table.reshape(stop - plan.start, -1, width).transpose(1, 0, 2))


def context(problem: Problem) -> np.ndarray:
    """States, tail and the constants of the label test."""
    c = problem.classes
    zeros = (c & -c).bit_length() - 1
    table = np.zeros(CONTEXT, dtype=np.uint32)
    table[INNER : INNER + 8] = problem.inner
    table[OUTER : OUTER + 8] = problem.outer
    tail = words(problem.tail)
    table[FIRST : FIRST + 16] = tail[:16]
    if len(tail) > 16:
        table[SECOND : SECOND + 16] = tail[16:]
    table[INVERSE], table[ZEROS] = pow(c >> zeros, -1, 2**32), zeros
    table[LIMIT] = 2**32 - 2**32 % c - (c - 1)
    return table


def rows(problem: Problem) -> np.ndarray:
    """Wanted labels, bounds of the label test and threshold of each block; a bound of 0 never matches."""
    table = np.zeros((problem.blocks, ROW), dtype=np.uint32)
    for i, wanted in enumerate(problem.wanted):
        table[i // LABELS, TARGET + i % LABELS] = wanted
        table[i // LABELS, BOUND + i % LABELS] = 2**32 // problem.classes
    table[:, LEAST] = np.clip(problem.thresholds, 0, len(problem.wanted) + 1)
    return table


class Runner:
    """Runs the kernel over ranges in one thread and collects hits and counts."""

    def __init__(self, problem: Problem, kernel: Kernel) -> None:
        self.problem, self.kernel = problem, kernel
        self.judge = Judge(problem)
        self.hits: list[tuple[int, int]] = []
        self.counts = Counts()
        plan = layout(problem, kernel.spec.width)
        if (plan.start, problem.tail_blocks) != (kernel.spec.start, kernel.spec.blocks):
            raise ValueError("the kernel was compiled for another kind of problem")
        room = STOP + BATCH + problem.blocks * STRIDE
        self.arrays = {
            "context": context(problem),
            "masks": mask_table(problem, plan, kernel.spec.width),
            "rows": rows(problem),
            "scratch": np.zeros(problem.blocks * ROWS * STRIDE, dtype=np.uint32),
            "hits": np.zeros((ROWS, room), dtype=np.uint32),
            "doubts": np.zeros((room, 2), dtype=np.uint32),
            "flips": np.array(flips(problem) or [(0, 0)], dtype=np.uint32),
            "lengths": np.zeros(problem.blocks + 1, dtype=np.int64),
        }
        self.arguments = np.zeros(len(ARGUMENTS) + problem.blocks, dtype=np.int64)
        for name, array in self.arrays.items():
            self.arguments[PLACE[name]] = array.ctypes.data
        for name, value in (("stride", room), ("inner", plan.inner), ("bits", len(problem.free)),
                            ("blocks", problem.blocks)):
            self.arguments[PLACE[name]] = value

    def run(self, first: int, count: int, stop: bool) -> None:
        """Tries first .. first + count - 1, or up to the batch with a hit."""
        end = first + count
        while first < end:
            first += self.call(first, min(end - first, MOST_TRIES), 1 if stop else STOP)
            if stop and self.hits:
                return

    def call(self, first: int, count: int, stop: int) -> int:
        """One call of the kernel; returns how many tries it got through."""
        arguments = self.arguments
        arguments[PLACE["stop"] : PLACE["count"] + 1] = stop, first, count
        arguments[PLACE["found"] :] = 0
        self.arrays["context"][COUNT] = count
        self.kernel.call(arguments.ctypes.data)
        found, doubted, done = (int(arguments[PLACE[name]]) for name in ("found", "doubted", "done"))
        seen = arguments[PLACE["seen"] :]
        self.counts.add(done, int(seen[0]) * (self.problem.tail_blocks + 1) + int(seen.sum()))
        hits = self.arrays["hits"]
        self.hits += [(first + int(i), int(k)) for k, i in zip(hits[MATCHES, :found], hits[INDEX, :found], strict=True)]
        for index, block in self.arrays["doubts"][:doubted].tolist():
            self.settle(first + index, block)
        return done

    def settle(self, counter: int, block: int) -> None:
        """Decide a try that may have met a rejected word; take back what the kernel counted for it."""
        matches, compressions = self.judge.decide(counter)
        self.counts.add(0, compressions - (self.problem.tail_blocks + 2 + block))
        if matches is not None:
            self.hits.append((counter, matches))


def agrees(problem: Problem, kernel: Kernel) -> bool:
    """Does the kernel give the labels of the definition? Asked once for each program loaded, before its word is
    taken."""
    open_door = replace(problem, thresholds=np.zeros_like(problem.thresholds))
    runner, judge = Runner(open_door, kernel), Judge(open_door)
    tries = min(problem.tries, PROBES)
    runner.run(0, tries, stop=False)
    return sorted(runner.hits) == [(i, judge.decide(i)[0]) for i in range(tries)]
