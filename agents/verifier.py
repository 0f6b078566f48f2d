"""The Verifier: trusts nobody. He asks the service, measures rarity and work, and gives verdicts with reasons (ROSE III).

A claim that breaks the rules is a verdict "rejected: ...", whatever it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from pydantic import Field
from torch import nn

from arena.agent import Agent, Turn
from arena.errors import Malformed
from arena.evidence import Case
from arena.hosts import disclosure
from arena.messages import Body, Claim, Commitment, Demand, Deployment, Disclosure, Envelope, Message, Query, Release, Response, Verdict
from arena.rarity import Evidence
from arena.strategies import Examination, Policy, scheme_named

PATIENCE = 3
Scorer = Callable[[nn.Module | None], Evidence]


@dataclass
class Open:
    """A claim that waits for the service's answer."""

    case: Case
    examination: Examination
    since: int
    spots: np.ndarray | None = None
    labels: np.ndarray | None = None
    model: str = ""


@dataclass
class Verifier(Agent):
    """queries the services, measures rarity and work, grants or denies

    `controls` is how many hosts of his own he trains where a scheme (level 3 of ROSE) scores surprises only; `spot_checks` is on how many
    images disclosed weights are compared with the service.
    """

    policy: Policy
    controls: Annotated[int, Field(ge=1, le=9)] = 1
    spot_checks: Annotated[int, Field(ge=1, le=10_000)] = 128
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
            yield from self._hear(message, claim, turn)
        for message, shown in turn.received(Disclosure):
            waiting = self._open.get(shown.about)
            if waiting is not None and message.sender == waiting.case.claim.deployer and isinstance(shown.model, str):
                waiting.model = waiting.model or shown.model
        for message, response in turn.received(Response):
            waiting = self._open.get(response.about)
            if waiting is not None and message.sender == waiting.case.claim.deployer and waiting.labels is None:
                waiting.labels = response.labels
        for number, waiting in list(self._open.items()):
            if waiting.labels is not None and (waiting.model or not waiting.examination.white_box):
                yield self._weigh(self._open.pop(number), turn)
        for number, waiting in list(self._open.items()):
            if turn.number - waiting.since >= PATIENCE:
                missing = "the service did not answer" if waiting.labels is None else "disclosure: the weights were not shown"
                yield self._refuse(waiting.case.message, self._open.pop(number).case.claim, "denied", missing, missing.startswith("disclosure"))

    def _hear(self, message: Message, claim: Claim, turn: Turn) -> Iterable[Body | Envelope]:
        """The query (and the demand for weights) that a claim asks for, or the verdict that rejects it."""
        try:
            case, examination = self._examine(message, claim, turn)
        except Malformed as fault:
            yield self._refuse(message, claim, "rejected", str(fault))
            return
        spots = disclosure.spot_checks(turn.workshop, message.number, self.spot_checks) if examination.white_box else None
        self._open[message.number] = Open(case, examination, turn.number, spots)
        yield Envelope(claim.deployer, Query(claim.service, examination.images if spots is None else spots, message.number))
        if spots is not None:
            yield Envelope(claim.deployer, Demand(claim.service, message.number))

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

    def _weigh(self, waiting: Open, turn: Turn) -> Verdict:
        case, examination, labels = waiting.case, waiting.examination, waiting.labels
        asked = examination.images if waiting.spots is None else waiting.spots
        if not isinstance(labels, np.ndarray) or labels.dtype.kind not in "iu" or labels.shape != (len(asked),):
            return self._refuse(case.message, case.claim, "denied", "the service answered with something else than a label an image")
        case.parameters = examination.parameters
        try:
            score = self._scorer(waiting, labels, turn)
            case.evidence = score(None)
        except Malformed as fault:
            return self._refuse(case.message, case.claim, "denied", f"disclosure: {fault}", True)
        case.work = examination.forging_cost(case.evidence, case)
        self._date(case, examination, score, turn)
        judgement = self.policy.judge(case)
        return Verdict(case.message.number, case.claim.claimant, case.claim.deployer, judgement.granted, judgement.reasons, judgement.checks,
                       _figures(case))

    def _scorer(self, waiting: Open, labels: np.ndarray, turn: Turn) -> Scorer:
        """How the service (None) or a released model scores with the claim's key."""
        case, examination, shop = waiting.case, waiting.examination, turn.workshop
        if not examination.white_box:
            consensus = self._consensus(examination, turn)
            return lambda model: examination.score(labels if model is None else shop.predict(model, examination.images), consensus)
        assert waiting.spots is not None
        own = next((release for message, release in case.releases if message.sender == case.claim.claimant), None)
        reference = shop.load(own.model) if own is not None else None
        shown = disclosure.read(shop, waiting.model)
        case.agreement = float((shop.predict(shown, waiting.spots) == labels).mean())
        return lambda model: examination.score_weights(shown if model is None else model, reference)

    def _date(self, case: Case, examination: Examination, score: Scorer, turn: Turn) -> None:
        """When the claimant committed to this key, and the evidence on every model that was public before."""
        own = [message.number for message, commitment in case.commitments
               if message.sender == case.claim.claimant and commitment.digest == examination.commitment]
        case.committed_at = min(own, default=None)
        for message, release in case.releases:
            if case.committed_at is None or message.number < case.committed_at:
                try:
                    case.rarity_on_earlier[message.number] = score(turn.workshop.load(release.model)).rarity
                except Malformed:
                    case.rarity_on_earlier[message.number] = 0.0

    def _consensus(self, examination: Examination, turn: Turn) -> np.ndarray | None:
        """What most of the Verifier's own control hosts answer; None where the scheme doesn't ask for it."""
        if not examination.wants_controls:
            return None
        shop = turn.workshop
        hosts = [shop.host(shop.dataset.parts["train"], f"control host {number}") for number in range(1, self.controls + 1)]
        answers = np.stack([shop.predict(host, examination.images) for host in hosts])
        return np.array([np.bincount(column).argmax() for column in answers.T])

    def _refuse(self, message: Message, claim: Claim, word: str, reason: str, disclosure: bool = False) -> Verdict:
        who, whom = (name if isinstance(name, str) else "?" for name in (claim.claimant, claim.deployer))
        checks = {"well-formed": word != "rejected", **({"disclosure": False} if disclosure else {})}
        return Verdict(message.number, who, whom, False, (f"{word}: {reason}",), checks)


def _figures(case: Case) -> dict[str, object]:
    evidence, work = case.evidence, case.work
    assert evidence is not None and work is not None
    shown = {"agreement": round(case.agreement, 6)} if case.agreement is not None else {}
    return {**evidence.figures, "evidence": evidence.text, **shown, "rarity": round(evidence.rarity, 6),
            "work": round(work.cheapest, 6), "work by eq. 5": round(work.paper, 6), "cheapest forger": work.forger,
            "committed at": case.committed_at if case.committed_at is not None else -1}
