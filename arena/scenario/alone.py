"""The process that builds one agent with parts of the user's own, seen from both sides (see
`arena.scenario.casting`)."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError, Malformed
from arena.base.names import split
from arena.base.told import in_words, told
from arena.base.userfiles import files_beside
from arena.base.yamlfile import YamlPath
from arena.isolation.door import Closed, Door
from arena.isolation.server import START, context
from arena.scenario.brief import Brief, Misplaced, build, examine
from arena.strategies.premises import Data, Premises

IMPORTING, PROCESSOR_SECONDS, MEMORY = 30.0, 120.0, 4.0 * 2**30
MOST_BYTES = 1 << 20


class Alone:
    """The arena's side of the process that builds one agent."""

    def __init__(self, brief: Brief, premises: Premises, sold: Mapping[str, int | None]) -> None:
        self.brief, self.premises, self.files = brief, premises, list[str]()
        self._at: tuple[YamlPath, str] = ((*brief.path, "role"), brief.role)
        made = context()
        self._pipe, other = made.Pipe()
        self._door = Door(self._pipe.fileno(), polls=True)
        order = {"brief": vars(brief), "data": premises.data.as_dict(),
                 "architecture": premises.architecture.as_dict(), "sold": dict(sold)}
        self._process = made.Process(target=_alone, args=(other, json.dumps(order)), daemon=True)
        self._process.start()
        other.close()

    def result(self) -> dict[str, Any]:
        """The agent's facts, as that process says; Misplaced for a fault."""
        try:
            self._next(time.monotonic() + START)
            return self._listen(time.monotonic() + IMPORTING)
        except (Closed, Malformed, KeyError, TypeError, ValueError):
            raise Misplaced(self._at[0], f"{self._at[1]}: ended the process in which it was imported") from None

    def _listen(self, until: float) -> dict[str, Any]:
        while True:
            said = self._next(until)
            if "at" in said:
                self._at = (_path(said["at"], self.brief), told(said["name"], 200))
            elif "data" in said:
                started = time.monotonic()
                self._door.send(self._looked_up(str(said["data"])), until=until)
                until += time.monotonic() - started
            elif "fault" in said:
                raise Misplaced(_path(said["fault"], self.brief), told(said["text"], 2000))
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
                raise Misplaced(self._at[0], f"{self._at[1]}: didn't finish being imported within {IMPORTING:g} s")
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


def _path(said: Any, brief: Brief) -> YamlPath:
    """A place within the agent's own lines."""
    path = tuple(part if isinstance(part, int) else str(part) for part in said) if isinstance(said, list) else ()
    return path if path[:2] == brief.path else brief.path


def _alone(pipe: Connection, order: str) -> None:
    """The other side: builds one agent and says what it is."""
    from arena.isolation import sandbox

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sandbox.lead_group()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    door, told_to = Door(pipe.fileno(), polls=False), json.loads(order)
    brief = Brief(**told_to["brief"])
    with suppress(Closed):
        door.send({"alive": True})
        sandbox.enter(MEMORY, PROCESSOR_SECONDS, [], [Path(p) for p in brief.hidden], False)
        door.send(_said(brief, told_to, door))
    os._exit(0)


def _said(brief: Brief, order: dict[str, Any], door: Door) -> dict[str, Any]:
    """What there is to say of the agent: facts, or the first fault."""
    try:
        from arena.hosts.architecture import Architecture

        sys.path.insert(0, brief.folder)
        architecture = Architecture.from_dict(order["architecture"])
        premises = Premises(Data.from_dict(order["data"]), architecture, lambda name: _asked(name, door))
        built = build(brief, importing=lambda name, path: door.send({"at": list(path), "name": name}))
        return {"facts": examine(brief, built, premises, order["sold"]), "files": [str(file) for file in _files(brief)]}
    except Misplaced as fault:
        return {"fault": list(fault.path), "text": fault.text}
    except Closed:
        raise
    except BaseException as error:
        return {"fault": list(brief.path), "text": str(error) if isinstance(error, ArenaError) else in_words(error)}


def _asked(name: str, door: Door) -> Data:
    """Another data set, opened by the arena."""
    door.send({"data": name})
    answer, _ = door.receive() or ({}, {})
    if "error" in answer:
        raise ArenaError(answer["error"])
    return Data.from_dict(answer["data"])


def _files(brief: Brief) -> list[Path]:
    """The user's files that were loaded: beside the scenario, and the modules that it names."""
    named = [getattr(sys.modules.get(split(name)[0]), "__file__", None) for name in brief.own_names]
    return [*files_beside(Path(brief.folder)), *(Path(file) for file in named if file)]
