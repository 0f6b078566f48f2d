"""The transcript: JSONL, one entry a line, each chained to the one before by its hash; arrays beside it by theirs.

It holds only what a replay must reproduce: no clock times (those are in timings.json). Read it, replay it, or make graphs of it: who told
whom what, and which model came from which.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.errors import ArenaError
from arena.hosts.store import write_atomically
from arena.messages import Body, Message, canonical, decode, decode_body

if TYPE_CHECKING:
    import networkx

FILE = "transcript.jsonl"
START = "0" * 64


class Writer:
    """Appends entries to RUN/transcript.jsonl and keeps their arrays in RUN/arrays/."""

    def __init__(self, run: Path) -> None:
        self.run, self.last = run, START
        try:
            (run / "arrays").mkdir(parents=True, exist_ok=True)
            self._file = (run / FILE).open("w", encoding="utf-8")
        except OSError as error:
            raise ArenaError(f"{run}: can't be written: {error.strerror or error}") from None

    def add(self, entry: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> None:
        """One entry (plain JSON data); `arrays` are those that it names."""
        for name, array in (arrays or {}).items():
            self._keep(name, array)
        self.last = hashlib.sha256(self.last.encode() + canonical(entry)).hexdigest()
        self._file.write(canonical({**entry, "hash": self.last}).decode() + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def _keep(self, name: str, array: np.ndarray) -> None:
        path = self.run / "arrays" / name
        if not path.exists():
            write_atomically(path, np.ascontiguousarray(array).tobytes())


class Transcript:
    """A transcript that was read and whose chain holds."""

    def __init__(self, run: Path, entries: list[dict[str, Any]], digest: str) -> None:
        self.run, self.entries, self.hash = run, entries, digest

    @property
    def head(self) -> dict[str, Any]:
        """The first entry: scenario, seed, versions, device, threads."""
        return self.entries[0]

    @property
    def scenario(self) -> dict[str, Any]:
        """The scenario as plain data, its agents in the order of their turns (canonical JSON sorts keys, so the head keeps the cast apart)."""
        raw = self.head["scenario"]
        return {**raw, "agents": {name: raw["agents"][name] for name in self.head["cast"]}}

    @property
    def status(self) -> str:
        """finished, cancelled, failed, or unfinished when there is no last entry."""
        return self.entries[-1].get("status", "unfinished") if self.entries[-1]["entry"] == "end" else "unfinished"

    def of(self, entry: str) -> list[dict[str, Any]]:
        """The entries of a kind: message, note, turn, curtain."""
        return [e for e in self.entries if e["entry"] == entry]

    def messages(self) -> Iterator[Message]:
        """The messages, decoded."""
        for e in self.of("message"):
            yield Message(e["number"], e["turn"], e["sender"], e["to"], self.body(e["body"]))

    def body(self, encoded: Mapping[str, Any]) -> Body:
        return decode_body(encoded, self._array)

    def decode(self, encoded: Any) -> Any:
        """Encoded data with its arrays."""
        return decode(encoded, self._array)

    def _array(self, head: Mapping[str, Any]) -> np.ndarray:
        path = self.run / "arrays" / str(head["$array"])
        try:
            raw = path.read_bytes()
        except OSError:
            raise ArenaError(f"{path}: an array of the transcript is missing") from None
        if hashlib.sha256(canonical({"dtype": head["dtype"], "shape": head["shape"]}) + raw).hexdigest() != head["$array"]:
            raise ArenaError(f"{path}: damaged: its content doesn't fit its name")
        return np.frombuffer(raw, np.dtype(head["dtype"])).reshape(head["shape"])

    def message_graph(self) -> networkx.MultiDiGraph:
        """Agents as nodes, messages as edges (attributes number, turn, kind); what goes to all has an edge to "all"."""
        import networkx

        graph: networkx.MultiDiGraph = networkx.MultiDiGraph()
        for e in self.of("message"):
            graph.add_edge(e["sender"], e["to"], key=e["number"], number=e["number"], turn=e["turn"], kind=e["body"]["kind"])
        return graph

    def lineage(self) -> networkx.DiGraph:
        """Which model came from which: released -> stolen -> pruned -> ... -> deployed. Nodes are "owner: release" or "agent: stage"."""
        import networkx

        graph: networkx.DiGraph = networkx.DiGraph()
        at: dict[Any, str] = {}
        for e in self.entries:
            if e["entry"] == "message" and e["body"]["kind"] == "Release":
                node = f"{e['sender']}: released"
                graph.add_node(node, agent=e["sender"], model=e["body"]["model"], kind="released")
                at[e["body"]["model"]] = node
            elif e["entry"] == "note" and e["topic"] == "stage":
                self._stage(graph, at, e["agent"], e["data"])
            elif e["entry"] == "message" and e["body"]["kind"] == "Deployment" and (e["sender"], "last") in at:
                node = f"{e['sender']}: deployed"
                graph.add_node(node, agent=e["sender"], model=graph.nodes[at[e["sender"], "last"]]["model"], kind="deployed")
                graph.add_edge(at[e["sender"], "last"], node, by="deploying")
        return graph

    @staticmethod
    def _stage(graph: networkx.DiGraph, at: dict[Any, str], agent: str, data: Mapping[str, Any]) -> None:
        count = sum(1 for _, a in graph.nodes(data="agent") if a == agent)
        node = f"{agent}: {count}. {data['stage']}"
        source = at.get((agent, "last")) or at.get(data["from"])
        graph.add_node(node, agent=agent, model=data["model"], kind=data["stage"], accuracy=data["after"])
        if source and data["from"]:
            graph.add_edge(source, node, by=data["by"])
        at[agent, "last"] = node


def read(run: Path) -> Transcript:
    """The transcript of a run (a folder, or the file itself); ArenaError with the line where it is cut off or was changed."""
    path = run / FILE if run.is_dir() else run
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as error:
        raise ArenaError(f"{path}: no transcript can be read: {getattr(error, 'strerror', None) or error}") from None
    entries, last = [], START
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            claimed = entry.pop("hash")
        except (ValueError, KeyError, AttributeError, TypeError):
            raise ArenaError(f"{path}:{number}:1: the transcript is truncated or damaged here") from None
        last = hashlib.sha256(last.encode() + canonical(entry)).hexdigest()
        if claimed != last or not line.endswith("\n"):
            raise ArenaError(f"{path}:{number}:1: the transcript was changed here: its hash doesn't follow from the line before")
        entries.append(entry)
    if not entries or entries[0].get("entry") != "head":
        raise ArenaError(f"{path}:1:1: the transcript has no head")
    return Transcript(path.parent, entries, last)
