"""Every agent plays in a process of its own; this file is the arena's side of it.

What one agent knows is not in another's memory: there is nothing to reach for, whatever a strategy tries from Python.
Through the door go JSON and raw arrays (`arena.isolation.door`), never objects. The processes are forked from a server
that has imported torch and done nothing else, so a new one takes milliseconds and holds no secret. A player that breaks
down or goes beyond the limits has left the play (`Left`).
"""

from __future__ import annotations

import json
import math
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from arena.base.errors import ArenaError, Malformed
from arena.base.told import told
from arena.game.ledger import check_spending
from arena.game.messages import encode
from arena.isolation.door import Arrays, Closed, Door, Late
from arena.isolation.limits import Limits
from arena.isolation.sandbox import processor_seconds
from arena.isolation.server import START, context

ENDED = "its process ended with code {} (killed, or out of memory?)"
"""Why somebody left whose process ended; of a signal the code is below 0."""
MOST_LINES, MOST_EVENTS, LONGEST_LINE = 200, 1_000_000, 4096
CARRIED = 1 << 20
"""Bytes of a frame around what a message carries."""
Event = tuple[dict[str, Any], Arrays]
FIELDS = {"message": {"to", "body", "spent", "seconds"}, "note": {"topic", "data"},
          "progress": {"what", "done", "total", "text"}, "alive": set(),
          "refused": {"text"}, "end": {"data", "spent", "seconds"}, "left": {"reason", "details"}}


class Left(Exception):
    """An agent is out of the play: why, in words that are the same in a replay, and the details for its author."""

    def __init__(self, reason: str, details: str = "") -> None:
        super().__init__(reason)
        self.reason, self.details = told(reason, 500), details


class Player:
    """The arena's side of one agent's process."""

    def __init__(self, name: str, part: Mapping[str, Any], limits: Limits,
                 prints: Callable[[str], None] = lambda text: None) -> None:
        """`part` says what to play: role, params, secret, task, options, verifiers, folder (plain JSON data); `prints`
        gets every line that he prints."""
        self.name, self.limits, self.printed, self.out, self._show = name, limits, 0, False, prints
        made = context()
        self._pipe, other = made.Pipe()
        self._prints, printer = made.Pipe(duplex=False)
        self._door = Door(self._pipe.fileno(), polls=True)
        os.set_blocking(self._prints.fileno(), False)
        from arena.match.process import play

        self._process = made.Process(target=play, args=(other, printer,
                                                        json.dumps({**part, "name": name, "limits": limits.as_dict()})),
                                     daemon=True)
        try:
            self._process.start()
        except (OSError, EOFError) as error:
            raise ArenaError(f"{name}'s process can't be started: {type(error).__name__}: {error}") from None
        other.close()
        printer.close()
        self._line, self._ready = b"", False
        self._printing = True

    def turn(self, number: int, inbox: list[Event]) -> Iterator[Event]:
        """Plays a turn; gives what happens as it happens: {"event": "message" | "note" | "progress" | "refused" |
        "end", ...} with arrays. Raises Left when the agent is out."""
        arrays = {name: array for _, own in inbox for name, array in own.items()}
        yield from self._ask({"do": "turn", "number": number, "inbox": [entry for entry, _ in inbox]}, arrays)

    def curtain_call(self, order: Mapping[str, Any]) -> Event:
        """What the agent shows, or scores, for the record: the end event, its data encoded. Raises Left."""
        arrays: Arrays = {}
        encoded, last = {name: encode(value, arrays) for name, value in order.items()}, None
        for event, own in self._ask(encoded, arrays):
            last = (event, own) if event["event"] == "end" else last
        return last or ({"data": None}, {})

    def processor_seconds(self) -> float:
        """What the kernel says that the process has used."""
        return processor_seconds(self._process.pid or 0)

    def kill(self) -> None:
        """Ends the process and all that belongs to it, at once."""
        self.out = True
        pid = self._process.pid
        with suppress(OSError):
            if pid and os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
        with suppress(OSError, ValueError, AttributeError):
            self._process.kill()

    def close(self) -> None:
        """As `kill`, and waits until it is over."""
        self.kill()
        with suppress(OSError, ValueError, AssertionError):
            self._process.join(5)
        for end in (self._pipe, self._prints):
            with suppress(OSError):
                end.close()

    def _ask(self, order: dict[str, Any], arrays: Arrays) -> Iterator[Event]:
        try:
            self._begin()
            started = time.monotonic()
            self._door.send(order, arrays, started + self.limits.quiet)
            yield from self._listen(started)
        except Closed:
            self._process.join(1)
            code = self._process.exitcode
            raise self._gone(ENDED.format(code)) from None
        except Late:
            raise self._gone(f"it gave no sign of life for {self.limits.quiet:g} s") from None
        except Malformed as fault:
            raise self._gone(f"it wrote rubbish to the door: {fault}") from None

    def _begin(self) -> None:
        """Waits for the process to be there: a server that is still importing takes nothing off an agent's time."""
        if not self._ready:
            self._wait(time.monotonic() + START)
            self._ready = True

    def _listen(self, started: float) -> Iterator[Event]:
        said = volume = events = 0
        while True:
            event, own = self._event(started)
            events += 1
            if event["event"] in ("message", "note", "refused"):
                said, volume = said + 1, volume + sum(a.nbytes for a in own.values()) + len(str(event))
            if said > self.limits.messages:
                raise self._gone(f"it said more than {self.limits.messages} things in a turn")
            if volume > self.limits.volume or events > MOST_EVENTS:
                raise self._gone(f"it said more than {self.limits.volume / 2**20:g} MiB in a turn")
            if event["event"] == "left":
                self._hear_prints()
                raise self._gone(event["reason"], event["details"])
            if event["event"] != "alive":
                yield event, own
            if event["event"] == "end":
                self._hear_prints()
                return

    def _event(self, started: float) -> Event:
        """The next event."""
        end = started + self.limits.turn
        try:
            found = self._wait(min(time.monotonic() + self.limits.quiet, end))
        except Late:
            if time.monotonic() < end:
                raise
            raise self._gone(f"its turn took longer than {self.limits.turn:g} s") from None
        return _checked(found[0]), found[1]

    def _wait(self, until: float) -> Event:
        """The next frame; Late when none came until then."""
        while (found := self._door.receive(int(self.limits.message) + CARRIED)) is None:
            if (left := until - time.monotonic()) <= 0:
                raise Late
            poller = select.poll()
            poller.register(self._pipe.fileno(), select.POLLIN)
            if self._printing:
                poller.register(self._prints.fileno(), select.POLLIN)
            poller.poll(math.ceil(1000 * min(left, 0.5)))
            self._hear_prints()
        if time.monotonic() > until:
            raise Late
        return found

    def _hear_prints(self) -> None:
        """What the agent printed, line by line, in words that can do no harm; a bounded number of them."""
        with suppress(OSError):
            while more := os.read(self._prints.fileno(), 1 << 16):
                *lines, self._line = (self._line + more).split(b"\n")
                self._line = self._line[:LONGEST_LINE]
                room = max(0, MOST_LINES - self.printed)
                for line in lines[:room]:
                    self._show(told(line.decode("utf-8", "replace"), 200))
                self.printed += len(lines)
            self._printing = False

    def _gone(self, reason: str, details: str = "") -> Left:
        self.kill()
        return Left(reason, details)


def _checked(event: Any) -> dict[str, Any]:
    """An event as the agent's process should have written it; Malformed for any other."""
    kind = event.get("event") if isinstance(event, dict) else None
    if kind not in FIELDS or set(event) != {"event", *FIELDS[kind]}:
        raise Malformed("no event")
    try:
        if "spent" in event:
            check_spending(event["spent"])
        right = all(isinstance(event[name], str) for name in ("to", "topic", "what", "text", "reason", "details")
                    if name in event)
        right &= all(type(event[name]) is int and 0 <= event[name] < 2**63
                     for name in ("done", "total") if name in event)
        right &= "seconds" not in event or (isinstance(event["seconds"], dict)
                                            and all(0 <= float(event["seconds"][n]) < 1e9 for n in ("cpu", "wall")))
    except (ValueError, TypeError, KeyError):
        right = False
    if not right:
        raise Malformed(f"a {kind} with odd fields")
    return event
