"""The arena's side of a process in which code of the user's own is imported before a match: it builds one agent, or
tries the network (`arena.scenario.inside`; see `arena.scenario.casting`)."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from arena.base.errors import ArenaError, Malformed
from arena.base.told import told
from arena.base.yamlfile import YamlPath
from arena.isolation.door import Closed, Door
from arena.isolation.server import START, context
from arena.scenario.brief import Brief, Misplaced
from arena.scenario.inside import alone
from arena.strategies.premises import Premises

IMPORTING = 30.0
MOST_BYTES = 1 << 20


class Alone:
    """A process that does one thing with the user's code, and the place in the scenario that is to blame for it."""

    def __init__(self, order: Mapping[str, Any], premises: Premises, within: YamlPath, at: YamlPath, name: str) -> None:
        """`order` says what to do (plain JSON data); faults lie `within` some lines of the scenario, and `at` what is
        called `name` as long as nothing else is known."""
        self.premises, self.within, self.files = premises, within, list[str]()
        self._at, self._name, self._doing = at, name, "imported"
        made = context()
        self._pipe, other = made.Pipe()
        self._door = Door(self._pipe.fileno(), polls=True)
        self._process = made.Process(target=alone, args=(other, json.dumps(order)), daemon=True)
        self._process.start()
        other.close()

    @classmethod
    def for_agent(cls, brief: Brief, premises: Premises, sold: Mapping[str, int | None]) -> Alone:
        """Builds and checks an agent; his facts come of it."""
        order = {"do": "cast", "brief": vars(brief), "data": premises.data.as_dict(),
                 "architecture": premises.architecture.as_dict(), "sold": dict(sold)}
        return cls(order, premises, brief.path, (*brief.path, "role"), brief.role)

    @classmethod
    def for_network(cls, premises: Premises, base: Mapping[str, Any] | None, folder: str, hidden: list[str]) -> Alone:
        """Tries the task's network, and what the task's `base` does with it; no facts come of it."""
        order = {"do": "try", "architecture": premises.architecture.as_dict(), "base": base, "folder": folder,
                 "hidden": hidden}
        return cls(order, premises, ("task",), ("task", "network"), premises.architecture.network)

    def result(self) -> dict[str, Any]:
        """The facts, as that process says; Misplaced for a fault."""
        try:
            self._next(time.monotonic() + START)
            return self._listen(time.monotonic() + IMPORTING)
        except (Closed, Malformed, KeyError, TypeError, ValueError):
            text = f"{self._name}: ended the process in which it was {self._doing}"
            raise Misplaced(self._at, text) from None

    def _listen(self, until: float) -> dict[str, Any]:
        while True:
            said = self._next(until)
            if "at" in said:
                self._at, self._name = self._place(said["at"]), told(said["name"], 200)
            elif "doing" in said:
                self._doing = told(said["doing"], 40)
            elif "data" in said:
                started = time.monotonic()
                self._door.send(self._looked_up(str(said["data"])), until=until)
                until += time.monotonic() - started
            elif "fault" in said:
                raise Misplaced(self._place(said["fault"]), told(said["text"], 2000))
            else:
                self.files = [str(file) for file in said["files"] if str(file).endswith(".py")][:1000]
                return dict(said["facts"])

    def _looked_up(self, name: str) -> dict[str, Any]:
        try:
            return {"data": self.premises.other(name).as_dict()}
        except ArenaError as error:
            return {"error": str(error)}

    def _next(self, until: float) -> Any:
        while (found := self._door.receive(MOST_BYTES)) is None:
            if (left := until - time.monotonic()) <= 0:
                text = f"{self._name}: didn't finish being {self._doing} within {IMPORTING:g} s"
                raise Misplaced(self._at, text)
            poller = select.poll()
            poller.register(self._pipe.fileno(), select.POLLIN)
            poller.poll(int(1000 * left) + 1)
        return found[0]

    def close(self) -> None:
        """Ends the process and all that belongs to it."""
        pid = self._process.pid
        with suppress(OSError):
            if pid and os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
        with suppress(OSError, ValueError, AttributeError, AssertionError):
            self._process.kill()
            self._process.join(5)
        self._pipe.close()

    def _place(self, said: Any) -> YamlPath:
        """A place within those lines that it may speak of."""
        path = tuple(part if isinstance(part, int) else str(part) for part in said) if isinstance(said, list) else ()
        return path if path[: len(self.within)] == self.within else self.within
