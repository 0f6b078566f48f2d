"""The turn loop: who is next, what he sees, when it is over.

Agents take turns in the order of the cast. Each sees the messages addressed to him or to all since his last turn. The game is over after a
whole round in which nobody said anything. Then, for the report alone, the arena asks the deployers how each stage of their attacks would
have answered the owners' keys (the curtain call).
"""

from __future__ import annotations

import json
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from arena.base.draws import Draws, master_of, world_of
from arena.base.errors import ArenaError, Malformed
from arena.base.files import file_hashes, write_atomically
from arena.base.machine import VERSION, machine
from arena.base.told import told
from arena.game.ledger import Spending
from arena.game.messages import ALL, ARENA, Departure, check, decode, decode_body, encode
from arena.game.notes import check_note
from arena.game.rules import Rules, delivered
from arena.game.transcript import Writer
from arena.hosts.header import Header, finite
from arena.hosts.store import Store
from arena.isolation.door import Arrays
from arena.play.observer import Observer, Silent
from arena.play.player import Event, Left, Player
from arena.play.runfolder import locked
from arena.scenario.scenario import Scenario
from arena.workshop.options import Options

FORMAT = 2


@dataclass(frozen=True)
class Fault:
    """An agent left the play: in which turn, why, and the details for its author."""

    turn: int
    agent: str
    reason: str
    details: str


@dataclass
class Game:
    """One match: a scenario played once into a run folder."""

    scenario: Scenario
    options: Options
    run: Path
    observer: Observer = field(default_factory=Silent)
    faults: list[Fault] = field(default_factory=list, init=False)

    def play(self) -> str:
        """Plays to the end; gives the transcript's hash. The folder is readable whenever it stops, also after Ctrl-C or SIGTERM."""
        self._check_folder()
        store = Store(Path(self.options.store))
        store.check_writable()
        store.sweep()
        with locked(self.run), _termination_as_interrupt(), tempfile.TemporaryDirectory(prefix="arena-") as scratch:
            self._scratch = scratch
            return self._play()

    def _play(self) -> str:
        for old in ("report.html", "timings.json"):
            (self.run / old).unlink(missing_ok=True)
        self._record("running")
        self._writer = Writer(self.run)
        self._messages: list[Event] = []
        self._timings: list[dict[str, Any]] = []
        self._players: dict[str, Player] = {}
        names = list(self.scenario.agents)
        self._rules = Rules(names, self.scenario.verifiers, self._look_at_model, self.scenario.shape)
        status = "failed"
        try:
            self._add({"entry": "head", "format": FORMAT, "arena": VERSION, "scenario": self._public_scenario(), "cast": names,
                       "device": self.options.device, "threads": self.options.threads, "torch": version("torch"),
                       "bounds": {name: self.scenario.agents[name]["rarity"] for name in self.scenario.verifiers}})
            self._players = {name: Player(name, self._part(name), self.scenario.limits, partial(self.observer.printed, name)) for name in names}
            self._rounds()
            self._curtain_call()
            status = "finished"
        except KeyboardInterrupt:
            status = "cancelled"
            raise
        finally:
            self._end(status)
        return self._writer.last

    def _end(self, status: str) -> None:
        for player in self._players.values():
            player.kill()
        try:
            self._add({"entry": "end", "status": status, "seed": self.scenario.seed})
            self._writer.close()
            self._record(status)
        finally:
            for player in self._players.values():
                player.close()

    def _check_folder(self) -> None:
        if self.run.exists() and any(self.run.iterdir() if self.run.is_dir() else [self.run]) and not (self.run / "run.json").is_file():
            raise ArenaError(f"{self.run}: is there already and holds something else than a run; give another --out")

    def _public_scenario(self) -> dict[str, Any]:
        """What may stand in the run's folder while the agents play: all but the seed."""
        return {key: value for key, value in self.scenario.as_dict().items() if key != "seed"}

    def _part(self, name: str) -> dict[str, Any]:
        """What an agent's process gets: his own secret, and the world's seed, but never the match's."""
        part, master = self.scenario.agents[name], master_of(self.scenario.seed)
        store = Path(self.options.store).resolve()
        hidden = [self.scenario.path.resolve(), self.run.resolve(), *(p.parent.resolve() for p in self.run.parent.glob("*/transcript.jsonl"))]
        folder = str(self.scenario.path.parent.resolve())
        options = replace(self.options, world=world_of(master), parts=tuple(part["parts"]), folder=folder)
        return {"role": part["role"], "params": part["params"], "secret": Draws.of(self.scenario.seed, name).secret.hex(),
                "task": dict(self.scenario.task), "options": asdict(options), "verifiers": list(self.scenario.verifiers),
                "admitted": list(self.scenario.admitted(name)) if part["verifies"] else [],
                "customers": self.scenario.customers, "folder": folder, "scratch": self._scratch,
                "kernels": str(kernels := _kernels(name, self.scenario.seed)),
                "writable": [str(store), self._scratch, "/dev", str(kernels)], "hidden": list(map(str, hidden))}

    def _look_at_model(self, name: str) -> None:
        """Malformed unless `name` is a network in the store that an agent may be given."""
        raw = Store(Path(self.options.store)).get(name)
        if raw is None:
            raise Malformed(f"model {name[:12]} is not in the store")
        header = Header.of(raw)
        if not finite(raw, header):
            raise Malformed(f"model {name[:12]} holds numbers that are not finite")
        if self.scenario.shape is not None and tuple(header.spec["shape"]) != tuple(self.scenario.shape):
            raise Malformed(f"a network for images {tuple(header.spec['shape'])}, where the task's are {tuple(self.scenario.shape)}")

    def _rounds(self) -> None:
        turn, seen = 0, dict.fromkeys(self._players, 0)
        for _ in range(self.scenario.rounds):
            before = len(self._messages)
            for name, player in self._players.items():
                inbox = [m for m in self._messages[seen[name]:] if m[0]["to"] in (name, ALL) and m[0]["sender"] != name]
                seen[name] = len(self._messages)
                if not player.out:
                    self._take_turn(turn, name, player, inbox)
                turn += 1
            if len(self._messages) == before:
                return

    def _take_turn(self, turn: int, name: str, player: Player, inbox: list[Event]) -> None:
        try:
            for event, arrays in player.turn(turn, [(delivered(entry), own) for entry, own in inbox]):
                self._happened(turn, name, event, arrays)
        except Left as left:
            self._out(turn, name, left)
        self._timings.append({"turn": turn, "agent": name, "processor": round(player.processor_seconds(), 2)})

    def _happened(self, turn: int, name: str, event: dict[str, Any], arrays: Arrays) -> None:
        if event["event"] == "progress":
            self.observer.progress(name, {**event, "what": told(event["what"], 60), "text": told(event["text"], 60)})
        elif event["event"] == "refused":
            self._refuse(turn, name, event["text"])
        elif event["event"] == "note":
            self._note(turn, name, event, arrays)
        elif event["event"] == "message":
            self._post(turn, name, event, arrays)
        else:
            self._charge(turn, name, event)

    def _refuse(self, turn: int, name: str, text: str) -> None:
        """A message or note that nobody else sees: its sender's fault."""
        self._add({"entry": "fault", "turn": turn, "agent": name, "text": told(text, 500)})

    def _out(self, turn: int, name: str, left: Left) -> None:
        """An agent has left the play: that is recorded, the others are told, and it goes on without him."""
        self.faults.append(Fault(turn, name, left.reason, left.details))
        self._add({"entry": "left", "turn": turn, "agent": name, "reason": left.reason})
        body = encode(Departure(name), {})
        message = {"number": len(self._messages), "turn": turn, "sender": ARENA, "to": ALL, "body": body}
        self._messages.append((message, {}))
        self._add({"entry": "message", **message, "spent": Spending().as_dict()})

    def _note(self, turn: int, name: str, event: dict[str, Any], arrays: Arrays) -> None:
        try:
            data = _decoded(event["data"], arrays)
            check_note(event["topic"], data)
        except Malformed as fault:
            self._refuse(turn, name, f"a note {fault}")
            return
        kept: Arrays = {}
        self._add({"entry": "note", "turn": turn, "agent": name, "topic": event["topic"], "data": encode(data, kept)}, kept, private=True)

    def _post(self, turn: int, name: str, event: dict[str, Any], arrays: Arrays) -> None:
        number = len(self._messages)
        try:
            said = _decoded(event["body"], arrays, body=True)
            check(said)
            to, body = self._rules.address(name, event["to"], said)
        except Malformed as fault:
            self._refuse(turn, name, str(fault))
            self._charge(turn, name, event)
            return
        self._rules.take(number, name, to, body)
        kept: Arrays = {}
        message = {"number": number, "turn": turn, "sender": name, "to": to, "body": encode(body, kept)}
        self._messages.append((message, kept))
        self._timings.append({"turn": turn, "agent": name, "message": number, **event["seconds"]})
        self._add({"entry": "message", **message, "spent": self._asked(event)}, kept, private=to != ALL)

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
        for claim, arrays in [m for m in self._messages if m[0]["body"]["kind"] == "Claim" and self._is_owner(m[0]["sender"])]:
            body = claim["body"]
            images = body["key"].get("images") if isinstance(body["key"], dict) else None
            pair, player = (claim["sender"], body["deployer"]), self._players.get(body["deployer"])
            if player is None or player.out or not isinstance(images, dict) or images.get("$array") not in arrays or pair in asked:
                continue
            asked.add(pair)
            self._ask_stages(claim["number"], body["deployer"], player, np.asarray(arrays[images["$array"]]))

    def _ask_stages(self, claim: int, name: str, player: Player, images: np.ndarray) -> None:
        if images.dtype != np.uint8 or images.ndim != 4:
            return
        try:
            event, own = player.curtain_call(images)
            stages = _decoded(event["data"], own)
            if not _labels_by_stage(stages, len(images)):
                raise Malformed("what its stages would have answered must be int64 labels by the stages' names")
        except Left as left:
            self._out(-1, name, left)
        except Malformed as fault:
            self._refuse(-1, name, str(fault))
        else:
            kept: Arrays = {}
            if stages:
                self._add({"entry": "curtain", "agent": name, "about": claim, "stages": encode(stages, kept)}, kept, private=True)

    def _is_owner(self, name: str) -> bool:
        return any(m[0]["sender"] == name and m[0]["body"]["kind"] == "Release" for m in self._messages)

    def _add(self, entry: dict[str, Any], arrays: Arrays | None = None, private: bool = False) -> None:
        self._writer.add(entry, arrays, private=private)
        self.observer.entry(entry)

    def _record(self, status: str) -> None:
        """run.json and timings.json: what a replay need not reproduce. While agents play, the seed isn't in it."""
        over = status != "running"
        facts = {"status": status, "scenario": self.scenario.as_dict() if over else self._public_scenario(), "path": str(self.scenario.path.resolve()),
                 "files": file_hashes(self.scenario.path.parent, self.scenario.files), "options": asdict(self.options), "machine": machine(),
                 "faults": [asdict(fault) for fault in self.faults], "transcript": getattr(getattr(self, "_writer", None), "last", None)}
        write_atomically(self.run / "run.json", (json.dumps(facts, indent=1) + "\n").encode())
        if over:
            write_atomically(self.run / "timings.json", (json.dumps(self._timings) + "\n").encode())


def _labels_by_stage(stages: Any, count: int) -> bool:
    return isinstance(stages, Mapping) and all(isinstance(a, np.ndarray) and a.dtype == np.int64 and a.shape == (count,) for a in stages.values())


def _decoded(value: Any, arrays: Arrays, body: bool = False) -> Any:
    """What an agent's process encoded; Malformed for what `encode` can't have made."""
    try:
        return decode_body(value, arrays) if body else decode(value, arrays)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise Malformed(f"can't be read: {type(error).__name__}") from None


def _kernels(name: str, seed: int) -> Path:
    """Where an agent keeps compiled programs: nobody else's are run in his process, and his in nobody else's."""
    from arena.base.files import default_folder

    folder = default_folder().resolve() / "kernels" / Draws.of(seed, name).bytes("kernels", 8).hex()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """SIGTERM ends a match as Ctrl-C does (in the main thread; elsewhere signals are left alone)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
