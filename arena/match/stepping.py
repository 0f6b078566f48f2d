"""A match whose turns somebody else asks for, one by one, and who chooses how an agent plays before his first one."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from arena.game.rules import delivered
from arena.hosts.store import Store
from arena.isolation.door import Arrays
from arena.match.curtain import Curtain
from arena.match.match import Match
from arena.match.result import Result
from arena.match.runfolder import locked
from arena.scenario.scenario import Scenario
from arena.workshop.options import Options


@dataclass
class Stepped(Match):
    """Begins at once, in a folder that goes with it; `next` is whose turn it is, empty once the match is over."""

    next: str = field(default="", init=False)
    cut_short: bool = field(default=False, init=False)
    _stack: ExitStack = field(default_factory=ExitStack, init=False, repr=False)
    _withheld: frozenset[str] = field(default_factory=frozenset, init=False, repr=False)
    _scratch: str = field(default="", init=False, repr=False)
    _turn: int = field(default=0, init=False, repr=False)
    _before: int = field(default=0, init=False, repr=False)
    _seen: Counter[str] = field(default_factory=Counter, init=False, repr=False)

    @classmethod
    def begun(cls, scenario: Scenario, options: Options) -> Stepped:
        stack = ExitStack()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="arena-steps-")))
        match = cls(scenario, options, folder / "run")
        match._stack = stack
        Store(Path(options.store)).check_writable()
        stack.enter_context(locked(match.run))
        match._scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="arena-"))
        match._open()
        match._books.add(match._head())
        match.next = next(iter(scenario.agents))
        return match

    def take(self, part: Mapping[str, Any], withheld: frozenset[str] = frozenset(), chosen: Any = None) -> None:
        """Plays the next agent's turn: from his first one on he is what `part` says, a part of a scenario's agents;
        messages of the kinds `withheld` are not sent. What was `chosen` is noted."""
        name, self._withheld = self.next, withheld
        if name not in self._players:
            self.scenario = replace(self.scenario, agents={**self.scenario.agents, name: part})
            self._players[name] = self._player(name, self._scratch)
        inbox, self._seen[name] = self.heard(name, self._seen[name]), len(self._books.messages)
        self._books.noted(self._turn, name, "choice", chosen)
        if not self._players[name].out:
            self._take_turn(self._turn, name, self._players[name], inbox)
        self._turn += 1
        self.next = self._following()

    def _following(self) -> str:
        """Whose turn is next; nobody's after a silent round, or the last one."""
        names, said = list(self.scenario.agents), len(self._books.messages)
        if self._turn % len(names):
            return names[self._turn % len(names)]
        self.cut_short = said > self._before and self._turn // len(names) >= self.scenario.rounds
        silent, self._before = said == self._before, said
        return "" if silent or self.cut_short else names[0]

    def _post(self, turn: int, name: str, event: dict[str, Any], arrays: Arrays) -> None:
        body = event["body"]
        if isinstance(body, dict) and body.get("kind") in self._withheld:
            self._books.charged(turn, name, event)
        else:
            super()._post(turn, name, event, arrays)

    def said_to(self, name: str) -> list[dict[str, Any]]:
        """The messages that an agent has seen, or is about to see, encoded as he gets them."""
        return [delivered(entry) for entry, _ in self.heard(name)]

    def turns_of(self, name: str) -> int:
        """How many turns he has taken."""
        place, all_of_them = list(self.scenario.agents).index(name), len(self.scenario.agents)
        return (self._turn - place + all_of_them - 1) // all_of_them

    def news_of(self, name: str) -> list[tuple[str, str]]:
        """(sender, kind) of those since his last turn."""
        news = [delivered(entry) for entry, _ in self.heard(name, self._seen[name])]
        return [(entry["sender"], entry["body"]["kind"]) for entry in news]

    def finish(self) -> Result:
        """The record of a match that is over, with its curtain call."""
        Curtain(self._books, self._players).call()
        return self._end("finished")

    def close(self) -> None:
        """Ends the agents' processes, and takes the folder away."""
        for player in self._players.values():
            player.close()
        self._books.writer.close()
        self._stack.close()
