"""A claim on its way through a Verifier's hands: what waits, what a service once answered, and how a verdict is put
down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from torch import nn

from agents.roles._question import Question
from arena.base.told import told
from arena.game.evidence import Bounds, Case, Judgement
from arena.game.messages import Claim, Message, Verdict
from arena.game.rarity import Evidence
from arena.strategies import BlackBox, WhiteBox

Service = tuple[str, str]
Scorer = Callable[[nn.Module | None], Evidence]
"""How a model scores with a claim's key; None is the service that the claim is about."""


@dataclass(frozen=True)
class Weighed:
    """What came of a claim: the case, its judgement, and how to score other models with its key."""

    case: Case
    judgement: Judgement
    score: Scorer

    @property
    def stands(self) -> bool:
        """Whether all checks passed, but for rivals."""
        return self.judgement.granted

    def contests(self, bound: float) -> bool:
        """Whether the evidence, though too little for a grant, is far beyond chance, and nothing else is wrong with the
        claim."""
        sound = all(passed or name in ("rarity", "work") for name, passed in self.judgement.checks.items())
        return sound and self.case.rarity >= bound


@dataclass
class PendingClaim:
    """A well-formed claim that waits for the service's answer, or, weighed, for its rivals."""

    message: Message
    claim: Claim
    examination: BlackBox | WhiteBox
    question: Question
    committed_at: int | None
    since: int
    labels: np.ndarray | None = None
    shown: tuple[str, ...] | None = None
    weighed: Weighed | None = None
    controls: np.ndarray | None = None
    bounds: Bounds = field(default_factory=Bounds)
    tried: int = 1

    @property
    def number(self) -> int:
        return self.message.number

    @property
    def service(self) -> Service:
        return self.claim.deployer, self.claim.service

    @property
    def answers(self) -> np.ndarray | None:
        """The service's answers, int64 (N,), once everything that was asked for is there."""
        return self.labels if self.shown is not None or not isinstance(self.examination, WhiteBox) else None


@dataclass
class Standing:
    """A service: when it was announced, what it was asked then, what it answered and when; how it answered ordinary
    questions."""

    deployed_at: int
    probe: Question | None = None
    labels: np.ndarray | None = None
    answered_at: int = -1
    ordinary: tuple[int, int] = (0, 0)

    def take(self, question: Question, labels: np.ndarray) -> None:
        """Counts how the ordinary images of a question were answered: (right, asked) so far."""
        right, asked = question.ordinary(labels)
        self.ordinary = self.ordinary[0] + right, self.ordinary[1] + asked

    def answered_before(self, number: int | None) -> Question | None:
        """The probe, where it was answered before a message."""
        return self.probe if self.labels is not None and number is not None and number > self.answered_at else None

    def still(self, question: Question, labels: np.ndarray) -> float | None:
        """The share of the probe that is answered as it was then; None where the question doesn't ask it again."""
        if "again" not in question.places or self.probe is None or self.labels is None:
            return None
        return float((question.of("again", labels) == self.probe.of("probe", self.labels)).mean())


def refused(message: Message, claim: Claim, word: str, reason: str, disclosure: bool = False) -> Verdict:
    """The verdict on a claim that never came to a judgement."""
    checks = {"well-formed": word != "rejected", **({"disclosure": False} if disclosure else {})}
    return Verdict(message.number, claim.claimant, claim.deployer, False, (f"{word}: {told(reason, 1000)}",), checks)


def verdict(claim: PendingClaim, judgement: Judgement, case: Case) -> Verdict:
    """What is said of a judged claim, with the case that it rests on."""
    checks = {name: bool(passed) for name, passed in judgement.checks.items()}
    granted, reasons = all(checks.values()), tuple(judgement.reasons)
    return Verdict(claim.number, claim.claim.claimant, claim.claim.deployer, granted, reasons, checks, case.as_data())
