"""What `arena sweep` shows: the combinations, matches as they are done, and the table that they make."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arena.base.told import told
from arena.cli.columns import aligned
from arena.cli.watching import watch
from arena.face.sweeping import Sweep
from arena.face.sweeping import sweep as swept
from arena.tournament.sweep.plan import named
from arena.tournament.sweep.table import Table
from arena.tournament.sweep.words import claim_of, figures_of, shortened, values_of


def sweep(path: Path, out: Path, only_plan: bool, **how: Any) -> int:
    """Plays a sweep, or says only what would be played; 1 when no match of it finished."""
    found = swept(path, out=out, **how)
    for line in found.plan.sentences():
        print(told(line, 1000), flush=True)
    if before := len(found.results()):
        print(f"{before} of them are in {out}: they are not played again", flush=True)
    return 0 if only_plan else _played(found)


def _played(found: Sweep) -> int:
    watch(found, len(found.plan.cells) * found.spec.seeds.least, named, before=len(found.results()))
    page, table = found.save(), found.table
    print("\n".join(lines(table)))
    print(f"report: {page}")
    return 0 if any(row.finished for row in found.results()) else 1


def lines(table: Table) -> Iterator[str]:
    """The table as text. A combination's values stand once, before its first claim."""
    head = (*shortened(table.paths).values(), "claim", "granted", "rarity, bits", "work, bits", "accuracy, %")
    yield from aligned(head, _cells(table))


def _cells(table: Table) -> Iterator[tuple[str, ...]]:
    before: tuple[str, ...] | None = None
    for line in table.lines:
        values = values_of(line)
        shown = values if values != before else ("",) * len(values)
        before = values
        if line.deployer:
            yield *shown, claim_of(line, table.several), *figures_of(line)
        else:
            yield *shown, f"! {told(line.reason)}"
