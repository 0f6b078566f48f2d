"""The turn loop: who is next, what he sees, when it is over.

Agents take turns in the order of the cast. Each sees the messages addressed to him or to all since his last turn. The game is over after a
whole round in which nobody said anything. Then, for the report alone, the arena asks the deployers how each stage of their attacks would
have answered the owners' keys (the curtain call).
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from arena import __version__
from arena.errors import ArenaError
from arena.hosts.store import write_atomically
from arena.messages import ALL
from arena.scenario import Scenario
from arena.stage import Arrays, Player
from arena.transcript import Writer
from arena.workshop import Options

FORMAT = 1
Sent = tuple[dict[str, Any], Arrays]


class Observer(Protocol):
    """Who watches a game: the command line's progress display, or nobody."""

    def entry(self, entry: Mapping[str, Any]) -> None: ...

    def progress(self, agent: str, event: Mapping[str, Any]) -> None: ...


class Silent:
    """Watches nothing."""

    def entry(self, entry: Mapping[str, Any]) -> None:
        return None

    def progress(self, agent: str, event: Mapping[str, Any]) -> None:
        return None


@dataclass
class Game:
    """One match: a scenario played once into a run folder."""

    scenario: Scenario
    options: Options
    run: Path
    observer: Observer = field(default_factory=Silent)

    def play(self) -> str:
        """Plays to the end; gives the transcript's hash. The folder is readable whenever it stops, also after Ctrl-C."""
        self._check_folder()
        self._writer = Writer(self.run)
        self._messages: list[Sent] = []
        self._timings: list[dict[str, Any]] = []
        self._players: dict[str, Player] = {}
        status = "failed"
        try:
            self._add({"entry": "head", "format": FORMAT, "arena": __version__, "scenario": self.scenario.as_dict(), "cast": list(self.scenario.agents),
                       "device": self.options.device, "threads": self.options.threads, "torch": version("torch")})
            self._players = {name: Player(name, self._part(name)) for name in self.scenario.agents}
            self._rounds()
            self._curtain_call()
            status = "finished"
        except KeyboardInterrupt:
            status = "cancelled"
            raise
        finally:
            for player in self._players.values():
                player.close()
            self._add({"entry": "end", "status": status})
            self._writer.close()
            self._record(status)
        return self._writer.last

    def _check_folder(self) -> None:
        if self.run.exists() and any(self.run.iterdir() if self.run.is_dir() else [self.run]) and not (self.run / "run.json").is_file():
            raise ArenaError(f"{self.run}: is there already and holds something else than a run; give another --out")
        self._record("running")

    def _part(self, name: str) -> dict[str, Any]:
        agents = self.scenario.agents
        return {"role": agents[name]["role"], "params": agents[name]["params"], "seed": self.scenario.seed, "task": dict(self.scenario.task),
                "options": asdict(self.options), "verifiers": [a for a, part in agents.items() if part["verifies"]],
                "folder": str(self.scenario.path.parent.resolve())}

    def _rounds(self) -> None:
        turn, seen = 0, dict.fromkeys(self._players, 0)
        for _ in range(self.scenario.rounds):
            before = len(self._messages)
            for name, player in self._players.items():
                inbox = [m for m in self._messages[seen[name]:] if m[0]["to"] in (name, ALL) and m[0]["sender"] != name]
                seen[name] = len(self._messages)
                self._take_turn(turn, name, player, inbox)
                turn += 1
            if len(self._messages) == before:
                return

    def _take_turn(self, turn: int, name: str, player: Player, inbox: list[Sent]) -> None:
        for event, arrays in player.turn(turn, inbox):
            if event["event"] == "progress":
                self.observer.progress(name, event)
            elif event["event"] == "note":
                self._add({"entry": "note", "turn": turn, "agent": name, "topic": event["topic"], "data": event["data"]}, arrays)
            elif event["event"] == "message":
                self._post(turn, name, event, arrays)
            else:
                self._charge(turn, name, event)

    def _post(self, turn: int, name: str, event: dict[str, Any], arrays: Arrays) -> None:
        if event["to"] != ALL and event["to"] not in self._players:
            raise ArenaError(f"{name} sends a message to {event['to']!r}, who does not play")
        message = {"number": len(self._messages), "turn": turn, "sender": name, "to": event["to"], "body": event["body"]}
        self._messages.append((message, arrays))
        spent = self._asked(event)
        self._timings.append({"turn": turn, "agent": name, "message": message["number"], **event["seconds"]})
        self._add({"entry": "message", **message, "spent": spent}, arrays)

    @staticmethod
    def _asked(event: dict[str, Any]) -> dict[str, int]:
        """What a message cost; the images of a Query are counted here, by the arena."""
        images = event["body"].get("images") if event["body"]["kind"] == "Query" else None
        return {**event["spent"], "queries": event["spent"]["queries"] + (int(images["shape"][0]) if images else 0)}

    def _charge(self, turn: int, name: str, event: dict[str, Any]) -> None:
        self._timings.append({"turn": turn, "agent": name, **event["seconds"]})
        if any(event["spent"].values()):
            self._add({"entry": "turn", "turn": turn, "agent": name, "spent": event["spent"]})

    def _curtain_call(self) -> None:
        """Once for each owner and deployer, however many verifiers heard the claim."""
        asked = set()
        for claim, _ in [m for m in self._messages if m[0]["body"]["kind"] == "Claim" and self._is_owner(m[0]["sender"])]:
            body = claim["body"]
            images = body["key"].get("images") if isinstance(body["key"], dict) else None
            pair = (claim["sender"], body["deployer"])
            if body["deployer"] not in self._players or not images or pair in asked:
                continue
            asked.add(pair)
            arrays = dict(next(a for m, a in self._messages if m is claim))
            event, own = self._players[body["deployer"]].curtain_call(np.asarray(arrays[images["$array"]]))
            if event["data"]:
                self._add({"entry": "curtain", "agent": body["deployer"], "about": claim["number"], "stages": event["data"]}, own)

    def _is_owner(self, name: str) -> bool:
        return any(m[0]["sender"] == name and m[0]["body"]["kind"] == "Release" for m in self._messages)

    def _add(self, entry: dict[str, Any], arrays: Arrays | None = None) -> None:
        self._writer.add(entry, arrays)
        self.observer.entry(entry)

    def _record(self, status: str) -> None:
        """run.json and timings.json: what a replay need not reproduce."""
        facts = {"status": status, "scenario": self.scenario.as_dict(), "path": str(self.scenario.path), "options": asdict(self.options),
                 "machine": machine(), "transcript": getattr(getattr(self, "_writer", None), "last", None)}
        write_atomically(self.run / "run.json", (json.dumps(facts, indent=1) + "\n").encode())
        if status != "running":
            write_atomically(self.run / "timings.json", (json.dumps(self._timings) + "\n").encode())


def machine() -> dict[str, str]:
    """What a reader must know of the machine: system, processor, Python and library versions."""
    out = {"system": f"{platform.system()} {platform.machine()}", "processor": _processor(), "python": platform.python_version(), "arena": __version__}
    for name in ("torch", "torchvision", "numpy"):
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = "absent"
    return out


def _processor() -> str:
    try:
        lines: Iterator[str] = iter(Path("/proc/cpuinfo").read_text().splitlines())
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())
