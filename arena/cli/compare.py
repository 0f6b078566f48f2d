"""What `arena compare` shows: results side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from arena.cli.columns import aligned
from arena.face.comparing import compare as compared
from arena.match.comparison import Comparison
from arena.match.sidebyside import tables


def compare(runs: Sequence[Path], out: Path | None) -> int:
    """Prints the tables; writes the page that was asked for."""
    found = compared(runs)
    print("\n".join(lines(found)))
    if out:
        print(f"page: {found.report(out)}")
    return 0


def lines(found: Comparison) -> Iterator[str]:
    """Each table under its heading, rows that differ with a star; where the scenarios are the same, that is said."""
    for texts in tables(found):
        yield texts.heading
        head, *rows = aligned((texts.about, *found.names), texts.rows)
        yield f"  {head}"
        yield from (f"{'* ' if len(set(row[1:])) > 1 else '  '}{line}"
                    for row, line in zip(texts.rows, rows, strict=True))
        yield ""
    yield "* differs" if found.scenarios else "* differs; the scenarios are the same"
