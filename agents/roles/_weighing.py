"""How a Verifier weighs an answered claim: evidence on the service and on other models, dates, the policy's
judgement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.roles._hearing import PendingClaim, Scorer, Standing, Weighed
from agents.roles._weights import WeightsReader, reference_of
from arena.base.errors import ArenaError, Malformed
from arena.game.evidence import Case, Judgement
from arena.game.messages import Message, Release
from arena.game.rarity import Evidence
from arena.hosts.voting import Majority
from arena.strategies import BlackBox, Policy, WhiteBox
from arena.strategies.returned import ruled
from arena.workshop import disclosure
from arena.workshop.workshop import Workshop


class KeyMisfit(Malformed):
    """Weights that answer as the service does have no room for the key: they are of another network."""


@dataclass(frozen=True)
class Bench:
    """What weighing takes: the Verifier's workshop, his policy, how many control hosts he trains, what was released."""

    shop: Workshop
    policy: Policy
    controls: int
    releases: Sequence[tuple[Message, Release]]

    def weigh(self, claim: PendingClaim, standing: Standing) -> Weighed:
        """The case and its judgement; Malformed where the weights that were shown can't be read, KeyMisfit where they
        can, answer as the service does, and have no room for the key."""
        labels = claim.answers
        if labels is None:
            raise Malformed("the service did not answer")
        agreement, score = self._scorer(claim, claim.question.of("key", labels))
        examination, said = claim.examination, claim.claim
        try:
            evidence = score(None)
        except Malformed as fault:
            if agreement is None or agreement < self.policy.same_model:
                raise
            raise KeyMisfit(str(fault)) from None
        still = standing.still(claim.question, labels)
        work = examination.forging_cost(evidence, self.shop.setting(self.policy.flaws))
        case = Case(
            claim.number, said.claimant, said.deployer, said.service, said.scheme, evidence, work,
            standing.deployed_at, claim.committed_at, self._on_earlier(claim, score), examination.parameters,
            agreement, still is not None and still >= self.policy.same_model, examination.selectable, standing.ordinary,
            claim.bounds, claim.tried)
        return Weighed(case, ruled(self.policy, case), score)

    def weigh_release(self, claim: PendingClaim, standing: Standing, why: str) -> Weighed | None:
        """The case of a claim on weights that can't be read, for the reason `why`: on what the claimant released first,
        before the service was announced, and nobody before him; None where there is no such release."""
        examination, said = claim.examination, claim.claim
        number = min((m.number for m, _ in self.releases if m.sender == said.claimant), default=standing.deployed_at)
        if not isinstance(examination, WhiteBox) or number >= standing.deployed_at:
            return None
        weights = self._weights(claim, examination)
        own = weights.reference
        if own is None:
            return None
        evidence = weights.score([own])
        case = Case(
            claim.number, said.claimant, said.deployer, said.service, said.scheme, evidence,
            examination.forging_cost(evidence, self.shop.setting(self.policy.flaws)), standing.deployed_at,
            claim.committed_at, self._on_earlier(claim, lambda model: weights.score([own if model is None else model])),
            examination.parameters, ordinary=standing.ordinary, bounds=claim.bounds, tried=claim.tried,
            undisclosed=why)
        return Weighed(case, ruled(self.policy, case), lambda model: weights.score([own if model is None else model]))

    def rebuilt(self, claim: PendingClaim) -> bool:
        """Whether a service whose weights are of another kind of network than what the claimant released first answers
        the spot checks as that release does: no model that was trained apart does (`arena.workshop.disclosure`)."""
        reference = reference_of(claim.claim.claimant, self.releases, self.shop)
        if reference is None or claim.answers is None:
            return False
        shown = {model.architecture.network for model in disclosure.read_all(self.shop, claim.shown or ())}
        if shown == {reference.architecture.network}:
            return False
        answers = self.shop.predict(reference, claim.question.images)
        same = claim.question.of("key", answers) == claim.question.of("key", claim.answers)
        return float(same.mean()) >= self.policy.same_model

    def fits(self, claim: PendingClaim, agent: str) -> bool | None:
        """Whether a claim's key fits any model that an agent released (None: he released none that can be scored)."""
        if claim.weighed is None:
            return None
        found = [self._rarity_on(claim.weighed.score, release) for m, release in self.releases if m.sender == agent]
        rarities = [rarity for rarity in found if rarity is not None]
        bound = self.policy.convincing(claim.weighed.case)
        return any(rarity >= bound for rarity in rarities) if rarities else None

    def on_stage(self, claim: PendingClaim, shown: np.ndarray | str) -> Evidence | None:
        """What a claim's key scores on a stage of a deployment: on its answers to the key's images, int64 (N,), or on
        the model of that name in the store; None where it can't be scored."""
        examination = claim.examination
        try:
            if isinstance(examination, WhiteBox):
                return self._weights(claim, examination).score([self.shop.released(str(shown))])
            return examination.score(np.asarray(shown), self._controls(claim))
        except Exception:
            return None

    def _scorer(self, claim: PendingClaim, labels: np.ndarray) -> tuple[float | None, Scorer]:
        """(agreement of disclosed weights with the service, how the service or a released model scores)."""
        examination, shop = claim.examination, self.shop
        if not isinstance(examination, WhiteBox):
            images, controls = examination.images, self._controls(claim)
            return None, lambda model: examination.score(
                labels if model is None else shop.predict(model, images), controls)
        weights, shown = self._weights(claim, examination), disclosure.read_all(shop, claim.shown or ())
        answers = shop.predict(Majority(shown), claim.question.images)  # whole: ranges of 8 bits may hang on the batch
        agreement = float((claim.question.of("key", answers) == labels).mean())
        return agreement, lambda model: weights.score(shown if model is None else [model])

    def _weights(self, claim: PendingClaim, examination: WhiteBox) -> WeightsReader:
        """What reads a claim's key in weights, against what the claimant released first."""
        return WeightsReader(examination, reference_of(claim.claim.claimant, self.releases, self.shop), self.shop)

    def _on_earlier(self, claim: PendingClaim, score: Scorer) -> dict[int, float]:
        """The rarity, in bits, on every model that was public before the key was fixed."""
        earlier = [(message.number, release) for message, release in self.releases
                   if claim.committed_at is None or message.number < claim.committed_at]
        return {number: self._rarity_on(score, release) or 0.0 for number, release in earlier}

    def _rarity_on(self, score: Scorer, release: Release) -> float | None:
        try:
            return score(self.shop.released(release.model)).rarity
        except (Malformed, ArenaError):
            return None

    def _controls(self, claim: PendingClaim) -> np.ndarray | None:
        """What the Verifier's own control hosts answer to a key's images, int64 (hosts, N); None where the scheme
        doesn't ask for them. Asked once a claim."""
        examination, shop = claim.examination, self.shop
        assert isinstance(examination, BlackBox)
        if examination.controls and claim.controls is None:
            claim.controls = shop.control_answers(examination.images, max(self.controls, examination.controls))
        return claim.controls


def among_rivals(claim: PendingClaim, judgement: Judgement, outcome: str, other: str, silent: bool) -> Judgement:
    """The judgement of a claim that stands otherwise; `silent`: the service left a question unanswered."""
    me, deployer = claim.claim.claimant, claim.claim.deployer
    if outcome == "first" and not (me == deployer and silent):
        return judgement
    if outcome == "first":
        why = f"disputed: {me}'s own service left another claimant's question unanswered"
    elif outcome == "later":
        why = f"denied: {other} was first: his key fits the marked models of {me}, and not the other way round"
    else:
        why = f"disputed: the keys of {me} and {other} both stand, and what they released doesn't tell whose was first"
    return Judgement({**judgement.checks, "rival": False}, (why,))
