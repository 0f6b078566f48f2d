"""Which of a processor's two ways of hashing is the faster one: vectors of lanes, or its own SHA-256 instructions.

Measured, not looked up: which is ahead hangs on the width of the vectors and on how many hash rounds start in a cycle,
and no table knows the next processor. All kinds find the same hits; where a search stops after one may differ by a
batch of tries.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

from arena.base.errors import ArenaError
from arena.base.files import write_atomically
from arena.base.llvm import Target, host_width
from arena.forging.engine.code.streams import WIDTH

Kind = Literal["vectors", "sha"]
T = TypeVar("T")
SECONDS = 0.01


def kinds(target: Target) -> tuple[Kind, ...]:
    """What the target can run."""
    return ("vectors", "sha") if target.has("sha") and target.has("avx") else ("vectors",)


def lanes(kind: Kind, target: Target) -> int:
    """Tries that a program of this kind hashes at once."""
    return WIDTH if kind == "sha" else host_width(target)


def remembered(target: Target, directory: Path) -> Kind | None:
    """The kind that was measured to be faster, where it is written down beside the objects."""
    try:
        found = _place(target, directory).read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
    return next((kind for kind in kinds(target) if kind == found), None)


def remember(kind: Kind, target: Target, directory: Path) -> None:
    """Writes down which kind is faster: where two are level, a replay takes the one that was taken before, since where
    a search stops differs by a batch of tries, and the ledger with it."""
    with suppress(ArenaError):
        write_atomically(_place(target, directory), kind.encode())


def _place(target: Target, directory: Path) -> Path:
    return directory / f"kind-{hashlib.sha256(f'{target.cpu} {target.features}'.encode()).hexdigest()[:16]}"


def fastest(choices: Mapping[T, Callable[[], object]], seconds: float = SECONDS) -> T:
    """The choice whose best run took the least processor time, tried in turn for `seconds` in all.

    Processor time of this thread: other load on the machine stops runs, but doesn't count.
    """
    best = dict.fromkeys(choices, float("inf"))
    end = time.thread_time() + seconds
    while True:
        for name, run in choices.items():
            start = time.thread_time()
            run()
            best[name] = min(best[name], time.thread_time() - start)
        if time.thread_time() >= end:
            return min(best, key=best.__getitem__)
