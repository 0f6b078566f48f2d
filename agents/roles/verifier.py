"""The Verifier: trusts nobody. He asks the service, measures rarity and work, and gives verdicts with reasons (ROSE III).

A claim that breaks the rules, or whose examination raises whatever, is a verdict "rejected: ...". He asks as a customer would (`_question`), and where
several claims on a service stand he finds out whose mark was first (`_rivals`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from agents.roles._hearing import Pending, Scorer, Service, Standing, figures_of, refused
from agents.roles._question import Customers, Question
from agents.roles._rivals import Rival, resolve
from arena.base.errors import ArenaError, Malformed
from arena.base.told import in_words
from arena.game.evidence import Case, Judgement
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
from arena.strategies import Examination, Policy, SchemeName, find
from arena.strategies.agent import Agent, Turn
from arena.strategies.returned import judged
from arena.workshop import disclosure

PATIENCE, PROBES = 2, 64
MOST_ON_SERVICE, MOST_CLAIMS = 3, 64
WORK_FLOOR = 48.0
"""Bits of work without which evidence that may have been looked for is never granted: to look for 10,000 images that a ResNet-50 answers as wanted
takes 2^45 operations."""


@dataclass
class Verifier(Agent):
    """queries the services, measures rarity and work, grants or denies

    `controls` is how many hosts of his own he trains where a scheme (level 3 of ROSE) scores surprises only; `spot_checks` is on how many
    images disclosed weights are compared with the service; `schemes` he hears beside those that the scenario's owners play.
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
    _pending: dict[int, Pending] = field(default_factory=dict, init=False, repr=False)
    _rivals: dict[Service, list[Pending]] = field(default_factory=dict, init=False, repr=False)
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
        for waiting in [p for p in self._pending.values() if p.answered and p.judgement is None]:
            yield from self._weigh(waiting, turn)
        yield from self._give_up()
        yield from self._settle(turn)

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
                waiting.model = waiting.model or shown.model
        for message, response in turn.received(Response):
            waiting = self._pending.get(response.about)
            if waiting is not None and waiting.labels is None and message.sender == waiting.case.claim.deployer and waiting.question.fits(response.labels):
                waiting.labels = response.labels
                self._services[waiting.service].take(waiting.question, response.labels)
                continue
            standing = next((s for (who, _), s in self._services.items() if s.deployed_at == response.about and who == message.sender), None)
            if standing is not None and standing.labels is None and standing.probe is not None and standing.probe.fits(response.labels):
                standing.labels, standing.answered_at = response.labels, message.number
                standing.take(standing.probe, response.labels)

    def _dismiss_departed(self, turn: Turn) -> Iterator[Verdict]:
        for _, departure in turn.received(Departure):
            for number, waiting in list(self._pending.items()):
                if waiting.case.claim.claimant == departure.agent:
                    del self._pending[number]
                    yield refused(waiting.case.message, waiting.case.claim, "rejected", "the claimant has left the play")

    def _hear(self, message: Message, claim: Claim, turn: Turn) -> Iterator[Body | Envelope]:
        """The query (and the demand for weights) that a claim asks for, or the verdict that rejects it."""
        try:
            waiting = self._examined(message, claim, turn)
        except Malformed as fault:
            yield refused(message, claim, "rejected", str(fault))
        except Exception as error:
            yield refused(message, claim, "rejected", f"it can't be examined: {in_words(error)}")
        else:
            self._pending[message.number] = waiting
            yield Envelope(claim.deployer, Query(claim.service, waiting.question.images, message.number))
            if waiting.examination.white_box:
                yield Envelope(claim.deployer, Demand(claim.service, message.number))

    def _examined(self, message: Message, claim: Claim, turn: Turn) -> Pending:
        if claim.claimant != message.sender:
            raise Malformed(f"{message.sender} claims in the name of {claim.claimant}")
        standing = self._services.get((claim.deployer, claim.service))
        if standing is None:
            raise Malformed(f"{claim.deployer!r:.60} deployed no service {claim.service!r:.60}")
        self._count(claim)
        if claim.scheme not in turn.workshop.admitted:
            raise Malformed(f"unknown scheme {claim.scheme!r:.60}: heard are {', '.join(turn.workshop.admitted) or 'none'}")
        shop = turn.workshop
        case = Case(message, claim, len(shop.dataset.classes), shop.dataset.shape, shop.flops, standing.deployed_at, tuple(self._commitments),
                    tuple(self._releases), flaws=self.policy.flaws)
        examination = find("schemes", claim.scheme, shop.folder).examine(claim, case)
        case.parameters, case.selectable = examination.parameters, examination.selectable
        case.committed_at = min((m.number for m, commitment in case.commitments
                                 if m.sender == claim.claimant and commitment.digest == examination.commitment), default=None)
        return Pending(case, examination, self._question(case, examination, standing, turn), self._turns)

    def _count(self, claim: Claim) -> None:
        """Every hearing costs the Verifier something: nobody gets more than a few."""
        service = (claim.claimant, claim.deployer, claim.service)
        self._heard.update([service, claim.claimant])
        if self._heard[service] > MOST_ON_SERVICE:
            raise Malformed(f"{claim.claimant} was heard {MOST_ON_SERVICE} times on this service already")
        if self._heard[claim.claimant] > MOST_CLAIMS:
            raise Malformed(f"{claim.claimant} was heard {MOST_CLAIMS} times already")

    def _question(self, case: Case, examination: Examination, standing: Standing, turn: Turn) -> Question:
        number, shop = case.message.number, turn.workshop
        own = disclosure.blends(shop, f"spot checks of claim {number}", self.spot_checks) if examination.white_box else examination.images
        parts = {"key": np.asarray(own)}
        if standing.probe is not None and standing.labels is not None and case.committed_at is not None and case.committed_at > standing.answered_at:
            parts["again"] = disclosure.dusted(standing.probe.shown("probe"), shop.draws.numpy(f"dust of claim {number}"))
        return self._customers.question(parts, (case.claim.deployer, case.claim.service), shop, f"claim {number}")

    # What he makes of it

    def _weigh(self, waiting: Pending, turn: Turn) -> Iterator[Verdict]:
        """Judges an answered claim; gives the verdict at once where it does not stand."""
        case = waiting.case
        try:
            judgement = self._judgement(waiting, turn)
        except Malformed as fault:
            del self._pending[case.message.number]
            yield refused(case.message, case.claim, "denied", f"disclosure: {fault}", disclosure=True)
        except Exception as error:
            del self._pending[case.message.number]
            yield refused(case.message, case.claim, "rejected", f"it can't be examined: {in_words(error)}")
        else:
            waiting.judgement = judgement
            if not judgement.granted or not self.policy.dated:
                yield self._verdict(waiting, judgement)

    def _judgement(self, waiting: Pending, turn: Turn) -> Judgement:
        case, examination, labels = waiting.case, waiting.examination, waiting.labels
        assert labels is not None
        case.ordinary = self._services[waiting.service].ordinary
        waiting.score = self._scorer(waiting, waiting.question.of("key", labels), turn)
        case.evidence = waiting.score(None)
        case.work = examination.forging_cost(case.evidence, case)
        self._date(waiting, turn)
        waiting.figures = figures_of(case)
        return self._floored(case, judged(self.policy, replace(case)))

    def _floored(self, case: Case, judgement: Judgement) -> Judgement:
        """No policy grants what may have been looked for without a floor of work, unless it says that it is flawed."""
        work = case.work
        if not (judgement.granted and case.selectable) or self.policy.flawed or (work is not None and work.cheapest >= WORK_FLOOR):
            return judgement
        found = f"work {work.cheapest:.1f} bits" if work is not None else "no work"
        return Judgement({**judgement.checks, "work": False},
                         (f"denied: {found} below {WORK_FLOOR:g}, the least for evidence that may have been looked for",))

    def _scorer(self, waiting: Pending, labels: np.ndarray, turn: Turn) -> Scorer:
        """How the service (None) or a released model scores with the claim's key."""
        case, examination, shop = waiting.case, waiting.examination, turn.workshop
        if not examination.white_box:
            consensus = self._consensus(examination, turn)
            return lambda model: examination.score(labels if model is None else shop.predict(model, examination.images), consensus)
        own = next((release for message, release in case.releases if message.sender == case.claim.claimant), None)
        reference = shop.released(own.model) if own is not None else None
        shown = disclosure.read(shop, waiting.model)
        case.agreement = float((shop.predict(shown, waiting.question.shown("key")) == labels).mean())
        return lambda model: examination.score_weights(shown if model is None else model, reference)

    def _date(self, waiting: Pending, turn: Turn) -> None:
        """Whether the service answered so before the commitment, and the evidence on every model that was public then."""
        case, standing = waiting.case, self._services[waiting.service]
        if "again" in waiting.question.places and standing.probe is not None and standing.labels is not None and waiting.labels is not None:
            now, then = waiting.question.of("again", waiting.labels), standing.probe.of("probe", standing.labels)
            case.stood_before = float((now == then).mean()) >= self.policy.same_model
        for message, release in case.releases:
            if case.committed_at is None or message.number < case.committed_at:
                case.rarity_on_earlier[message.number] = self._rarity_on(waiting, release, turn) or 0.0

    def _rarity_on(self, waiting: Pending, release: Release, turn: Turn) -> float | None:
        """What a claim's key scores on a released model, in bits; None for one that can't be scored."""
        assert waiting.score is not None
        try:
            return waiting.score(turn.workshop.released(release.model)).rarity
        except (Malformed, ArenaError):
            return None

    def _consensus(self, examination: Examination, turn: Turn) -> np.ndarray | None:
        """What most of the Verifier's own control hosts answer; None where the scheme doesn't ask for it."""
        if not examination.wants_controls:
            return None
        shop = turn.workshop
        hosts = [shop.host(shop.samples, f"control host {number}") for number in range(1, self.controls + 1)]
        answers = np.stack([shop.predict(host, examination.images) for host in hosts])
        return np.array([np.bincount(column).argmax() for column in answers.T])

    # What he says

    def _give_up(self) -> Iterator[Verdict]:
        for number, waiting in list(self._pending.items()):
            if waiting.judgement is None and self._turns - waiting.since >= PATIENCE:
                del self._pending[number]
                self._silent.add(waiting.service)
                missing = "the service did not answer" if waiting.labels is None else "disclosure: the weights were not shown"
                yield refused(waiting.case.message, waiting.case.claim, "denied", missing, waiting.labels is not None)

    def _settle(self, turn: Turn) -> Iterator[Verdict]:
        """Verdicts on the services where no claim waits any more; those that stand are rivals, also to what was granted before."""
        busy = {waiting.service for waiting in self._pending.values() if waiting.judgement is None}
        for service in dict.fromkeys(w.service for w in self._pending.values() if w.judgement is not None and w.service not in busy):
            fresh = [self._pending.pop(n) for n, w in list(self._pending.items()) if w.service == service]
            if self.policy.dated:
                yield from self._resolved([w for w in fresh if w.stands or w.contests(self.policy.convincing)], service, turn)

    def _resolved(self, fresh: list[Pending], service: Service, turn: Turn) -> Iterator[Verdict]:
        every = {w.case.message.number: w for w in [*self._rivals.get(service, []), *fresh]}
        rivals = [Rival(n, w.case.claim.claimant, w.case.committed_at if w.case.committed_at is not None else n, w.stands) for n, w in every.items()]
        outcomes = resolve(rivals, lambda number, agent: self._fits(every[number], agent, turn))
        self._rivals[service] = [w for n, w in every.items() if outcomes[n][0] == "first"]
        for number, (outcome, other) in outcomes.items():
            if every[number].stands and (every[number] in fresh or outcome != "first"):
                yield self._verdict(every[number], self._among_rivals(every[number], outcome, other))

    def _fits(self, waiting: Pending, agent: str, turn: Turn) -> bool | None:
        """Whether a claim's key fits any model that an agent released (None: he released none)."""
        found = [self._rarity_on(waiting, release, turn) for message, release in self._releases if message.sender == agent]
        rarities = [rarity for rarity in found if rarity is not None]
        return any(rarity >= self.policy.convincing for rarity in rarities) if rarities else None

    def _among_rivals(self, waiting: Pending, outcome: str, other: str) -> Judgement:
        judgement = waiting.judgement
        assert judgement is not None
        me, (deployer, _) = waiting.case.claim.claimant, waiting.service
        if outcome == "first" and me == deployer and waiting.service in self._silent:
            return Judgement({**judgement.checks, "rival": False}, (f"disputed: {me}'s own service left another claimant's question unanswered",))
        if outcome == "first":
            return judgement
        why = f"denied: {other} was first: his key fits the marked models of {me}, and not the other way round" if outcome == "later" else \
            f"disputed: the keys of {me} and {other} both stand, and what they released doesn't tell whose was first"
        return Judgement({**judgement.checks, "rival": False}, (why,))

    def _verdict(self, waiting: Pending, judgement: Judgement) -> Verdict:
        case = waiting.case
        checks = {name: bool(passed) for name, passed in judgement.checks.items()}
        return Verdict(case.message.number, case.claim.claimant, case.claim.deployer, all(checks.values()), tuple(judgement.reasons), checks, waiting.figures)
