"""The Owner: marks a host, commits to the key, releases the model, and claims every service that he meets (ROSE II)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from arena.agent import Agent, Turn
from arena.messages import Body, Claim, Commitment, Deployment, Envelope, Opening, Release, Verdict
from arena.strategies import Scheme


@dataclass
class Owner(Agent):
    """marks a host, commits, releases it, claims every deployment

    `reference` trains the same host without a mark too, for comparison; `opens` shows the key in public after a verdict in his favour.
    """

    scheme: Scheme
    reference: bool = True
    opens: bool = False
    _fields: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    _opened: bool = field(default=False, init=False, repr=False)

    def take_turn(self, turn: Turn) -> Iterable[Body | Envelope]:
        if not self._fields:
            yield from self._publish(turn)
        for message, deployment in turn.received(Deployment):
            claim = Claim(turn.me, message.sender, deployment.service, _name(self.scheme), self._fields)
            yield from (Envelope(verifier, claim) for verifier in turn.workshop.verifiers)
        for _, verdict in turn.received(Verdict):
            if self.opens and not self._opened and verdict.granted and verdict.claimant == turn.me:
                self._opened = True
                yield Opening(_name(self.scheme), self._fields)

    def _publish(self, turn: Turn) -> Iterable[Body]:
        shop = turn.workshop
        key = self.scheme.draw_key(shop)
        self._fields = self.scheme.open_key(key)
        yield Commitment(self.scheme.commitment(self._fields, turn.me))
        figures: dict[str, Any] = {}
        if self.reference:
            figures["unmarked"] = shop.accuracy(shop.host(shop.dataset.parts["train"], "unmarked host"))
        host = self.scheme.mark(key, shop)
        figures["marked"] = shop.accuracy(host)
        turn.note("accuracy", figures)
        turn.note("training", shop.histories)
        what = f"{shop.task.network} for {shop.task.dataset}"
        yield Release(shop.save(host), what)  # type: ignore[arg-type]
        for number, further in enumerate(self.scheme.further_copies(key, shop), start=2):
            yield Release(shop.save(further), f"{what}, copy {number}")  # type: ignore[arg-type]


def _name(scheme: Scheme) -> str:
    return type(scheme).__module__.rpartition(".")[2].replace("_", "-")
