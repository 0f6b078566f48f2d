"""Tables as plain text, for screens and pipes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

GAP = "  "


def aligned(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table under its head, each column as wide as its widest cell. A row with fewer cells than the head
    ends with its last one, which no column makes room for."""
    every = [tuple(head), *map(tuple, rows)]
    full = [row for row in every if len(row) == len(head)]
    short = [row[:-1] for row in every if len(row) < len(head)]
    widths = [max(len(row[column]) for row in [*full, *short] if column < len(row)) for column in range(len(head))]
    for row in every:
        yield GAP.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)).rstrip()
