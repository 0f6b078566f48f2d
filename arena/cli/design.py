"""What `arena design` shows: settings as they are played, the table of what each costs and leaves, and the one to
take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arena.cli.watching import watch
from arena.face.designing import Design
from arena.tournament.answers.design import Point
from arena.tournament.cells import Cell


def design(path: Path, out: Path, **how: Any) -> int:
    """Looks for a setting; 1 when none is to be recommended."""
    made = Design.load(path, out=out, **how)
    names = ", ".join(f"{name} {values}" for name, values in made.ask.search.items())
    print(f"{made.ask.name}: {made.trials} settings of {names}, {made.spec.seeds.least} seeds each: {made.total} "
          f"matches at most", flush=True)
    watch(made, made.total, _named)
    for line in _table(made):
        print(line)
    print(made.sentence)
    print(f"report: {made.save()}")
    return 0 if made.recommended else 1


def _named(cell: Cell) -> str:
    return f"{cell.scheme} against {cell.other}"


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
