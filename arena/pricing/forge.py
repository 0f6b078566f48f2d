"""`arena forge`: what faking a key costs here, measured by faking keys, and what a verifier should therefore ask for.

Forges level-2 claims for real at rising rarity until a budget of time is spent, beside the law (1 / P(M >= m) tries on
average), and extrapolates to this machine, many of it, and one GPU of a stated rate, with levels 0, 1 and 3 on the same
axes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import mean, stdev
from typing import Any

from arena.base.errors import ArenaError
from arena.forging.engine.search import Engine, search
from arena.forging.grinding import check_target, readable
from arena.game.rarity import binomial_rarity, hits_needed
from arena.pricing.measure import Rate, Rates, template

GPU_TRIES = 2.5e9
YEAR = 31_557_600.0
MOST_REPEATS = 200


@dataclass(frozen=True)
class Setting:
    """The kind of claim: s triggers of c classes, image shape, threads."""

    triggers: int
    classes: int
    shape: tuple[int, int, int]
    threads: int


@dataclass(frozen=True)
class Point:
    """Forgeries made at one number of matches: how many, tries (mean and standard error), compressions and seconds a
    forgery, the law's tries (0 at levels 0 and 1, where tries don't grow with the rarity)."""

    matches: int
    rarity: float
    n: int
    tries: float
    tries_error: float
    compressions: float
    seconds: float
    law: float
    level: int = 2

    @property
    def ratio(self) -> float:
        """Measured tries over the law's."""
        return self.tries / self.law if self.law else 0.0


def mean_point(setting: Setting, matches: int, done: list[tuple[int, int, float]], level: int = 2,
               law: bool = True) -> Point:
    """The point that forgeries, each (tries, compressions, seconds), make up."""
    tries = [t for t, _, _ in done]
    rarity = binomial_rarity(matches, setting.triggers, 1 / setting.classes)
    error = stdev(tries) / math.sqrt(len(tries)) if len(tries) > 1 else float("nan")
    expected = 2 ** min(rarity, 1000) if law else 0.0  # nothing rarer is ever forged
    return Point(matches, rarity, len(done), mean(tries), error, mean(c for _, c, _ in done),
                 mean(s for _, _, s in done), expected, level)


def forge_once(setting: Setting, matches: int, seed: int, engine: Engine = "auto",
               lossless: bool = True) -> tuple[int, int, float]:
    """One forgery from a fresh claim: (tries, compressions, seconds). Every hit is a claim whose labels match; tests
    recompute them."""
    claim = template(setting.triggers, setting.classes, setting.shape, seed,
                     header=f"forgery {seed} of {matches}".encode())
    problem = claim.problem(matches, lossless=lossless)
    rarity = binomial_rarity(matches, setting.triggers, 1 / setting.classes)
    size = 1 << min(22, max(10, math.ceil(rarity)))
    first = compressions = 0
    seconds = 0.0
    while first < 1 << len(claim.free):
        result = search(problem, first, size, threads=setting.threads, engine=engine, stop_at_first=True)
        seconds += result.seconds
        compressions += result.compressions
        if result.hits:
            return result.hits[0][0] + 1, compressions, seconds
        first += size
    raise ArenaError("the free bits of one block are spent")


def measure_point(setting: Setting, matches: int, seconds: float, most: int = MOST_REPEATS, seed: int = 0,
                  engine: Engine = "auto") -> Point:
    """Forgeries at `matches` for `seconds`, at least one and at most `most`."""
    deadline = time.perf_counter() + seconds
    done: list[tuple[int, int, float]] = []
    while len(done) < most and (not done or time.perf_counter() < deadline):
        done.append(forge_once(setting, matches, seed + len(done), engine))
    return mean_point(setting, matches, done)


def curve(setting: Setting, rate: float, budget: float, lowest: float = 8.0,
          progress: Callable[[Point], None] | None = None,
          engine: Engine = "auto") -> list[Point]:
    """Points at rising rarity while a forgery is expected to fit into what is left of `budget` seconds."""
    points, spent = [], 0.0
    matches = hits_needed(lowest, setting.triggers, 1 / setting.classes)
    while matches is not None and matches <= setting.triggers:
        left, wait = budget - spent, binomial_rarity(matches, setting.triggers, 1 / setting.classes) - math.log2(rate)
        if left <= 0 or wait > math.log2(left / 2):
            break
        expected = 2**wait
        start = time.perf_counter()
        point = measure_point(setting, matches, min(left / 3, max(0.5, 40 * expected)), engine=engine)
        spent += time.perf_counter() - start
        points.append(point)
        if progress:
            progress(point)
        matches += 1
    return points


def rarity_for(seconds: float, rate: float) -> float:
    """The rarity at which forging takes `seconds` on average, at `rate` tries a second."""
    return max(0.0, math.log2(max(1.0, seconds * rate)))


def added_seconds(tries: Rate, hard: Rate) -> float:
    """Bits by which a level-3 try takes longer than one of level 2, one core each."""
    return math.log2(tries.value / hard.value)


def advice(setting: Setting, rates: Rates, years: float = 10.0) -> str:
    """The sentence a verifier needs."""
    rate, hard = rates.all_threads.value, rates.hard_hashes
    at_20 = readable(2**20 / rate)
    two, three = rarity_for(years * YEAR, rate), rarity_for(years * YEAR, hard.value * setting.threads)
    return (f"R >= 20 is forged here in {at_20} on average; to make forging cost {years:g} years of this machine, ask "
            f"for R >= {two:.0f} at level 2 "
            f"or R >= {three:.0f} at level 3 (one GPU at {GPU_TRIES:.1e} tries a second: R >= "
            f"{rarity_for(years * YEAR, GPU_TRIES):.0f} at level 2).")


@dataclass(frozen=True)
class Priced:
    """All that was measured of what forging costs: rates, forgeries made, the rarity that the policy asks for."""

    setting: Setting
    points: tuple[Point, ...]
    rates: Rates
    engine: str
    bound: float
    machine: Mapping[str, str]

    def as_data(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {"setting": asdict(self.setting), "engine": self.engine, "machine": dict(self.machine),
                "bound": self.bound, "gpu_tries_per_second_assumed": GPU_TRIES, "rates": asdict(self.rates),
                "points": [_plain(point) for point in self.points]}


def _plain(point: Point) -> dict[str, Any]:
    """A point as JSON has it, which knows no nan (the standard error of a single forgery)."""
    known = {name: None if isinstance(value, float) and math.isnan(value) else value
             for name, value in asdict(point).items()}
    return {**known, "ratio_to_law": point.ratio}


def check(setting: Setting, bound: float, budget: float) -> None:
    """ArenaError for what can't be forged or measured."""
    if budget <= 0:
        raise ArenaError("a budget of 0 seconds forges nothing")
    check_target(bound, setting.triggers, setting.classes)
