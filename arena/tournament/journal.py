"""games.jsonl: a line a match, the only truth of a tournament. Whatever else there is can be derived from it again.

The coordinator alone appends, and syncs each line before it counts as played. A line that was torn when the machine
went down is dropped; a line that is no line is refused.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from arena.base.errors import ArenaError, Malformed
from arena.tournament.rows import Row

FILE = "games.jsonl"


class Journal:
    """The journal in a folder, open for appending; what was there is read first (`rows`)."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.rows = kept(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = _opened(self.path)
        except OSError as error:
            raise ArenaError(f"{self.path}: can't be written: {error.strerror}") from None

    def add(self, row: Row, sync: bool = True) -> None:
        """Appends a line, and comes back when the disk has it (`sync`)."""
        line = json.dumps(row.as_data(), separators=(",", ":"), allow_nan=False) + "\n"
        self._file.write(line.encode())
        if sync:
            self._file.flush()
            os.fsync(self._file.fileno())
        self.rows.append(row)

    def close(self) -> None:
        self._file.close()


def _opened(path: Path) -> IO[bytes]:
    """The file for appending, a torn last line cut off; ArenaError while another tournament writes to it."""
    file = path.open("ab+")
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        pass
    except OSError:
        file.close()
        raise ArenaError(f"{path.parent}: another tournament is being played there") from None
    file.seek(0)
    whole = file.read()
    file.truncate(whole.rfind(b"\n") + 1)
    return file


def kept(folder: Path) -> list[Row]:
    """What a folder's journal holds; nothing where there is none yet."""
    return list(read(folder)) if (folder / FILE).is_file() else []


def read(folder: Path) -> Iterator[Row]:
    """The lines of a journal, oldest first. ArenaError with the number of one that is damaged."""
    path = folder / FILE
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.endswith(b"\n"):
                    yield _row(path, number, line)
    except OSError as error:
        raise ArenaError(f"{path}: can't be read: {error.strerror}") from None


def _row(path: Path, number: int, line: bytes) -> Row:
    try:
        return Row.of(json.loads(line))
    except (ValueError, RecursionError, Malformed, TypeError) as error:
        raise ArenaError(f"{path}:{number}: this is no match of a tournament ({type(error).__name__})") from None
