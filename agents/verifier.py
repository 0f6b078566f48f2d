"""The Verifier: trusts nobody. He asks the service, measures rarity and work, and gives verdicts with reasons (ROSE III).

A claim that breaks the rules is a verdict "rejected: ...", whatever it holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from pydantic import Field

from arena.agent import Agent, Turn
from arena.errors import Malformed
from arena.evidence import Case
from arena.messages import Body, Claim, Commitment, Deployment, Envelope, Message, Query, Release, Response, Verdict
from arena.strategies import Examination, Policy, scheme_named

PATIENCE = 3


@dataclass
class Open:
    """A claim that waits for the service's answer."""

    case: Case
    examination: Examination
    since: int


@dataclass
class Verifier(Agent):
    """queries the services, measures rarity and work, grants or denies

    `controls` is how many hosts of his own he trains where a scheme (level 3 of ROSE) scores surprises only.
    """

    policy: Policy
    controls: Annotated[int, Field(ge=1, le=9)] = 1
    _commitments: list[tuple[Message, Commitment]] = field(default_factory=list, init=False, repr=False)
    _releases: list[tuple[Message, Release]] = field(default_factory=list, init=False, repr=False)
    _deployments: dict[tuple[str, str], int] = field(default_factory=dict, init=False, repr=False)
    _open: dict[int, Open] = field(default_factory=dict, init=False, repr=False)

    def take_turn(self, turn: Turn) -> Iterable[Body | Envelope]:
        self._commitments += turn.received(Commitment)
        self._releases += turn.received(Release)
        for message, deployment in turn.received(Deployment):
            self._deployments.setdefault((message.sender, deployment.service), message.number)
        for message, claim in turn.received(Claim):
            yield self._hear(message, claim, turn)
        for message, response in turn.received(Response):
            yield from self._weigh(message, response, turn)
        for number, waiting in list(self._open.items()):
            if turn.number - waiting.since >= PATIENCE:
                yield self._refuse(waiting.case.message, self._open.pop(number).case.claim, "denied", "the service did not answer")

    def _hear(self, message: Message, claim: Claim, turn: Turn) -> Body | Envelope:
        """The query that a claim asks for, or the verdict that rejects it."""
        try:
            case, examination = self._examine(message, claim, turn)
        except Malformed as fault:
            return self._refuse(message, claim, "rejected", str(fault))
        self._open[message.number] = Open(case, examination, turn.number)
        return Envelope(claim.deployer, Query(claim.service, examination.images, message.number))

    def _examine(self, message: Message, claim: Claim, turn: Turn) -> tuple[Case, Examination]:
        words = (claim.claimant, claim.deployer, claim.service, claim.scheme)
        if not all(isinstance(word, str) for word in words) or not isinstance(claim.key, dict):
            raise Malformed("claimant, deployer, service and scheme must be text, the key a mapping")
        if claim.claimant != message.sender:
            raise Malformed(f"{message.sender} claims in the name of {claim.claimant}")
        deployed_at = self._deployments.get((claim.deployer, claim.service))
        if deployed_at is None:
            raise Malformed(f"{claim.deployer!r:.60} deployed no service {claim.service!r:.60}")
        scheme = scheme_named(claim.scheme)
        if scheme is None:
            raise Malformed(f"unknown scheme {claim.scheme!r:.60}")
        shop = turn.workshop
        case = Case(message, claim, len(shop.dataset.classes), shop.dataset.shape, shop.flops, deployed_at, tuple(self._commitments),
                    tuple(self._releases), flaws=self.policy.flaws)
        return case, scheme.examine(claim, case)

    def _weigh(self, message: Message, response: Response, turn: Turn) -> Iterable[Body]:
        waiting = self._open.get(response.about)
        if waiting is None or message.sender != waiting.case.claim.deployer:
            return
        del self._open[response.about]
        case, labels = waiting.case, response.labels
        if not isinstance(labels, np.ndarray) or labels.dtype.kind not in "iu" or labels.shape != (len(waiting.examination.images),):
            yield self._refuse(case.message, case.claim, "denied", "the service answered with something else than a label an image")
            return
        case.parameters = waiting.examination.parameters
        consensus = self._consensus(waiting.examination, turn)
        case.evidence = waiting.examination.score(labels, consensus)
        case.work = waiting.examination.forging_cost(case.evidence, case)
        self._date(case, waiting.examination, consensus, turn)
        judgement = self.policy.judge(case)
        yield Verdict(case.message.number, case.claim.claimant, case.claim.deployer, judgement.granted, judgement.reasons, judgement.checks,
                      _figures(case))

    def _date(self, case: Case, examination: Examination, consensus: np.ndarray | None, turn: Turn) -> None:
        """When the claimant committed to this key, and the evidence on every model that was public before."""
        own = [message.number for message, commitment in case.commitments
               if message.sender == case.claim.claimant and commitment.digest == examination.commitment]
        case.committed_at = min(own, default=None)
        for message, release in case.releases:
            if case.committed_at is None or message.number < case.committed_at:
                labels = turn.workshop.predict(turn.workshop.load(release.model), examination.images)
                case.rarity_on_earlier[message.number] = examination.score(labels, consensus).rarity

    def _consensus(self, examination: Examination, turn: Turn) -> np.ndarray | None:
        """What most of the Verifier's own control hosts answer; None where the scheme doesn't ask for it."""
        if not examination.wants_controls:
            return None
        shop = turn.workshop
        hosts = [shop.host(shop.dataset.parts["train"], f"control host {number}") for number in range(1, self.controls + 1)]
        answers = np.stack([shop.predict(host, examination.images) for host in hosts])
        return np.array([np.bincount(column).argmax() for column in answers.T])

    def _refuse(self, message: Message, claim: Claim, word: str, reason: str) -> Verdict:
        who, whom = (name if isinstance(name, str) else "?" for name in (claim.claimant, claim.deployer))
        return Verdict(message.number, who, whom, False, (f"{word}: {reason}",), {"well-formed": word != "rejected"})


def _figures(case: Case) -> dict[str, object]:
    evidence, work = case.evidence, case.work
    assert evidence is not None and work is not None
    return {"matches": evidence.matches, "trials": evidence.trials, "chance": evidence.chance, "rarity": round(evidence.rarity, 6),
            "work": round(work.cheapest, 6), "work by eq. 5": round(work.paper, 6), "cheapest forger": work.forger,
            "committed at": case.committed_at if case.committed_at is not None else -1}
