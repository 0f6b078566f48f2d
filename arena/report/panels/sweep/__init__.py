"""The page of a sweep: what its panels draw from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from arena.tournament.rows import Row
from arena.tournament.sweep.table import Table


@dataclass(frozen=True)
class Sweep:
    """A sweep's table, and the folder of the matches that were kept."""

    table: Table
    matches: Path | None = None

    def kept(self, row: Row) -> str:
        """Where the match's own page is, seen from this one; empty where it wasn't kept."""
        place = f"{row.key[:16]}/report.html"
        return f"matches/{place}" if self.matches is not None and (self.matches / place).is_file() else ""
