"""Grinding a level-2 key: low bits of the last image are flipped until the joint hash gives labels that the model
answers anyway.

Flipping the lowest bits of a few pixels hardly ever changes what the model answers (whoever claims checks at the end),
but gives new labels for all triggers. The chaining value before the last pixels is kept, a try costs a few compressions
instead of the whole message, and labels are compared block by block with an optimal stopping table
(`engine.thresholds`). The tries needed are geometric: 1/P on average, whatever was spent before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from arena.base.errors import ArenaError
from arena.forging.engine.devices.plain import Judge
from arena.forging.engine.problem import Problem, make_problem
from arena.forging.engine.search import Engine, search
from arena.forging.engine.thresholds import Costs, Stopping, evaluate, thresholds_exact, thresholds_optimal
from arena.forging.hashing import BLOCK, compressions, image_bytes, stream_labels
from arena.game import ledger
from arena.game.rarity import binomial_rarity, greatest_rarity, hits_needed

Progress = Callable[[int, str], None]
SLICE, FIRST_SLICE, ANY_SLICE = 1 << 22, 1 << 14, 1 << 10
HITS_WANTED = 16


@dataclass(frozen=True)
class Template:
    """A level-2 claim before grinding: secret, header, images (uint8), the model's answers to them, classes, bits free
    in each pixel."""

    secret: bytes
    header: bytes
    images: np.ndarray
    answers: np.ndarray
    classes: int
    low_bits: int = 1

    @property
    def message(self) -> bytes:
        return self.header + b"".join(image_bytes(self.images))

    @property
    def free(self) -> list[int]:
        """Bit positions in the message that tries flip: low bits of the last block's pixels, the last words first."""
        message = self.message
        start = (len(message) - 1) // BLOCK * BLOCK
        pixels = range(len(message) - 1, max(start, len(self.header)) - 1, -1)
        return [8 * pixel + bit for pixel in pixels for bit in range(self.low_bits)][:62]

    @property
    def base(self) -> int:
        """Compressions of a try before its first label block: those from the free block on, and the outer hash."""
        message = self.message
        return compressions(BLOCK + len(message)) - (BLOCK + (len(message) - 1) // BLOCK * BLOCK) // BLOCK + 1

    def stopping(self, matches: int, lossless: bool = False) -> Stopping:
        """The table that makes `matches` cheapest (or, lossless, gives up only on what can't succeed)."""
        count, costs = len(self.answers), Costs(base=self.base)
        if lossless:
            return evaluate(count, self.classes, matches, thresholds_exact(count, self.classes, matches), costs)
        return thresholds_optimal(count, self.classes, matches, costs)

    def problem(self, matches: int, lossless: bool = False) -> Problem:
        table = (thresholds_exact(len(self.answers), self.classes, matches)
                 if lossless else self.stopping(matches).thresholds)
        return make_problem(self.secret, self.message, self.free, self.answers, self.classes, matches, table)

    def flipped(self, counter: int) -> np.ndarray:
        """The images of a try."""
        flat = np.frombuffer(b"".join(image_bytes(self.images)), np.uint8).copy()
        offset = 8 * len(self.header)
        for k, position in enumerate(self.free):
            if counter >> k & 1:
                flat[(position - offset) // 8] ^= 1 << (position - offset) % 8
        return flat.reshape(self.images.shape)


@dataclass
class Ground:
    """The best found so far: counter, matches and rarity; tries, compressions and seconds spent; `next` is where to go
    on."""

    counter: int = 0
    matches: int = -1
    rarity: float = 0.0
    tries: int = 0
    compressions: int = 0
    seconds: float = 0.0
    next: int = 0
    engine: str = ""
    note: str = field(default="", repr=False)


def check_target(target: float, triggers: int, classes: int) -> None:
    """ArenaError when `target` bits can't be reached with so many triggers."""
    most = greatest_rarity(triggers, 1 / classes)
    if target > most:
        raise ArenaError(f"{target:g} bits can't be reached with {triggers} triggers of {classes} classes: at most "
                         f"{most:.1f}")


def grind(template: Template, *, target: float, tries: int, seconds: float | None = None, threads: int = 1,
          engine: Engine = "auto",
          lossless: bool = False, resume: Ground | None = None, progress: Progress | None = None) -> Ground:
    """Grinds until `target` bits are reached or `tries` (and `seconds`) are spent; gives the best found either way.

    `resume` goes on where an earlier one stopped; no try is ever made twice, by however many threads. ArenaError for a
    budget of 0.
    """
    if tries < 1 or (seconds is not None and seconds <= 0):
        raise ArenaError("a budget of 0 tries or seconds forges nothing")
    count, chance = len(template.answers), 1 / template.classes
    goal = hits_needed(target, count, chance) or count
    out, started, limit = resume or Ground(), time.perf_counter(), 1 << len(template.free)
    before = out.compressions
    end = min(limit, out.next + tries)
    while out.next < end and out.matches < goal and (seconds is None or time.perf_counter() - started < seconds):
        size = min(end - out.next, SLICE * threads if out.tries else FIRST_SLICE)
        need = min(goal, max(out.matches + 1, _starting_point(size, count, chance)))
        result = search(template.problem(need, lossless), out.next, size, threads=threads, engine=engine,
                        stop_at_first=need == goal)
        _take(out, result.hits, count, chance)
        out.tries, out.compressions = out.tries + result.tries, out.compressions + result.compressions
        out.next, out.engine, out.note = out.next + size, result.engine, result.reason
        if progress:
            progress(out.tries, _outlook(out, goal, count, chance, time.perf_counter() - started))
    out.seconds += time.perf_counter() - started
    ledger.meter().compressions(out.compressions - before)
    return out


def grind_any(template: Template, answers: np.ndarray, *, target: float, tries: int,
              progress: Progress | None = None) -> tuple[Ground, int]:
    """Grinds against several models at once: `answers` (N, s), a try succeeds when any row matches. Gives the best and
    its row.

    One hash is compared with N models, so N models at hand give away log2 N bits. Hashed with hashlib, 10 to 50 times
    slower than `grind`.
    """
    if tries < 1:
        raise ArenaError("a budget of 0 tries forges nothing")
    count, chance, started = answers.shape[1], 1 / template.classes, time.perf_counter()
    goal, judge = hits_needed(target, count, chance) or count, Judge(template.problem(count, lossless=True))
    out, row = Ground(engine="hashlib"), 0
    while out.tries < min(tries, 1 << len(template.free)) and out.matches < goal:
        size = min(ANY_SLICE, tries - out.tries)
        labels = stream_labels(list(judge.digests(out.tries, size)), count, template.classes)
        matches = np.stack([(labels == each).sum(1) for each in answers])
        best = int(matches.max(0).argmax())
        _take(out, [(out.tries + best, int(matches[:, best].max()))], count, chance)
        row = int(matches[:, best].argmax()) if out.counter == out.tries + best else row
        out.tries += size
        out.compressions += size * (template.base + -(-count // 8))
        if progress:
            progress(out.tries, _outlook(out, goal, count, chance, time.perf_counter() - started))
    out.seconds = time.perf_counter() - started
    ledger.meter().compressions(out.compressions)
    return out, row


def _take(out: Ground, hits: list[tuple[int, int]], count: int, chance: float) -> None:
    best = max(hits, key=lambda hit: hit[1], default=None)
    if best is not None and best[1] > out.matches:
        out.counter, out.matches = best
        out.rarity = binomial_rarity(best[1], count, chance)


def _starting_point(size: int, count: int, chance: float) -> int:
    """So many matches that a slice of `size` tries gives a handful of hits, not a flood."""
    bits = max(0.0, np.log2(size / HITS_WANTED))
    return max(1, (hits_needed(float(bits), count, chance) or count) - 1)


def _outlook(out: Ground, goal: int, count: int, chance: float, seconds: float) -> str:
    """Best so far, and the expected time left (tries are geometric, so it doesn't shrink with what was spent)."""
    rate = out.tries / max(seconds, 1e-9)
    bits = binomial_rarity(goal, count, chance)
    return (f"best {out.rarity:.1f} bits; {rate / 1e6:.1f} M tries/s; on average {waiting(bits, rate)} more to "
            f"{bits:.1f}")


def waiting(bits: float, rate: float) -> str:
    """How long 2^bits tries take at `rate` a second, also where no floating-point number can say it."""
    seconds = bits - np.log2(max(rate, 1e-9))
    return readable(2.0**seconds) if seconds < 1000 else f"10^{(seconds - np.log2(31_557_600)) * np.log10(2):.0f} years"


def readable(seconds: float) -> str:
    """A time as people say it: 0.2 s, 5 min, 3 years, 2e+24 years."""
    for unit, size in (("years", 31_557_600.0), ("days", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.2g} s"
