"""What `arena compare` shows: results side by side."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from arena.cli.columns import aligned
from arena.face.comparing import compare as compared
from arena.match.comparison import Comparison
from arena.match.sidebyside import tables

SAME, DIFFERS = "  ", "* "
OFF = (160, 24)
"""What stands for a terminal's size where there is none."""


def compare(runs: Sequence[Path], out: Path | None) -> int:
    """Prints the tables; writes the page that was asked for."""
    found = compared(runs)
    print("\n".join(lines(found)))
    if out:
        print(f"page: {found.report(out)}")
    return 0


def lines(found: Comparison, width: int = 0) -> Iterator[str]:
    """Each table under its heading, rows that differ with a star; where the scenarios are the same, that is said. What
    is wider than `width` (characters; 0: the terminal's) is told run by run."""
    for texts in tables(found):
        head, *rows = aligned((texts.about, *found.names), texts.rows)
        wide = max(map(len, (head, *rows))) + len(SAME) > (width or shutil.get_terminal_size(OFF).columns)
        yield texts.heading
        yield from () if wide else (SAME + head,)
        for row, line in zip(texts.rows, rows, strict=True):
            mark = DIFFERS if len(set(row[1:])) > 1 else SAME
            yield mark + (row[0] if wide else line)
            if wide:
                yield from (f"    {each}" for each in aligned(("", ""), zip(found.names, row[1:], strict=True)) if each)
        yield ""
    yield "* differs" if found.scenarios else "* differs; the scenarios are the same"
