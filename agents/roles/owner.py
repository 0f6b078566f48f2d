"""The Owner: marks a host, commits to the key, releases the model, and claims every service that he meets (ROSE II)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from torch import nn

from arena.base.errors import Malformed
from arena.game.messages import Body, Claim, Commitment, Deployment, Envelope, Opening, Release, Verdict
from arena.game.notes import AccuracyNote, MarkNote
from arena.strategies import Scheme, name_of
from arena.strategies.agent import Agent, Turn
from arena.workshop.kept import noted


@dataclass
class Owner(Agent):
    """marks a host, commits, releases it, claims every deployment

    `reference` trains the same host without a mark too, for comparison; `opens` shows the key in public after a verdict
    in his favour.
    """

    data: ClassVar[tuple[str, ...]] = ("train", "validation", "test")
    sells: ClassVar[bool] = True
    admits: ClassVar[tuple[str, ...]] = ("scheme",)

    scheme: Scheme
    reference: bool = True
    opens: bool = False
    _fields: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    _claimed: set[tuple[str, str]] = field(default_factory=set, init=False, repr=False)
    _opened: bool = field(default=False, init=False, repr=False)

    @property
    def copies(self) -> int | None:
        return self.scheme.copies

    def take_turn(self, turn: Turn) -> Iterable[Body | Envelope]:
        if not self._fields:
            yield from self._publish(turn)
        for message, deployment in turn.received(Deployment):
            if (message.sender, deployment.service) not in self._claimed:
                self._claimed.add((message.sender, deployment.service))
                claim = Claim(turn.me, message.sender, deployment.service, name_of(self.scheme), self._fields)
                yield from (Envelope(verifier, claim) for verifier in turn.workshop.verifiers)
        for message, verdict in turn.received(Verdict):
            mine = verdict.granted and verdict.claimant == turn.me and message.sender in turn.workshop.verifiers
            if mine and self.opens and not self._opened:
                self._opened = True
                yield Opening(name_of(self.scheme), self._fields)

    def _publish(self, turn: Turn) -> Iterable[Body]:
        shop = turn.workshop
        key = self.scheme.draw_key(shop)
        self._fields = self.scheme.open_key(key)
        yield Commitment(self.scheme.commitment(self._fields, turn.me))
        unmarked = shop.accuracy(shop.unmarked_host()) if self.reference else None
        host = self.scheme.mark(key, shop)
        turn.note(AccuracyNote(shop.accuracy(host), unmarked))
        turn.note(noted(shop.trainings))
        turn.note(self._own_score(host, turn))
        what = f"{shop.task.network} for {shop.task.dataset}"
        yield Release(shop.save(host), what)  # type: ignore[arg-type]
        for number, further in enumerate(self.scheme.further_copies(key, shop), start=2):
            yield Release(shop.save(further), f"{what}, copy {number}")  # type: ignore[arg-type]

    def _own_score(self, host: nn.Module, turn: Turn) -> MarkNote:
        """What his key scores on what he is about to release: whoever marks in vain should know it."""
        shop = turn.workshop
        claim = Claim(turn.me, turn.me, "", name_of(self.scheme), self._fields)
        try:
            evidence = self.scheme.examine(claim, shop.setting()).score_copy(host, shop)
        except Malformed as fault:
            return MarkNote(0.0, str(fault))
        return MarkNote(float(evidence.rarity), evidence.text)
