"""What `arena tournament` shows: the plan, matches as they are done, the table so far, and who should commit to
what."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.face.tournaments import Tournament
from arena.tournament.cells import Cell

EVERY = 10.0
"""Seconds between two lines off a terminal."""


def tournament(path: Path, out: Path, only_plan: bool, **how: Any) -> int:
    """Plays a tournament, or says only what would be played; 1 when nothing came of it."""
    played = Tournament.load(path, out=out, **how)
    before = len(played.results())
    plan = played.plan()
    for line in plan.sentences(played.spec.seeds.least):
        print(line, flush=True)
    if only_plan:
        return 0
    if before:
        print(f"{before} matches are in {out}: they are not played again", flush=True)
    _watch(played, len(plan.cells) * played.spec.seeds.least)
    page = played.save()
    for line in _end(played):
        print(line)
    print(f"report: {page}")
    return 0 if played.headlines() else 1


def _watch(played: Tournament, least: int) -> None:
    began, said, count, rounds = time.monotonic(), 0.0, 0, 0
    try:
        for row in played.play():
            count, rounds = count + 1, _rounds(played, rounds)
            if row.finished is False:
                print(f"! {_named(row.cell)}, seed {row.seed}: {row.status}: {row.error}", flush=True)
            if time.monotonic() - said > (0.2 if sys.stdout.isatty() else EVERY):
                said = time.monotonic()
                learning = played.learning is not None and played.learnt is None
                _progress(len(played.results()), least, count, said - began,
                          "trying what learners draw" if learning else "playing where the answer hangs most")
    except KeyboardInterrupt:
        words = shlex.join(["arena", *sys.argv[1:]])
        print(f"\nstopped: what is finished is in {played.folder}; to go on: {words}", flush=True)
        raise
    _rounds(played, rounds)
    if sys.stdout.isatty():
        print()


def _rounds(played: Tournament, said: int) -> int:
    """Tells the rounds of learning that are over; how many were told."""
    over = played.learning.rounds if played.learning is not None else []
    for number, each in enumerate(over[said:], start=said + 1):
        print(f"round {number}: {each.sentence}", flush=True)
    return len(over)


def _progress(done: int, least: int, fresh: int, seconds: float, doing: str) -> None:
    left = max(0, least - done) * seconds / max(fresh, 1)
    text = f"{done} of {max(least, done)} matches, {fresh / max(seconds, 1e-9):.1f} a second" + (
        f", {left / 60:.1f} min left" if done < least else f", {doing}")
    print(f"\r{text:<78}" if sys.stdout.isatty() else text, end="" if sys.stdout.isatty() else "\n", flush=True)


def _end(played: Tournament) -> Iterator[str]:
    analysis = played.analysis
    if played.learnt is not None:
        yield played.learnt.sentence
    for task in played.spec.tasks:
        yield from _table(played, task)
        for policy in played.spec.policies:
            try:
                yield f"{policy}: {analysis.headline(task, policy).sentence}"
            except ArenaError as error:
                yield f"{policy}: no answer yet: {error}"
    false = analysis.false_grants(played.policy)
    yield (f"false grants under {played.policy}: {round(false.value * false.n) if false.n else 0} of {false.n} "
           f"(at most {false.high:.1%}; no number of seeds shows more: rarity carries that claim)")


def _table(played: Tournament, task: str) -> Iterator[str]:
    """Share granted, scheme by thief, under the first policy."""
    analysis, thieves = played.analysis, list(played.spec.attacks)
    yield f"{task}: granted under {played.policy}, of so many matches"
    yield " " * 14 + "".join(f"{name[:9]:>10}" for name in thieves)
    for scheme in played.spec.schemes:
        cells = [analysis.cell(Cell(task, scheme, thief), played.policy) for thief in thieves]
        yield f"{scheme[:13]:<14}" + "".join(
            f"{f'{cell.hits}/{cell.granted.n}' if cell.granted.n else '-':>10}" for cell in cells)


def _named(cell: Cell) -> str:
    return f"{cell.scheme} against {cell.other} on {cell.task}"

