"""The Verifier: trusts nobody. He asks the service, measures rarity and work, and gives verdicts with reasons (ROSE
III).

A claim that breaks the rules, or whose examination raises whatever, is a verdict "rejected: ...". He asks as a customer
would (`_question`), weighs what came back (`_weighing`), and where several claims on a service stand he finds out whose
mark was first (`_rivals`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from agents.roles._adverse import weighed_openly
from agents.roles._hearing import PendingClaim, Service, Standing, refused, verdict
from agents.roles._question import Customers, Question
from agents.roles._rivals import Rival, resolve
from agents.roles._weighing import Bench, among_rivals
from agents.roles._weights import first_release
from arena.base.errors import Malformed
from arena.base.told import in_words
from arena.game.messages import (
    Body,
    Claim,
    Commitment,
    Demand,
    Departure,
    Deployment,
    Disclosure,
    Envelope,
    Message,
    Query,
    Release,
    Response,
    Verdict,
)
from arena.game.rarity import Evidence
from arena.strategies import BlackBox, Policy, SchemeName, WhiteBox, find
from arena.strategies.agent import Agent, Turn
from arena.workshop import disclosure

PATIENCE, PROBES = 2, 64
MOST_ON_SERVICE, MOST_CLAIMS = 3, 64


@dataclass
class Verifier(Agent):
    """queries the services, measures rarity and work, grants or denies

    `controls` is how many hosts of his own he trains where a scheme (level 3 of ROSE) scores surprises only;
    `spot_checks` is on how many images disclosed weights are compared with the service; `schemes` he hears beside those
    that the scenario's owners play.
    """

    data: ClassVar[tuple[str, ...]] = ("train", "validation", "fine-tune", "test", "customers")
    verifies: ClassVar[bool] = True
    admits: ClassVar[tuple[str, ...]] = ("schemes",)

    policy: Policy
    controls: Annotated[int, Field(ge=1, le=9)] = 1
    spot_checks: Annotated[int, Field(ge=1, le=10_000)] = 128
    schemes: list[SchemeName] = field(default_factory=list)
    _commitments: list[tuple[Message, Commitment]] = field(default_factory=list, init=False, repr=False)
    _releases: list[tuple[Message, Release]] = field(default_factory=list, init=False, repr=False)
    _services: dict[Service, Standing] = field(default_factory=dict, init=False, repr=False)
    _pending: dict[int, PendingClaim] = field(default_factory=dict, init=False, repr=False)
    _examined: dict[int, PendingClaim] = field(default_factory=dict, init=False, repr=False)
    _rivals: dict[Service, list[PendingClaim]] = field(default_factory=dict, init=False, repr=False)
    _silent: set[Service] = field(default_factory=set, init=False, repr=False)
    _heard: Counter[Any] = field(default_factory=Counter, init=False, repr=False)
    _customers: Customers = field(default_factory=Customers, init=False, repr=False)
    _turns: int = field(default=0, init=False, repr=False)

    def take_turn(self, turn: Turn) -> Iterable[Body | Envelope]:
        self._turns += 1
        self._commitments += turn.received(Commitment)
        self._releases += turn.received(Release)
        for message, deployment in turn.received(Deployment):
            yield from self._meet((message.sender, deployment.service), message.number, turn)
        for message, claim in turn.received(Claim):
            yield from self._hear(message, claim, turn)
        self._take_answers(turn)
        yield from self._dismiss_departed(turn)
        for waiting in [p for p in self._pending.values() if p.answers is not None and p.weighed is None]:
            yield from self._weigh(waiting, turn)
        yield from self._give_up(turn)
        yield from self._settle(turn)

    def ask_stages(self, claim: int, turn: Turn) -> dict[str, Any]:
        found = self._examined.get(claim)
        if found is None:
            return {}
        examination = found.examination
        return {"images": np.asarray(examination.images)} if isinstance(examination, BlackBox) else {"weights": True}

    def score_stages(self, claim: int, stages: Mapping[str, np.ndarray | str], turn: Turn) -> dict[str, Evidence]:
        """After the last verdict: what a claim's key scores on every stage of a deployment (`Agent.score_stages`)."""
        found, bench = self._examined.get(claim), self._bench(turn)
        if found is None:
            return {}
        scored = {stage: bench.on_stage(found, shown) for stage, shown in stages.items()}
        return {stage: evidence for stage, evidence in scored.items() if evidence is not None}

    # What he hears

    def _meet(self, service: Service, number: int, turn: Turn) -> Iterator[Envelope]:
        """A new service is asked once, where dates count: so it can show later that it answered so before."""
        if service in self._services:
            return
        standing = self._services[service] = Standing(number)
        if self.policy.dated:
            images = disclosure.blends(turn.workshop, f"probe {number}", PROBES)
            standing.probe = self._customers.question({"probe": images}, service, turn.workshop, f"probe {number}")
            yield Envelope(service[0], Query(service[1], standing.probe.images, number))

    def _take_answers(self, turn: Turn) -> None:
        for _, shown in turn.received(Disclosure):
            if (waiting := self._pending.get(shown.about)) is not None:
                waiting.shown = shown.members if waiting.shown is None else waiting.shown
        for message, response in turn.received(Response):
            if not self._answers_claim(message, response):
                self._answers_probe(message, response)

    def _answers_claim(self, message: Message, response: Response) -> bool:
        waiting = self._pending.get(response.about)
        if waiting is None or waiting.labels is not None or message.sender != waiting.claim.deployer \
                or not waiting.question.fits(response.labels):
            return False
        waiting.labels = response.labels
        self._services[waiting.service].take(waiting.question, response.labels)
        return True

    def _answers_probe(self, message: Message, response: Response) -> None:
        asked = (standing for (who, _), standing in self._services.items()
                 if standing.deployed_at == response.about and who == message.sender)
        standing = next(asked, None)
        if standing is not None and standing.labels is None and standing.probe is not None \
                and standing.probe.fits(response.labels):
            standing.labels, standing.answered_at = response.labels, message.number
            standing.take(standing.probe, response.labels)

    def _dismiss_departed(self, turn: Turn) -> Iterator[Verdict]:
        for _, departure in turn.received(Departure):
            for number, waiting in list(self._pending.items()):
                if waiting.claim.claimant == departure.agent:
                    del self._pending[number]
                    yield refused(waiting.message, waiting.claim, "rejected", "the claimant has left the play")

    def _hear(self, message: Message, claim: Claim, turn: Turn) -> Iterator[Body | Envelope]:
        """The query (and the demand for weights) that a claim asks for, or the verdict that rejects it."""
        try:
            waiting = self._examine(message, claim, turn)
        except Malformed as fault:
            yield refused(message, claim, "rejected", str(fault))
        except Exception as error:
            yield refused(message, claim, "rejected", f"it can't be examined: {in_words(error)}")
        else:
            self._pending[message.number] = self._examined[message.number] = waiting
            yield Envelope(claim.deployer, Query(claim.service, waiting.question.images, message.number))
            if isinstance(waiting.examination, WhiteBox):
                yield Envelope(claim.deployer, Demand(claim.service, message.number))

    def _examine(self, message: Message, claim: Claim, turn: Turn) -> PendingClaim:
        standing, shop = self._admit(message, claim, turn), turn.workshop
        scheme = find("schemes", claim.scheme, shop.folder)
        examination = scheme.examine(claim, shop.setting(self.policy.flaws))
        committed_at = min((m.number for m, commitment in self._commitments if m.sender == claim.claimant
                            and commitment.digest == examination.commitment), default=None)
        question = self._question(message, claim, examination, standing.answered_before(committed_at), turn)
        return PendingClaim(message, claim, examination, question, committed_at, self._turns, bounds=scheme.bounds)

    def _admit(self, message: Message, claim: Claim, turn: Turn) -> Standing:
        """The service that a claim is about; Malformed for one that isn't heard."""
        if claim.claimant != message.sender:
            raise Malformed(f"{message.sender} claims in the name of {claim.claimant}")
        standing = self._services.get((claim.deployer, claim.service))
        if standing is None:
            raise Malformed(f"{claim.deployer!r:.60} deployed no service {claim.service!r:.60}")
        self._count(claim)
        admitted = turn.workshop.admitted
        if claim.scheme not in admitted:
            raise Malformed(f"unknown scheme {claim.scheme!r:.60}: heard are {', '.join(admitted) or 'none'}")
        return standing

    def _count(self, claim: Claim) -> None:
        """Every hearing costs the Verifier something: nobody gets more than a few."""
        service = (claim.claimant, claim.deployer, claim.service)
        self._heard.update([service, claim.claimant])
        if self._heard[service] > MOST_ON_SERVICE:
            raise Malformed(f"{claim.claimant} was heard {MOST_ON_SERVICE} times on this service already")
        if self._heard[claim.claimant] > MOST_CLAIMS:
            raise Malformed(f"{claim.claimant} was heard {MOST_CLAIMS} times already")

    def _question(self, message: Message, claim: Claim, examination: BlackBox | WhiteBox, probe: Question | None,
                  turn: Turn) -> Question:
        number, shop = message.number, turn.workshop
        parts = {"key": np.asarray(self._own_images(number, claim, examination, turn))}
        if probe is not None:
            parts["again"] = disclosure.dusted(probe.shown("probe"), shop.draws.numpy(f"dust of claim {number}"))
        return self._customers.question(parts, (claim.deployer, claim.service), shop, f"claim {number}")

    def _own_images(self, number: int, claim: Claim, examination: BlackBox | WhiteBox, turn: Turn) -> np.ndarray:
        if isinstance(examination, BlackBox):
            return examination.images
        reference = first_release(claim.claimant, self._releases, turn.workshop)
        return disclosure.telling(turn.workshop, f"spot checks of claim {number}", self.spot_checks, reference)

    # What he makes of it

    def _bench(self, turn: Turn) -> Bench:
        return Bench(turn.workshop, self.policy, self.controls, self._releases)

    def _weigh(self, waiting: PendingClaim, turn: Turn) -> Iterator[Verdict]:
        """Judges an answered claim; gives the verdict at once where it does not stand."""
        try:
            waiting.tried = self._tried(waiting)
            weighed = weighed_openly(self._bench(turn), waiting, self._services[waiting.service])
        except Malformed as fault:
            del self._pending[waiting.number]
            yield refused(waiting.message, waiting.claim, "denied", f"disclosure: {fault}", disclosure=True)
        except Exception as error:
            del self._pending[waiting.number]
            yield refused(waiting.message, waiting.claim, "rejected", f"it can't be examined: {in_words(error)}")
        else:
            waiting.weighed = weighed
            if not weighed.stands or not self.policy.dated:
                yield verdict(waiting, weighed.judgement, weighed.case)

    def _tried(self, waiting: PendingClaim) -> int:
        """How often the claimant tried his luck in public so far: each key that he committed to or showed, on each
        service that he claimed."""
        claimant = waiting.claim.claimant
        heard = [other for other in self._examined.values() if other.claim.claimant == claimant]
        keys = {commitment.digest for message, commitment in self._commitments if message.sender == claimant}
        return len(keys | {other.examination.commitment for other in heard}) * len({other.service for other in heard})

    # What he says

    def _give_up(self, turn: Turn) -> Iterator[Verdict]:
        for waiting in list(self._pending.values()):
            if waiting.weighed is None and self._turns - waiting.since >= PATIENCE:
                self._silent.add(waiting.service)
                if waiting.labels is None:
                    del self._pending[waiting.number]
                    yield refused(waiting.message, waiting.claim, "denied", "the service did not answer")
                else:
                    waiting.shown = ()
                    yield from self._weigh(waiting, turn)

    def _settle(self, turn: Turn) -> Iterator[Verdict]:
        """Verdicts on the services where no claim waits any more; those that stand are rivals, also to what was granted
        before."""
        busy = {waiting.service for waiting in self._pending.values() if waiting.weighed is None}
        done = [waiting.service for waiting in self._pending.values() if waiting.weighed
                and waiting.service not in busy]
        for service in dict.fromkeys(done):
            fresh = [self._pending.pop(n) for n, w in list(self._pending.items()) if w.service == service]
            if self.policy.dated:
                yield from self._resolved([w for w in fresh if self._competes(w)], service, turn)

    def _competes(self, waiting: PendingClaim) -> bool:
        weighed = waiting.weighed
        return weighed is not None and (weighed.stands or weighed.contests(self.policy.convincing(weighed.case)))

    def _resolved(self, fresh: list[PendingClaim], service: Service, turn: Turn) -> Iterator[Verdict]:
        every = {w.number: w for w in [*self._rivals.get(service, []), *fresh]}
        rivals = [Rival(n, w.claim.claimant, n if w.committed_at is None else w.committed_at, self._stands(w))
                  for n, w in every.items()]
        bench = self._bench(turn)
        outcomes = resolve(rivals, lambda number, agent: bench.fits(every[number], agent))
        self._rivals[service] = [w for n, w in every.items() if outcomes[n][0] == "first"]
        for number, (outcome, other) in outcomes.items():
            waiting = every[number]
            if waiting.weighed and waiting.weighed.stands and (waiting in fresh or outcome != "first"):
                judgement = among_rivals(waiting, waiting.weighed.judgement, outcome, other, service in self._silent)
                yield verdict(waiting, judgement, waiting.weighed.case)

    @staticmethod
    def _stands(waiting: PendingClaim) -> bool:
        return waiting.weighed is not None and waiting.weighed.stands
