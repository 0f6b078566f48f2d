"""What `arena tournament` shows: the plan, matches as they are done, the table so far, and who should commit to
what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.cli.watching import watch
from arena.face.tournaments import Tournament
from arena.tournament.cells import Cell
from arena.tournament.prices import lines


def tournament(path: Path, out: Path, only_plan: bool, docs: Path | None = None, **how: Any) -> int:
    """Plays a tournament, or says only what would be played; 1 when nothing came of it."""
    played = Tournament.load(path, out=out, **how)
    plan = played.plan()
    before = len(played.results())
    for line in (*plan.sentences(played.spec.seeds.least), *lines(plan, played.options.data_folder)):
        print(line, flush=True)
    if only_plan:
        return 0
    if before:
        print(f"{before} matches are in {out}: they are not played again", flush=True)
    told: list[int] = []
    watch(played, len(plan.cells) * played.spec.seeds.least, _named, lambda: _doing(played),
          lambda: _rounds(played, told), before)
    page = played.save()
    for line in _end(played):
        print(line)
    print(f"report: {page}")
    if docs is not None:
        print(f"table: {played.document(docs)}")
    return 0 if played.headlines() else 1


def _rounds(played: Tournament, said: list[int]) -> None:
    """Tells the rounds of learning that are over and weren't told yet."""
    over = played.learning.rounds if played.learning is not None else []
    for each in over[len(said):]:
        said.append(len(said) + 1)
        print(f"round {said[-1]}: {each.sentence}", flush=True)


def _doing(played: Tournament) -> str:
    """What is played beyond the first seeds."""
    learning = played.learning is not None and played.learnt is None
    return "trying what learners draw" if learning else "playing where the answer hangs most"


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

