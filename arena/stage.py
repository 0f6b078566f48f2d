"""Every agent plays in a process of its own; this file is the door.

What one agent knows is not in another's memory: there is nothing to reach for, whatever a strategy tries from Python. Through the door
go JSON and raw arrays (`arena.messages`), never objects. The processes are forked from a server that has imported torch and done nothing
else, so a new one takes milliseconds and holds no secret. It is no sandbox against a program that reads other people's files.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from arena.errors import ArenaError, StrategyCrash
from arena.messages import ALL, Body, Envelope, Message, decode, decode_body, encode

PRELOAD = ["arena.warm", "arena.stage"]
Arrays = dict[str, np.ndarray]


def settle_environment() -> None:
    """Before torch is imported: threads that wait asleep, memory that is kept (both measured: README, "Speed")."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
        os.environ.setdefault(name, str(1 << 30))


def context() -> Any:
    """The way to make processes: from a server with torch imported where the system can fork, else from scratch."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(PRELOAD)
    return made


def warm_up() -> None:
    """Starts the server in the background; it imports torch while the caller reads the scenario."""
    settle_environment()
    if "forkserver" in multiprocessing.get_all_start_methods():
        from multiprocessing import forkserver

        context()
        forkserver.ensure_running()


def send(door: Connection, value: Any, arrays: Mapping[str, np.ndarray] | None = None) -> None:
    """One JSON value, then its arrays."""
    arrays = arrays or {}
    heads = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    door.send_bytes(json.dumps([value, heads]).encode())
    for array in arrays.values():
        door.send_bytes(np.ascontiguousarray(array).tobytes())


def receive(door: Connection) -> tuple[Any, Arrays]:
    """What `send` sent; EOFError when the other side is gone."""
    value, heads = json.loads(door.recv_bytes())
    arrays = {name: np.frombuffer(door.recv_bytes(), np.dtype(dtype)).reshape(shape) for name, dtype, shape in heads}
    return value, arrays


class Player:
    """The arena's side of the door: one agent's process."""

    def __init__(self, name: str, part: Mapping[str, Any]) -> None:
        """`part` says what to play: role, params, scenario seed, task, options, verifiers, folder (plain JSON data)."""
        self.name = name
        made = context()
        self._door, other = made.Pipe()
        self._process = made.Process(target=_play, args=(other, json.dumps({**part, "name": name})), daemon=True)
        self._process.start()
        other.close()

    def turn(self, number: int, inbox: list[tuple[dict[str, Any], Arrays]]) -> Iterator[tuple[dict[str, Any], Arrays]]:
        """Plays a turn; gives what happens as it happens: {"event": "message" | "note" | "progress" | "end", ...} with arrays."""
        arrays = {name: array for _, own in inbox for name, array in own.items()}
        yield from self._ask({"do": "turn", "number": number, "inbox": [entry for entry, _ in inbox]}, arrays)

    def curtain_call(self, images: np.ndarray) -> tuple[dict[str, Any], Arrays]:
        """What each stage of this agent's deployment would have answered, encoded."""
        arrays: Arrays = {}
        entry = encode(images, arrays)
        *_, last = self._ask({"do": "curtain", "images": entry}, arrays)
        return last

    def close(self) -> None:
        """Ends the process."""
        self._process.terminate()
        self._process.join(5)
        self._door.close()

    def _ask(self, order: dict[str, Any], arrays: Arrays) -> Iterator[tuple[dict[str, Any], Arrays]]:
        try:
            send(self._door, order, arrays)
            while True:
                event, own = receive(self._door)
                if event["event"] == "mistake":
                    raise ArenaError(event["text"])
                if event["event"] == "crash":
                    raise StrategyCrash(self.name, event["summary"], event["details"])
                yield event, own
                if event["event"] == "end":
                    return
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self._process.join(1)
            raise StrategyCrash(self.name, f"its process ended with code {self._process.exitcode} (killed, or out of memory?)", "") from None


def _play(door: Connection, part: str) -> None:
    """The agent's side of the door."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        host = _Host(door, json.loads(part))
        while True:
            order, arrays = receive(door)
            host.obey(order, arrays)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except ArenaError as error:
        send(door, {"event": "mistake", "text": str(error)})
    except BaseException as error:
        send(door, {"event": "crash", "summary": f"{type(error).__name__}: {error}", "details": _own_frames(error)})


def _own_frames(error: BaseException) -> str:
    """The traceback from the agent's own code on."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next((i for i, frame in enumerate(frames) if frame.filename != __file__), 0)
    return "".join(traceback.format_list(frames[first:]) + traceback.format_exception_only(error))


class _Host:
    """Builds the agent and passes orders to it, messages and notes out, with what each cost."""

    def __init__(self, door: Connection, part: dict[str, Any]) -> None:
        import torch

        from arena.ledger import meter
        from arena.scenario import build_agent, build_task
        from arena.workshop import Options, Workshop

        options = Options(**part["options"])
        torch.set_num_threads(options.threads)
        meter().watch_networks()
        self.door, self.meter, self.name = door, meter(), part["name"]
        sys.path[:0] = [part["folder"]] if part["folder"] not in sys.path else []
        self.agent = build_agent(part["role"], part["params"], part["folder"])
        self.shop = Workshop(build_task(part["task"]), part["seed"], self.name, options, tuple(part["verifiers"]), self._progress)

    def obey(self, order: dict[str, Any], arrays: Arrays) -> None:
        self.meter.lap()
        if order["do"] == "turn":
            self._turn(order, arrays)
        else:
            self._curtain(order, arrays)

    def _turn(self, order: dict[str, Any], arrays: Arrays) -> None:
        from arena.agent import Turn

        inbox = tuple(Message(m["number"], m["turn"], m["sender"], m["to"], decode_body(m["body"], arrays)) for m in order["inbox"])
        turn = Turn(order["number"], self.name, inbox, self.shop, self._note)
        for said in self.agent.take_turn(turn) or ():
            self._say(said)
        self._end()

    def _curtain(self, order: dict[str, Any], arrays: Arrays) -> None:
        from arena.agent import Turn

        turn = Turn(-1, self.name, (), self.shop, self._note)
        stages = self.agent.curtain_call(decode(order["images"], arrays), turn)
        out: Arrays = {}
        self._end(encode(stages, out), out)

    def _say(self, said: Body | Envelope) -> None:
        envelope = said if isinstance(said, Envelope) else Envelope(ALL, said)
        if not isinstance(envelope.body, Body):
            raise TypeError(f"a turn gives message bodies or envelopes, not {type(said).__name__}")
        arrays: Arrays = {}
        body = encode(envelope.body, arrays)
        spent, seconds = self.meter.lap()
        send(self.door, {"event": "message", "to": str(envelope.to), "body": body, "spent": asdict(spent), "seconds": seconds}, arrays)

    def _note(self, topic: str, data: Any) -> None:
        arrays: Arrays = {}
        send(self.door, {"event": "note", "topic": topic, "data": encode(data, arrays)}, arrays)

    def _progress(self, what: str, done: int, total: int, text: str) -> None:
        send(self.door, {"event": "progress", "what": what, "done": done, "total": total, "text": text})

    def _end(self, data: Any = None, arrays: Arrays | None = None) -> None:
        spent, seconds = self.meter.lap()
        send(self.door, {"event": "end", "data": data, "spent": asdict(spent), "seconds": seconds}, arrays)
