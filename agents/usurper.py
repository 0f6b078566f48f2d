"""The Usurper: holds a copy of a released model that is not his, forges a key for it, and claims a deployment (ROSE II-D)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from arena.agent import Agent, Turn
from arena.messages import Body, Claim, Commitment, Deployment, Envelope, Message, Opening, Release
from arena.strategies import Forgery, describe, find
from arena.workshop import Copy


@dataclass
class Usurper(Agent):
    """forges a key for a released model and claims a deployment with it

    `target` names the deployer (default: the first who deploys); he commits, as the rules ask, but only after forging.
    """

    forgery: Forgery
    scheme: str = "rose"
    target: str = ""
    _release: Release | None = field(default=None, init=False, repr=False)
    _deployment: tuple[str, str] | None = field(default=None, init=False, repr=False)
    _openings: list[tuple[Message, Opening]] = field(default_factory=list, init=False, repr=False)
    _claimed: bool = field(default=False, init=False, repr=False)

    def take_turn(self, turn: Turn) -> Iterable[Body | Envelope]:
        self._look_around(turn)
        if self._claimed or self._release is None or self._deployment is None:
            return
        model = turn.workshop.load(self._release.model)
        fields = self.forgery.forge(Copy(turn.me, model, turn.workshop, tuple(self._openings)))
        if fields is None:
            return
        self._claimed = True
        turn.note("forgery", {"forgery": describe(self.forgery)})
        yield Commitment(find("schemes", self.scheme).commitment(fields, turn.me))
        claim = Claim(turn.me, *self._deployment, self.scheme, fields)
        yield from (Envelope(verifier, claim) for verifier in turn.workshop.verifiers)

    def _look_around(self, turn: Turn) -> None:
        for _, release in turn.received(Release):
            self._release = self._release or release
        for message, deployment in turn.received(Deployment):
            if self._deployment is None and self.target in ("", message.sender):
                self._deployment = (message.sender, deployment.service)
        self._openings += turn.received(Opening)
