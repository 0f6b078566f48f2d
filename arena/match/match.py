"""The turn loop: who is next, what he sees, when it is over.

Agents take turns in the order of the cast. Each sees the messages addressed to him or to all since his last turn. The
match is over after a whole round in which nobody said anything. Then, for the record alone, comes the curtain call
(`arena.match.curtain`).
"""

from __future__ import annotations

import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from arena.base.draws import Draws, master_of, world_of
from arena.base.errors import ArenaError, Malformed
from arena.base.files import default_folder
from arena.base.machine import VERSION
from arena.base.told import told
from arena.game.messages import ALL, check
from arena.game.notes import check_note
from arena.game.rules import Rules, delivered
from arena.game.transcript import FILE
from arena.hosts.header import Header, finite
from arena.hosts.store import Store
from arena.isolation.door import Arrays
from arena.match.books import Books, Fault, decoded
from arena.match.curtain import Curtain
from arena.match.observer import Observer, Silent
from arena.match.player import Event, Left, Player
from arena.match.record import begun, ended
from arena.match.result import Result
from arena.match.runfolder import locked
from arena.scenario.scenario import Scenario
from arena.workshop.options import Options

FORMAT = 3


@dataclass
class Match:
    """One match: a scenario played once into a run folder."""

    scenario: Scenario
    options: Options
    run: Path
    observer: Observer = field(default_factory=Silent)
    _beginning: Result = field(init=False, repr=False)
    _books: Books = field(init=False, repr=False)
    _players: dict[str, Player] = field(default_factory=dict, init=False, repr=False)

    def play(self) -> Result:
        """Plays to the end. The folder is readable whenever it stops, also after Ctrl-C or SIGTERM."""
        self._check_folder()
        store = Store(Path(self.options.store))
        store.check_writable()
        store.sweep()
        with locked(self.run), _termination_as_interrupt(), tempfile.TemporaryDirectory(prefix="arena-") as scratch:
            return self._play(scratch)

    @property
    def faults(self) -> list[Fault]:
        """What agents did wrong so far."""
        return self._books.faults if hasattr(self, "_books") else []

    def _open(self) -> None:
        (self.run / "report.html").unlink(missing_ok=True)
        self._beginning = begun(self.run, self.scenario, self.options)
        self._books = Books(self.run, list(self.scenario.agents), self.observer)
        self._rules = Rules(list(self.scenario.agents), self.scenario.verifiers, self._look_at_model,
                            self.scenario.shape)

    def _play(self, scratch: str) -> Result:
        self._open()
        status = "failed"
        try:
            self._books.add(self._head())
            self._players = {name: self._player(name, scratch) for name in self.scenario.agents}
            self._rounds()
            Curtain(self._books, self._players).call()
            status = "finished"
        except KeyboardInterrupt:
            status = "cancelled"
            raise
        finally:
            result = self._end(status)
        return result

    def _end(self, status: str) -> Result:
        for player in self._players.values():
            player.kill()
        try:
            self._books.add({"entry": "end", "status": status, "seed": self.scenario.seed})
            self._books.writer.close()
            return ended(self._beginning, self.run, self._books)
        finally:
            for player in self._players.values():
                player.close()

    def _check_folder(self) -> None:
        run = self.run
        holds = any(run.iterdir()) if run.is_dir() else run.exists()
        if holds and not (run / FILE).is_file() and not (run / "result.json").is_file():
            raise ArenaError(f"{run}: is there already and holds something else than a run; give another --out")

    def _head(self) -> dict[str, Any]:
        return {"entry": "head", "format": FORMAT, "arena": VERSION, "scenario": self.scenario.without_seed(),
                "cast": list(self.scenario.agents), "device": self.options.device, "threads": self.options.threads,
                "torch": version("torch")}

    def _player(self, name: str, scratch: str) -> Player:
        return Player(name, self._part(name, scratch), self.scenario.limits, partial(self.observer.printed, name))

    def _part(self, name: str, scratch: str) -> dict[str, Any]:
        """What an agent's process gets: his own secret, and the world's seed, but never the match's."""
        part, master = self.scenario.agents[name], master_of(self.scenario.seed)
        store, kernels = str(Path(self.options.store).resolve()), _kernels(name, self.scenario.seed)
        folder = str(self.scenario.path.parent.resolve())
        options = replace(self.options, world=world_of(master), parts=tuple(part["parts"]), folder=folder)
        return {"role": part["role"], "params": part["params"],
                "secret": Draws.of(self.scenario.seed, name).secret.hex(), "task": dict(self.scenario.task),
                "options": asdict(options), "verifiers": list(self.scenario.verifiers),
                "admitted": list(self.scenario.admitted(name)) if part["verifies"] else [],
                "customers": self.scenario.customers, "folder": folder, "scratch": scratch, "kernels": kernels,
                "writable": [store, scratch, "/dev", kernels], "hidden": self._hidden()}

    def _hidden(self) -> list[str]:
        """What no agent may read: the scenario, this run and older ones beside it."""
        older = (path.parent for path in self.run.parent.glob(f"*/{FILE}"))
        return [str(path.resolve()) for path in (self.scenario.path, self.run, *older)]

    def _look_at_model(self, name: str) -> None:
        """Malformed unless `name` is a network in the store that an agent may be given."""
        raw, shape = Store(Path(self.options.store)).get(name), self.scenario.shape
        if raw is None:
            raise Malformed(f"model {name[:12]} is not in the store")
        header = Header.of(raw)
        if ":" in header.spec["network"] and header.spec["network"] != self.scenario.network:
            raise Malformed(f"{header.spec['network']!r:.60} is no network that the scenario names")
        if not finite(raw, header):
            raise Malformed(f"model {name[:12]} holds numbers that are not finite")
        if shape is not None and tuple(header.spec["shape"]) != tuple(shape):
            raise Malformed(f"a network for images {tuple(header.spec['shape'])}, where the task's are {tuple(shape)}")

    def _rounds(self) -> None:
        turn, seen, messages = 0, dict.fromkeys(self._players, 0), self._books.messages
        for _ in range(self.scenario.rounds):
            before = len(messages)
            for name, player in self._players.items():
                inbox = self.heard(name, seen[name])
                seen[name] = len(messages)
                if not player.out:
                    self._take_turn(turn, name, player, inbox)
                turn += 1
            if len(messages) == before:
                return

    def heard(self, name: str, since: int = 0) -> list[Event]:
        """The messages to somebody, or to all, from a place in the order of messages on."""
        return [m for m in self._books.messages[since:] if m[0]["to"] in (name, ALL) and m[0]["sender"] != name]

    def _take_turn(self, turn: int, name: str, player: Player, inbox: list[Event]) -> None:
        try:
            for event, arrays in player.turn(turn, [(delivered(entry), own) for entry, own in inbox]):
                self._happened(turn, name, event, arrays)
        except Left as left:
            self._books.left(turn, name, left)
        clock = self._books.clocks[name]
        clock.processor = max(clock.processor, round(player.processor_seconds(), 2))

    def _happened(self, turn: int, name: str, event: dict[str, Any], arrays: Arrays) -> None:
        if event["event"] == "progress":
            self.observer.progress(name, {**event, "what": told(event["what"], 60), "text": told(event["text"], 60)})
        elif event["event"] == "refused":
            self._books.refused(turn, name, event["text"])
        elif event["event"] == "note":
            self._note(turn, name, event, arrays)
        elif event["event"] == "message":
            self._post(turn, name, event, arrays)
        else:
            self._books.charged(turn, name, event)

    def _note(self, turn: int, name: str, event: dict[str, Any], arrays: Arrays) -> None:
        try:
            data = decoded(event["data"], arrays)
            check_note(event["topic"], data)
        except Malformed as fault:
            self._books.refused(turn, name, f"a note {fault}")
        else:
            self._books.noted(turn, name, event["topic"], data)

    def _post(self, turn: int, name: str, event: dict[str, Any], arrays: Arrays) -> None:
        try:
            said = decoded(event["body"], arrays, body=True)
            check(said)
            to, body = self._rules.address(name, event["to"], said)
        except Malformed as fault:
            self._books.refused(turn, name, str(fault))
            self._books.charged(turn, name, event)
            return
        self._rules.take(len(self._books.messages), name, to, body)
        self._books.timed(name, event["seconds"])
        self._books.said(turn, name, to, body, _asked(event))


def _asked(event: dict[str, Any]) -> dict[str, int]:
    """What a message cost; the images of a Query are counted here, by the arena."""
    images = event["body"].get("images") if event["body"]["kind"] == "Query" else None
    return {**event["spent"], "queries": event["spent"]["queries"] + (int(images["shape"][0]) if images else 0)}


def _kernels(name: str, seed: int) -> str:
    """Where an agent keeps compiled programs: nobody else's are run in his process, and his in nobody else's."""
    folder = default_folder().resolve() / "kernels" / Draws.of(seed, name).bytes("kernels", 8).hex()
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


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
