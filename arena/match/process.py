"""The agent's side: its process builds the agent, passes orders to it, and messages and notes out, each checked, with
what it cost."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError, Malformed
from arena.base.told import in_words
from arena.game.messages import ALL, Envelope, Message, check, decode, decode_body, encode
from arena.game.notes import Note, as_entry
from arena.game.wire import plain_value, size_of
from arena.isolation import sandbox
from arena.isolation.door import Arrays, Closed, Door
from arena.isolation.limits import Limits
from arena.strategies.agent import CURTAIN

SIGN_OF_LIFE = 2.0
"""Seconds between two signs of life, of an agent that works without a word; a quarter of the time in which one is
wanted, where that is less."""


def play(pipe: Connection, printer: Connection, part: str) -> None:
    """Plays one agent until the arena closes the door."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sandbox.lead_group()
    for stream in (1, 2):
        os.dup2(printer.fileno(), stream)
    how: Any = {"buffering": 1, "encoding": "utf-8", "errors": "replace", "closefd": False}
    sys.stdout, sys.stderr = (open(n, "w", **how) for n in (1, 2))  # noqa: SIM115
    door = Door(pipe.fileno(), polls=False)
    with suppress(Closed):
        _play(door, json.loads(part))
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(0)


def _play(door: Door, part: dict[str, Any]) -> None:
    try:
        door.send({"event": "alive"})
        host = _Host(door, part)
        while True:
            order, arrays = door.receive() or (None, {})
            host.obey(order, arrays)
    except Closed:
        raise
    except ArenaError as error:
        door.send({"event": "left", "reason": str(error)[:2000], "details": ""})
    except BaseException as error:
        door.send({"event": "left", "reason": in_words(error, 2000), "details": own_frames(error)})


def own_frames(error: BaseException) -> str:
    """The traceback from the agent's own code on."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next((i for i, frame in enumerate(frames) if frame.filename != __file__), 0)
    return "".join([*traceback.format_list(frames[first:][-50:]), in_words(error, 2000)])


class _Host:
    """One agent in his process."""

    def __init__(self, door: Door, part: dict[str, Any]) -> None:
        import torch

        from arena.game.ledger import meter
        from arena.scenario.scenario import build_agent, build_task
        from arena.workshop.options import Options
        from arena.workshop.workshop import Workshop

        options, self.limits = Options(**{**part["options"],
                                          "parts": tuple(part["options"]["parts"])}), Limits(**part["limits"])
        torch.set_num_threads(options.threads)
        meter().watch_networks()
        meter().alive = self._alive
        self.door, self.meter, self.name, self._said = door, meter(), part["name"], 0.0
        self._shut_in(part, options.device)
        sys.path[:0] = [part["folder"]] if part["folder"] not in sys.path else []
        self.shop = Workshop(build_task(part["task"]), bytes.fromhex(part["secret"]), self.name, options,
                             tuple(part["verifiers"]), self._progress,
                             admitted=tuple(part["admitted"]), customers=part["customers"])
        self.agent = build_agent(part["role"], part["params"], part["folder"])

    def _shut_in(self, part: dict[str, Any], device: str) -> None:
        """A graphics processor's driver maps what it likes and starts helpers: there memory and processes are left
        alone."""
        free = device != "cpu"
        os.environ.update(TMPDIR=part["scratch"], ARENA_KERNELS=part["kernels"])
        writable = [Path(p) for p in part["writable"]]
        sandbox.enter(0 if free else self.limits.memory, self.limits.cpu, writable, [Path(p) for p in part["hidden"]],
                      free or self.limits.processes)

    def obey(self, order: Any, arrays: Arrays) -> None:
        self.meter.lap()
        if order["do"] == "turn":
            self._turn(order, arrays)
        else:
            self._curtain(order, arrays)

    def _turn(self, order: dict[str, Any], arrays: Arrays) -> None:
        from arena.strategies.agent import Turn

        inbox = tuple(Message(m["number"], m["turn"], m["sender"], m["to"], decode_body(m["body"], arrays))
                      for m in order["inbox"])
        turn = Turn(order["number"], self.name, inbox, self.shop, self._note)
        for said in _sayings(self.agent.take_turn(turn), self.agent):
            self._say(said)
        self._end()

    def _curtain(self, order: dict[str, Any], arrays: Arrays) -> None:
        from arena.strategies.agent import Turn

        said = self._shown(order, decode(order, arrays), Turn(CURTAIN, self.name, (), self.shop, self._note))
        out: Arrays = {}
        plain_value(said)
        self._end(encode(said, out), out)

    def _shown(self, order: dict[str, Any], given: dict[str, Any], turn: Any) -> Any:
        """An agent's part in the curtain call (`arena.match.curtain`)."""
        if order["do"] == "ask":
            return self.agent.ask_stages(given["claim"], turn)
        if order["do"] == "score":
            scored = self.agent.score_stages(given["claim"], given["stages"], turn)
            return {stage: evidence.as_data() for stage, evidence in scored.items()}
        if given["images"] is None:
            return self.agent.disclose_stages(turn)
        return self.agent.curtain_call(given["images"], turn)

    def _say(self, said: Any) -> None:
        envelope = said if isinstance(said, Envelope) else Envelope(ALL, said)
        try:
            check(envelope.body)
            self._weigh(envelope.body)
            if not isinstance(envelope.to, str):
                raise Malformed(f"an envelope is addressed to a name, not to {type(envelope.to).__name__}")
        except Malformed as fault:
            self.door.send({"event": "refused", "text": str(fault)})
            return
        arrays: Arrays = {}
        body = encode(envelope.body, arrays)
        spent, seconds = self.meter.lap()
        self.door.send({"event": "message", "to": str(envelope.to), "body": body, "spent": asdict(spent),
                        "seconds": seconds}, arrays)

    def _weigh(self, body: Any) -> None:
        size = sum(size_of(value) for value in vars(body).values())
        if size > self.limits.message:
            raise Malformed(f"{type(body).__name__}: {size} bytes, where {self.limits.message:.0f} are the most")

    def _note(self, what: str | Note, data: Any = None) -> None:
        topic, data = as_entry(what, data)
        try:
            plain_value(data)
            if size_of(data) > self.limits.message:
                raise Malformed(f"{size_of(data)} bytes, where {self.limits.message:.0f} are the most")
        except Malformed as fault:
            self.door.send({"event": "refused", "text": f"a note on {str(topic)[:40]}: {fault}"})
            return
        arrays: Arrays = {}
        self.door.send({"event": "note", "topic": str(topic), "data": encode(data, arrays)}, arrays)

    def _progress(self, what: str, done: int, total: int, text: str) -> None:
        self._said = time.monotonic()
        self.door.send({"event": "progress", "what": str(what), "done": int(done), "total": int(total),
                        "text": str(text)})

    def _alive(self) -> None:
        if time.monotonic() - self._said > min(SIGN_OF_LIFE, self.limits.quiet / 4):
            self._said = time.monotonic()
            self.door.send({"event": "alive"})

    def _end(self, data: Any = None, arrays: Arrays | None = None) -> None:
        spent, seconds = self.meter.lap()
        self.door.send({"event": "end", "data": data, "spent": asdict(spent), "seconds": seconds}, arrays)


def _sayings(given: Any, agent: Any) -> Any:
    """What a turn gave, one by one; ArenaError for what can't be gone through."""
    if given is None:
        return ()
    try:
        return iter(given)
    except TypeError:
        raise ArenaError(f"{type(agent).__name__}.take_turn must give messages, one after another, not "
                         f"{type(given).__name__}") from None
