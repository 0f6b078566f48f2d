"""A claim on its way through a Verifier's hands: what waits, what a service once answered, and how a verdict is put down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import nn

from agents.roles._question import Question
from arena.base.told import told
from arena.game.evidence import Case, Judgement
from arena.game.messages import Claim, Message, Verdict
from arena.game.rarity import Evidence
from arena.strategies import Examination

Service = tuple[str, str]
Scorer = Callable[[nn.Module | None], Evidence]


@dataclass
class Pending:
    """A claim that waits for the service's answer, or, weighed, for its rivals."""

    case: Case
    examination: Examination
    question: Question
    since: int
    labels: np.ndarray | None = None
    model: str = ""
    judgement: Judgement | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    score: Scorer | None = None

    @property
    def service(self) -> Service:
        return self.case.claim.deployer, self.case.claim.service

    @property
    def stands(self) -> bool:
        """Whether all checks passed, but for rivals."""
        return self.judgement is not None and self.judgement.granted

    def contests(self, bound: float) -> bool:
        """Whether the evidence, though too little for a grant, is far beyond chance, and nothing else is wrong with the claim."""
        judgement, evidence = self.judgement, self.case.evidence
        return judgement is not None and evidence is not None and evidence.rarity >= bound and all(
            passed or name in ("rarity", "work") for name, passed in judgement.checks.items())

    @property
    def answered(self) -> bool:
        return self.labels is not None and bool(self.model or not self.examination.white_box)


@dataclass
class Standing:
    """A service: when it was announced, what it was asked then, what it answered and when; how it answered ordinary questions."""

    deployed_at: int
    probe: Question | None = None
    labels: np.ndarray | None = None
    answered_at: int = -1
    ordinary: tuple[int, int] = (0, 0)

    def take(self, question: Question, labels: np.ndarray) -> None:
        """Counts how the ordinary images of a question were answered: (right, asked) so far."""
        right, asked = question.ordinary(labels)
        self.ordinary = self.ordinary[0] + right, self.ordinary[1] + asked


def refused(message: Message, claim: Claim, word: str, reason: str, disclosure: bool = False) -> Verdict:
    checks = {"well-formed": word != "rejected", **({"disclosure": False} if disclosure else {})}
    return Verdict(message.number, claim.claimant, claim.deployer, False, (f"{word}: {told(reason, 1000)}",), checks)


def figures_of(case: Case) -> dict[str, Any]:
    evidence, work, (right, asked) = case.evidence, case.work, case.ordinary
    assert evidence is not None and work is not None
    shown = {"agreement": round(case.agreement, 6)} if case.agreement is not None else {}
    ordinary = {"customers": asked, "customers answered right": right} if asked else {}
    return {**evidence.figures, "evidence": evidence.text, **shown, **ordinary, "rarity": round(float(evidence.rarity), 6),
            "work": round(float(work.cheapest), 6), "work by eq. 5": round(float(work.paper), 6), "cheapest forger": work.forger,
            "committed at": case.committed_at if case.committed_at is not None else -1}
