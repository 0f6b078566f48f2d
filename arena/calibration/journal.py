"""Scores are put down key by key, so that a calibration that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arena.base.files import read_plain, write_atomically
from arena.calibration.trial import Scored


class Journal:
    """A file of lines: first all that scores depend on (`head`, plain JSON data), then a key each. Without a path
    nothing is kept; scores of another head are begun anew."""

    def __init__(self, path: Path | None, head: Mapping[str, Any]) -> None:
        self.path, self.head = path, json.dumps(head, sort_keys=True)
        self.scores = dict(self._read()) if path is not None else {}
        if path is not None:
            write_atomically(path, "".join(f"{line}\n" for line in [self.head, *map(_line, self.scores.values())])
                             .encode())

    def add(self, scored: Scored) -> None:
        self.scores[scored.number] = scored
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{_line(scored)}\n")

    def _read(self) -> list[tuple[int, Scored]]:
        """What is whole of the same head."""
        assert self.path is not None
        head, *lines = (read_plain(self.path) or b"").decode("utf-8", "replace").splitlines() or [""]
        found = [_scored(line) for line in lines] if head == self.head else []
        return [(scored.number, scored) for scored in found if scored is not None]


def _line(scored: Scored) -> str:
    return json.dumps(scored.as_data(), separators=(",", ":"))


def _scored(line: str) -> Scored | None:
    """What a line says; None for one that was torn."""
    try:
        return Scored.from_data(json.loads(line))
    except (ValueError, KeyError, TypeError):
        return None
