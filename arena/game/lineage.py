"""Which model came from which, as agents noted it: released -> stolen -> pruned -> ... -> deployed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from arena.base.errors import Malformed
from arena.game.notes import StageNote

if TYPE_CHECKING:
    import networkx


def lineage(entries: Iterable[Mapping[str, Any]]) -> networkx.DiGraph:
    """The graph of a transcript's entries. Nodes are "owner: released", "agent: 0. stage" or "agent: deployed"; a note
    that is no stage's, or whose model comes from one that nobody released, is left out."""
    import networkx

    line = _Lineage(networkx.DiGraph())
    for entry in entries:
        if entry["entry"] == "message" and entry["body"]["kind"] == "Release":
            line.release(entry["sender"], entry["body"].get("model"))
        elif entry["entry"] == "note" and entry["topic"] == StageNote.topic:
            with suppress(Malformed):
                line.stage(entry["agent"], StageNote.read(entry["data"]))
        elif entry["entry"] == "message" and entry["body"]["kind"] == "Deployment":
            line.deploy(entry["sender"])
    return line.graph


class _Lineage:
    """The graph as it grows: where each released model stands in it, and each agent's last stage."""

    def __init__(self, graph: networkx.DiGraph) -> None:
        self.graph = graph
        self.released: dict[str, str] = {}
        self.last: dict[str, str] = {}
        self.stages: dict[str, int] = {}

    def release(self, sender: str, model: Any) -> None:
        if isinstance(model, str):
            self.released[model] = f"{sender}: released"
            self.graph.add_node(self.released[model], agent=sender, model=model, kind="released")

    def stage(self, agent: str, note: StageNote) -> None:
        source = self.last.get(agent) or self.released.get(note.source)
        if note.source and not source:
            return
        count = self.stages[agent] = self.stages.get(agent, -1) + 1
        node = self.last[agent] = f"{agent}: {count}. {note.stage}"
        self.graph.add_node(node, agent=agent, model=note.model, kind=note.stage, accuracy=note.after)
        if source and note.source:
            self.graph.add_edge(source, node, by=note.by)

    def deploy(self, sender: str) -> None:
        if sender in self.last:
            node = f"{sender}: deployed"
            self.graph.add_node(node, agent=sender, model=self.graph.nodes[self.last[sender]]["model"], kind="deployed")
            self.graph.add_edge(self.last[sender], node, by="deploying")
