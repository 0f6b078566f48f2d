"""What `arena design` shows: settings as they are played, the table of what each costs and leaves, and the one to
take."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arena.face.designing import Design
from arena.tournament.design import Point

EVERY = 10.0
"""Seconds between two lines off a terminal."""


def design(path: Path, out: Path, **how: Any) -> int:
    """Looks for a setting; 1 when none is to be recommended."""
    made = Design.load(path, out=out, **how)
    names = ", ".join(f"{name} {values}" for name, values in made.ask.search.items())
    print(f"{made.ask.name}: {made.trials} settings of {names}, {made.spec.seeds.least} seeds each: {made.total} "
          f"matches at most", flush=True)
    _watch(made)
    for line in _table(made):
        print(line)
    print(made.sentence)
    print(f"report: {made.save()}")
    return 0 if made.recommended else 1


def _watch(made: Design) -> None:
    began = said = time.monotonic()
    try:
        for count, row in enumerate(made.play(), start=1):
            if not row.finished:
                print(f"! {row.cell.scheme} against {row.cell.other}, seed {row.seed}: {row.status}: {row.error}",
                      flush=True)
            if time.monotonic() - said > (0.2 if sys.stdout.isatty() else EVERY):
                said = time.monotonic()
                _progress(count, made.total, said - began)
    except KeyboardInterrupt:
        print(f"\nstopped: what is finished is in {made.folder}; to go on: {shlex.join(['arena', *sys.argv[1:]])}",
              flush=True)
        raise
    if sys.stdout.isatty():
        print()


def _progress(fresh: int, total: int, seconds: float) -> None:
    rate = fresh / max(seconds, 1e-9)
    left = (total - fresh) / rate / 60
    text = f"{fresh} matches of at most {total}, {rate:.1f} a second, at most {left:.1f} min left"
    print(f"\r{text:<78}" if sys.stdout.isatty() else text, end="" if sys.stdout.isatty() else "\n", flush=True)


def _table(made: Design) -> Iterator[str]:
    """Settings, cheapest first."""
    yield f"{'setting':<12}{'costs (points)':>24}{'rarity left (bits)':>26}{'n':>4}  {'worst attack':<14}parameters"
    known = sorted((point for point in made.points if point.known), key=lambda point: point.cost.value)
    for point in [*known, *(point for point in made.points if not point.known)]:
        yield _line(point, " *" if point is made.recommended else " +" if point.front else "")
    if made.result is not None:
        yield "* to take, + on the front"
        yield from (f"not among the attacks: {name}: {why}" for name, why in made.result.left.items())


def _line(point: Point, mark: str) -> str:
    if not point.known:
        return f"{point.name:<12}{point.said}: {point.reason}"
    cost, rarity = point.cost, point.rarity
    costs = f"{100 * cost.value:.2f} ({100 * cost.low:.2f} to {100 * cost.high:.2f})"
    left = f"{rarity.value:.1f} ({max(0.0, rarity.low):.1f} to {rarity.high:.1f})"
    return f"{point.name + mark:<12}{costs:>24}{left:>26}{rarity.n:>4}  {point.worst:<14}{point.said}"
