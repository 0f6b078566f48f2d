"""Which model came from which, as agents noted it: released -> stolen -> pruned -> ... -> deployed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx

NOTED: Mapping[str, tuple[type, ...]] = {"stage": (str,), "model": (str,), "from": (str,), "by": (str,),
                                         "after": (int, float)}


def lineage(entries: Iterable[Mapping[str, Any]]) -> networkx.DiGraph:
    """The graph of a transcript's entries. Nodes are "owner: released", "agent: 0. stage" or "agent: deployed"; a note
    that is no stage's, or whose model comes from one that nobody released, is left out."""
    import networkx

    line = _Lineage(networkx.DiGraph())
    for entry in entries:
        if entry["entry"] == "message" and entry["body"]["kind"] == "Release":
            line.release(entry["sender"], entry["body"].get("model"))
        elif entry["entry"] == "note" and entry["topic"] == "stage" and _is_stage(entry["data"]):
            line.stage(entry["agent"], entry["data"])
        elif entry["entry"] == "message" and entry["body"]["kind"] == "Deployment":
            line.deploy(entry["sender"])
    return line.graph


def _is_stage(data: Any) -> bool:
    return isinstance(data, Mapping) and all(type(data.get(name)) in kinds for name, kinds in NOTED.items())


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

    def stage(self, agent: str, data: Mapping[str, Any]) -> None:
        source = self.last.get(agent) or self.released.get(data["from"])
        if data["from"] and not source:
            return
        count = self.stages[agent] = self.stages.get(agent, -1) + 1
        node = self.last[agent] = f"{agent}: {count}. {data['stage']}"
        self.graph.add_node(node, agent=agent, model=data["model"], kind=data["stage"], accuracy=data["after"])
        if source and data["from"]:
            self.graph.add_edge(source, node, by=data["by"])

    def deploy(self, sender: str) -> None:
        if sender in self.last:
            node = f"{sender}: deployed"
            self.graph.add_node(node, agent=sender, model=self.graph.nodes[self.last[sender]]["model"], kind="deployed")
            self.graph.add_edge(self.last[sender], node, by="deploying")
