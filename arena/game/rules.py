"""Who may say what, and who hears it: what the arena refuses to a sender's face, and how questions reach a service
without the asker's name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from arena.base.errors import Malformed
from arena.game.messages import (
    ALL,
    ARENA,
    CUSTOMER,
    Body,
    Claim,
    Demand,
    Deployment,
    Disclosure,
    Query,
    Release,
    Response,
    Verdict,
)

MOST_SERVICES = 64


@dataclass(frozen=True)
class Asked:
    """A question on its way: who asked, whom, about what (the asker's own reference), how many images, of which
    service."""

    asker: str
    service: tuple[str, str]
    about: int
    images: int


@dataclass
class Rules:
    """What has been said, as far as it decides what may be said. `looked_at` raises Malformed for a released model that
    is none; `shape` is that of the task's images, (C, H, W), where it is known."""

    players: Collection[str]
    verifiers: Collection[str]
    looked_at: Callable[[str], None] = lambda model: None
    shape: tuple[int, ...] | None = None
    services: set[tuple[str, str]] = field(default_factory=set)
    questions: dict[int, Asked] = field(default_factory=dict)
    demands: dict[tuple[str, int], str] = field(default_factory=dict)
    claims: dict[int, tuple[str, Claim]] = field(default_factory=dict)

    def address(self, sender: str, to: str, body: Body) -> tuple[str, Body]:
        """(to whom it really goes, what he gets); Malformed, with the reason, for what `sender` may not say."""
        if body.senders == "arena" or (body.senders == "verifier" and sender not in self.verifiers):
            raise Malformed(f"{sender} can't say {type(body).__name__}: that is "
                            f"{'the arena' if body.senders == 'arena' else 'a verifier'}'s to say")
        if isinstance(body, Response):
            return self._answer(sender, body)
        if to != ALL and to not in self.players:
            raise Malformed(f"{sender} sends a message to {to!r:.60}, who does not play")
        check = _CHECKS.get(type(body))
        if check is not None:
            check(self, sender, to, body)
        return to, body

    def _answer(self, sender: str, body: Response) -> tuple[str, Body]:
        asked = self.questions.get(body.about)
        if asked is None or asked.service[0] != sender:
            raise Malformed(f"Response: nobody asked {sender} a question of number {body.about}")
        if len(body.labels) != asked.images:
            raise Malformed(f"Response: {len(body.labels)} labels for {asked.images} images")
        del self.questions[body.about]
        return asked.asker, replace(body, service=asked.service[1], about=asked.about)

    def _release(self, sender: str, to: str, body: Release) -> None:
        self.looked_at(body.model)

    def _deployment(self, sender: str, to: str, body: Deployment) -> None:
        if to != ALL:
            raise Malformed("Deployment: a service is announced to all")
        if (sender, body.service) not in self.services and sum(who == sender
                                                               for who, _ in self.services) >= MOST_SERVICES:
            raise Malformed(f"Deployment: {MOST_SERVICES} services are enough")

    def _query(self, sender: str, to: str, body: Query) -> None:
        if (to, body.service) not in self.services:
            raise Malformed(f"Query: {to!r:.60} deployed no service {body.service!r:.60}")
        if self.shape is not None and body.images.shape[1:] != tuple(self.shape):
            raise Malformed(f"Query: images of shape {body.images.shape[1:]}, where the task's are {tuple(self.shape)}")

    def _claim(self, sender: str, to: str, body: Claim) -> None:
        if to not in self.verifiers:
            raise Malformed("Claim: a claim is for a verifier")

    def _demand(self, sender: str, to: str, body: Demand) -> None:
        heard = self.claims.get(body.about)
        if heard is None or heard[0] != sender or heard[1].deployer != to:
            raise Malformed(f"Demand: {sender} heard no claim of number {body.about} on {to!r:.60}")

    def _disclosure(self, sender: str, to: str, body: Disclosure) -> None:
        if self.demands.get((to, body.about)) != sender:
            raise Malformed(f"Disclosure: {to!r:.60} demanded nothing of {sender} for claim {body.about}")
        if body.others and not body.model:
            raise Malformed("Disclosure: others are shown beside a first model")
        for member in body.members:
            self.looked_at(member)

    def _verdict(self, sender: str, to: str, body: Verdict) -> None:
        heard = self.claims.get(body.about)
        if to != ALL or heard is None or heard[0] != sender:
            raise Malformed(f"Verdict: {sender} heard no claim of number {body.about}, or doesn't tell all")
        if (body.claimant, body.deployer) != (heard[1].claimant, heard[1].deployer):
            raise Malformed(f"Verdict: claim {body.about} is another one")

    def take(self, number: int, sender: str, to: str, body: Body) -> None:
        """Remembers a message that passed."""
        if isinstance(body, Deployment):
            self.services.add((sender, body.service))
        elif isinstance(body, Query):
            self.questions[number] = Asked(sender, (to, body.service), body.about, len(body.images))
        elif isinstance(body, Demand):
            self.demands[sender, body.about] = to
        elif isinstance(body, Claim):
            self.claims[number] = (to, body)


_CHECKS: Mapping[type[Body], Callable[[Rules, str, str, Any], None]] = {
    Release: Rules._release, Deployment: Rules._deployment, Query: Rules._query, Claim: Rules._claim,
    Demand: Rules._demand,
    Disclosure: Rules._disclosure, Verdict: Rules._verdict}


def delivered(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An encoded message as its receiver gets it: a question comes from a customer, under the number of the message."""
    if entry["body"]["kind"] != Query.__name__:
        return dict(entry)
    return {**entry, "sender": CUSTOMER, "body": {**entry["body"], "about": entry["number"]}}


RESERVED = (ALL, ARENA, CUSTOMER)
"""Names that no agent has."""
