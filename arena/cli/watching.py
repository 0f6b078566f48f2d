"""What is shown while many matches are played: a bar on a terminal, a line now and then off it, what failed, and the
command to go on."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from arena.base.told import told
from arena.tournament.cells import Cell
from arena.tournament.rows import Row

EVERY, OFTEN = 10.0, 0.2
"""Seconds between two lines off a terminal, and between two looks of the bar on one."""


class Played(Protocol):
    """A tournament, a sweep or a search for a setting, with its folder."""

    @property
    def folder(self) -> Path: ...

    def play(self) -> Iterator[Row]: ...


def watch(played: Played, least: int, named: Callable[[Cell], str], beyond: Callable[[], str] = lambda: "",
          each: Callable[[], None] = lambda: None, before: int = 0) -> None:
    """Plays, and shows it; `least` is how many matches there are at least, `beyond` says what is done when there are
    more, `each` is called after every match and at the end, `before` is how many matches were there."""
    began, said, count = time.monotonic(), 0.0, 0
    try:
        for row in played.play():
            count += 1
            each()
            if not row.finished:
                print(f"! {named(row.cell)}, seed {row.seed}: {row.status}: {told(row.error)}", flush=True)
            if time.monotonic() - said > (OFTEN if sys.stdout.isatty() else EVERY):
                said = time.monotonic()
                _progress(before + count, least, count, said - began, beyond)
    except KeyboardInterrupt:
        words = shlex.join(["arena", *sys.argv[1:]])
        print(f"\nstopped: what is finished is in {played.folder}; to go on: {words}", flush=True)
        raise
    each()
    if sys.stdout.isatty():
        print()


def _progress(done: int, least: int, fresh: int, seconds: float, beyond: Callable[[], str]) -> None:
    left = max(0, least - done) * seconds / max(fresh, 1)
    more = f"{left / 60:.1f} min left" if done < least else beyond()
    text = ", ".join([f"{done} of {max(least, done)} matches, {fresh / max(seconds, 1e-9):.1f} a second",
                      *([more] if more else [])])
    print(f"\r{text:<78}" if sys.stdout.isatty() else text, end="" if sys.stdout.isatty() else "\n", flush=True)
