"""The transcript: JSONL, one entry a line, each chained to the one before by its hash; arrays beside it by theirs.

It holds only what a replay must reproduce: no clock times (those are in timings.json). Read it, replay it, or make
graphs of it: who told whom what, and which model came from which.

    hash of a line = SHA-256(hash of the line before + SHA-256(its entry in canonical JSON)), in hexadecimal digits

While a match is played, agents' processes may read the run's folder. So in the place of a private entry there stands
{"entry": "sealed"}, which tells nothing of it, and the chain on the disk is that of the lines as they stand there: the
hashes of the true chain would tell who guesses an entry whether he is right. `Writer.close` writes the file anew with
everything in it. A run that was killed before keeps its sealed lines, and is whole but for them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.base.errors import ArenaError, Malformed
from arena.base.files import read_plain, write_atomically
from arena.game.entries import SEALED, shallow, wrong_with
from arena.game.messages import Body, Message, canonical, check, decode, decode_body

if TYPE_CHECKING:
    import networkx

FILE = "transcript.jsonl"
START = "0" * 64
NAME = re.compile("[0-9a-f]{64}")
FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NONBLOCK", 0)
"""As for any new file, but not waiting for the reader of a pipe that stands in its place."""


def _follow(last: str, entry: Mapping[str, Any]) -> str:
    """The hash of the line that holds `entry`, behind one with the hash `last`."""
    return hashlib.sha256((last + hashlib.sha256(canonical(entry)).hexdigest()).encode()).hexdigest()


def _line(entry: Mapping[str, Any], digest: str) -> bytes:
    return canonical({**entry, "hash": digest}) + b"\n"


def _array_name(dtype: str, shape: list[int], raw: bytes) -> str:
    return hashlib.sha256(canonical({"dtype": dtype, "shape": shape}) + raw).hexdigest()


DAMAGED = (Malformed, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, MemoryError)
"""What decoding may raise."""


class Writer:
    """Writes RUN/transcript.jsonl entry by entry, and arrays into RUN/arrays/; what is private only when it is closed.

    `last` is the transcript's hash. A run that was there before gives way, its arrays too. ArenaError when the folder
    can't be written, from every method.
    """

    def __init__(self, run: Path) -> None:
        self.run, self.last = run, START
        self._shown, self._size = START, 0
        self._lines: list[bytes] = []
        self._arrays: dict[str, np.ndarray] = {}
        try:
            (run / "arrays").mkdir(parents=True, exist_ok=True)
            self._clear()
            self._file = os.fdopen(os.open(run / FILE, FLAGS, 0o644), "wb", buffering=0)
        except (OSError, ValueError) as error:
            raise ArenaError(f"{run}: can't be written: {getattr(error, 'strerror', None) or error}") from None

    def add(self, entry: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None,
            private: bool = False) -> None:
        """One entry (plain JSON data); `arrays` are those that it names. ValueError for what couldn't be read again."""
        if wrong := wrong_with(dict(entry)):
            raise ValueError(wrong)
        kept = {name: _checked(name, array) for name, array in (arrays or {}).items()}
        true, shown = _follow(self.last, entry), _follow(self._shown, SEALED if private else entry)
        line = _line(entry, true)
        if canonical(json.loads(line)) + b"\n" != line:
            raise ValueError(f"the {entry['entry']} holds what JSON doesn't keep")
        for name, array in {} if private else kept.items():
            self._keep(name, array)
        self._append(_line(SEALED if private else entry, shown))
        self.last, self._shown = true, shown
        self._lines.append(line)
        self._arrays.update(kept)

    def close(self) -> None:
        """Writes what was private, and sets right what somebody else did to the file or its arrays meanwhile."""
        if self._file.closed:
            return
        with suppress(OSError):
            self._file.close()
        for name, array in self._arrays.items():
            self._keep(name, array)
        whole = b"".join(self._lines)
        if read_plain(self.run / FILE) != whole:
            write_atomically(self.run / FILE, whole)

    def _append(self, line: bytes) -> None:
        """Writes a line whole, or not at all."""
        try:
            view = memoryview(line)
            while view:
                view = view[os.write(self._file.fileno(), view) :]
        except (OSError, ValueError) as error:
            with suppress(OSError, ValueError):
                self._file.seek(self._file.truncate(self._size))
            cause = getattr(error, "strerror", None) or error
            raise ArenaError(f"{self.run / FILE}: can't be written: {cause}") from None
        self._size += len(line)

    def _keep(self, name: str, array: np.ndarray) -> None:
        path, raw = self.run / "arrays" / name, array.tobytes()
        if read_plain(path) != raw:
            write_atomically(path, raw)

    def _clear(self) -> None:
        for path in (self.run / "arrays").iterdir():
            if NAME.fullmatch(path.name) and not path.is_dir():
                path.unlink()


def _checked(name: str, array: np.ndarray) -> np.ndarray:
    """The array as it is kept; ValueError when its name isn't that of its content."""
    array = np.ascontiguousarray(array)
    if name != _array_name(array.dtype.str, list(array.shape), array.tobytes()):
        raise ValueError(f"{name!r:.80} is not the name of its array")
    return array


class Transcript:
    """A transcript that was read and whose chain holds."""

    def __init__(self, run: Path, entries: list[dict[str, Any]], digest: str) -> None:
        self.run, self.entries, self.hash = run, entries, digest

    @property
    def head(self) -> dict[str, Any]:
        """The first entry: scenario (without its seed), versions, device, threads."""
        return self.entries[0]

    @property
    def scenario(self) -> dict[str, Any]:
        """The scenario as plain data, its agents in the order of their turns (canonical JSON sorts keys, so the head
        keeps the cast apart), with the seed, which is told when the match is over."""
        raw = self.head["scenario"]
        seed = {"seed": self._last["seed"]} if "seed" in self._last else {}
        return {**raw, **seed, "agents": {name: raw["agents"][name] for name in self.head["cast"]}}

    @property
    def status(self) -> str:
        """finished, cancelled, failed, or unfinished when there is no last entry."""
        return str(self._last.get("status", "unfinished"))

    @property
    def _last(self) -> dict[str, Any]:
        return self.entries[-1] if self.entries[-1]["entry"] == "end" else {}

    def of(self, entry: str) -> list[dict[str, Any]]:
        """The entries of a kind: message, note, turn, curtain, fault, left, sealed."""
        return [e for e in self.entries if e["entry"] == entry]

    def messages(self) -> Iterator[Message]:
        """The messages, decoded."""
        for e in self.of("message"):
            yield Message(e["number"], e["turn"], e["sender"], e["to"], self.body(e["body"]))

    def body(self, encoded: Mapping[str, Any]) -> Body:
        """An encoded body with its arrays; ArenaError when it is none."""
        with self._reading():
            body = decode_body(encoded, self._array)
            check(body)
        return body

    def decode(self, encoded: Any) -> Any:
        """Encoded data with its arrays; ArenaError for what was never encoded."""
        with self._reading():
            return decode(encoded, self._array)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except DAMAGED as error:
            cause = " ".join(str(error).split()) or type(error).__name__
            raise ArenaError(f"{self.run / FILE}: damaged: {cause}") from None

    def _array(self, head: Mapping[str, Any]) -> np.ndarray:
        name, dtype, shape = head["$array"], np.dtype(head["dtype"]), head["shape"]
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ValueError("an array has no name")
        path = self.run / "arrays" / name
        raw = read_plain(path)
        if raw is None:
            raise ArenaError(f"{path}: an array of the transcript is missing")
        if _array_name(head["dtype"], shape, raw) != name:
            raise ArenaError(f"{path}: damaged: its content doesn't fit its name")
        array = np.frombuffer(raw, dtype).reshape(shape)
        if list(array.shape) != shape:
            raise ValueError("an array has no shape")
        return array

    def message_graph(self) -> networkx.MultiDiGraph:
        """Agents as nodes, messages as edges (attributes number, turn, kind); what goes to all has an edge to "all"."""
        import networkx

        graph: networkx.MultiDiGraph = networkx.MultiDiGraph()
        for e in self.of("message"):
            graph.add_edge(e["sender"], e["to"], key=e["number"], number=e["number"], turn=e["turn"],
                           kind=e["body"]["kind"])
        return graph

    def lineage(self) -> networkx.DiGraph:
        """Which model came from which: released -> stolen -> pruned -> ... -> deployed (`arena.game.lineage`)."""
        from arena.game.lineage import lineage

        return lineage(self.entries)


def read(run: Path) -> Transcript:
    """The transcript of a run (a folder, or the file itself); ArenaError with the line where it is damaged or
    changed."""
    path = run / FILE if os.path.isdir(run) else run
    entries, last = [], START
    for number, line in enumerate(_lines(path), start=1):
        entry = _entry(f"{path}:{number}", line)
        claimed, last = entry.pop("hash"), _follow(last, entry)
        if number == 1 and claimed == hashlib.sha256(START.encode() + canonical(entry)).hexdigest():
            wrong = "the transcript was written by an earlier version of the arena; play its scenario again"
        elif claimed != last or line != _line(entry, last):
            wrong = "the transcript was changed here: its hash doesn't follow from the line before"
        else:
            wrong = wrong_with(entry)
        if wrong:
            raise ArenaError(f"{path}:{number}:1: {wrong}")
        entries.append(entry)
    if not entries or entries[0]["entry"] != "head":
        raise ArenaError(f"{path}:1:1: the transcript has no head")
    return Transcript(path.parent, entries, last)


def _lines(path: Path) -> list[bytes]:
    """The file's lines, which end at a line feed and nowhere else."""
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            raise ArenaError(f"{path}: no transcript can be read: it is no file")
        return re.findall(rb"[^\n]*\n|[^\n]+", path.read_bytes())
    except (OSError, ValueError) as error:
        raise ArenaError(f"{path}: no transcript can be read: {getattr(error, 'strerror', None) or error}") from None


def _entry(place: str, line: bytes) -> dict[str, Any]:
    """The entry of a line, with its hash; ArenaError, with the place, when it is cut off or has none."""
    try:
        entry = json.loads(line.decode())
        if line.endswith(b"\n") and isinstance(entry, dict) and isinstance(entry.get("hash"), str) and shallow(entry):
            canonical(entry)
            return entry
        column = 1
    except UnicodeDecodeError as error:
        column = error.start + 1
    except (ValueError, RecursionError) as error:
        column = getattr(error, "colno", 1)
    raise ArenaError(f"{place}:{column}: the transcript is truncated or damaged here")
