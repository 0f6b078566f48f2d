"""The record of one match: all that reports, screens, replays and users read of it, written as result.json beside the
transcript.

Frozen and typed; nothing in it is derived from texts. It is enough to judge the match again under another policy
(`Result.judged`) without playing. Records of an unfinished match hold what was known when it began.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, TypeAdapter, ValidationError

from arena.base.errors import ArenaError, Malformed
from arena.base.files import write_atomically
from arena.game.evidence import Case, Judgement
from arena.game.ledger import Spending, bits
from arena.game.rarity import Evidence, evidence_from
from arena.match.books import Clock, Fault
from arena.strategies.policy import Policy
from arena.strategies.returned import ruled

FILE = "result.json"
VERSION = 1

AnEvidence = Annotated[Evidence,
                       PlainValidator(lambda data: data if isinstance(data, Evidence) else evidence_from(data)),
                       PlainSerializer(lambda evidence: evidence.as_data())]
ACase = Annotated[Case, PlainValidator(lambda data: data if isinstance(data, Case) else Case.from_data(data)),
                  PlainSerializer(lambda case: case.as_data())]


@dataclass(frozen=True)
class VerdictRecord:
    """A verdict that stands: message `number` of `verifier`, about claim number `about` by `claimant` on `deployer`'s
    service; `word` is granted, denied, rejected or disputed; `case` is what it rests on (None: it never came to
    one)."""

    number: int
    about: int
    verifier: str
    claimant: str
    deployer: str
    granted: bool
    word: str
    checks: Mapping[str, bool]
    reasons: tuple[str, ...]
    scheme: str = ""
    case: ACase | None = None

    @property
    def failed(self) -> tuple[str, ...]:
        """The checks that failed."""
        return tuple(name for name, passed in self.checks.items() if not passed)

    @property
    def rarity(self) -> float | None:
        """Bits; None where nothing was scored."""
        return self.case.evidence.rarity if self.case else None

    @property
    def work(self) -> float | None:
        """Bits of work of the cheapest forger known; None where nothing was scored."""
        return self.case.work.cheapest if self.case else None

    @property
    def text(self) -> str:
        """granted, rejected, disputed, or denied with the checks that failed."""
        return f"denied for {', '.join(self.failed)}" if self.word == "denied" and self.failed else self.word


@dataclass(frozen=True)
class StageRecord:
    """A stage of a deployment: number `number` of `deployer`, made `by` an attack; test accuracy before and after it;
    `evidence` is what each claimant's key scores on it, by his name."""

    deployer: str
    number: int
    name: str
    by: str
    before: float
    accuracy: float
    model: str = ""
    evidence: Mapping[str, AnEvidence] = field(default_factory=dict)


@dataclass(frozen=True)
class AccuracyRecord:
    """Test accuracies that an owner measured: of the host unmarked (None: not trained) and marked."""

    owner: str
    marked: float
    unmarked: float | None = None


@dataclass(frozen=True)
class MarkRecord:
    """What an owner's key scores on his own release, in bits."""

    owner: str
    rarity: float
    text: str


@dataclass(frozen=True)
class ForgeryRecord:
    """A forgery: bits of work that its ledger says (`measured`), and what the cost model says that evidence of such a
    rarity should have cost (`planned`; None where it isn't even well-formed)."""

    forger: str
    forgery: str
    measured: float
    planned: float | None = None
    rarity: float | None = None
    cheapest: str = ""


@dataclass(frozen=True)
class TrainingRecord:
    """The curves of a training: loss, and accuracy where it has one, an epoch."""

    agent: str
    purpose: str
    loss: tuple[float, ...]
    accuracy: tuple[float, ...] = ()


@dataclass(frozen=True)
class OutcomeRecord:
    """An expectation of the scenario, and what came of it: `pair` is CLAIMANT on DEPLOYER (by VERIFIER)."""

    pair: str
    expected: str
    failing: tuple[str, ...]
    got: str
    met: bool


@dataclass(frozen=True)
class Result:
    """One match. `scenario` is plain data, enough to play it again from the folder of `path`; `files` are hashes
    (SHA-256) of the scenario's file and of the user's own, relative to it; `roles` and `bounds` (rarity that a verifier
    asks for) by agent; `spending` is the ledger, `clocks` are seconds."""

    version: int
    status: str
    scenario: Mapping[str, Any]
    path: str
    files: Mapping[str, str]
    roles: Mapping[str, str]
    options: Mapping[str, Any]
    machine: Mapping[str, str]
    transcript: str = ""
    bounds: Mapping[str, float | None] = field(default_factory=dict)
    verdicts: tuple[VerdictRecord, ...] = ()
    stages: tuple[StageRecord, ...] = ()
    accuracies: tuple[AccuracyRecord, ...] = ()
    marks: tuple[MarkRecord, ...] = ()
    forgeries: tuple[ForgeryRecord, ...] = ()
    trainings: tuple[TrainingRecord, ...] = ()
    outcomes: tuple[OutcomeRecord, ...] = ()
    spending: Mapping[str, Spending] = field(default_factory=dict)
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def title(self) -> str:
        return str(self.scenario.get("title", ""))

    @property
    def seed(self) -> int | None:
        """The match's seed; None while it is played."""
        return self.scenario.get("seed")

    @property
    def as_expected(self) -> bool:
        """Whether every verdict is as the scenario expects."""
        return all(outcome.met for outcome in self.outcomes)

    @property
    def evidence(self) -> dict[tuple[str, str], Evidence]:
        """(claimant, deployer) -> what his key scored on that service."""
        return {(v.claimant, v.deployer): v.case.evidence for v in self.verdicts if v.case is not None}

    @property
    def ledger(self) -> Mapping[str, Spending]:
        """Agent -> all that he spent."""
        return self.spending

    @property
    def bound(self) -> float | None:
        """The rarity that the first verifier asks for, where one asks for any."""
        return next((bound for bound in self.bounds.values() if bound is not None), None)

    def judged(self, policy: Policy) -> dict[int, Judgement]:
        """Claim number -> what another policy makes of the same cases; nothing is played. Which of several rivals was
        first is taken as it was found."""
        return {v.about: self._again(v, ruled(policy, v.case)) for v in self.verdicts if v.case is not None}

    @staticmethod
    def _again(verdict: VerdictRecord, judgement: Judgement) -> Judgement:
        if verdict.checks.get("rival", True):
            return judgement
        return Judgement({**judgement.checks, "rival": False}, (*judgement.reasons, *verdict.reasons))

    def rows(self) -> list[dict[str, Any]]:
        """One plain mapping a stage and key, and one a stage without keys: what a table of this match holds."""
        return [row for stage in self.stages for row in _rows(stage, self)]

    def sentences(self) -> list[str]:
        """Who won and why: one sentence a verdict."""
        several = len({v.verifier for v in self.verdicts}) > 1
        return [f"{v.claimant} claims {v.deployer}'s service{f' before {v.verifier}' if several else ''}: "
                f"{'; '.join(v.reasons)}" for v in self.verdicts]

    def as_data(self) -> dict[str, Any]:
        """Plain data, as result.json holds it."""
        return dict(_adapter().dump_python(self, mode="json"))


def _rows(stage: StageRecord, result: Result) -> list[dict[str, Any]]:
    plain = {"title": result.title, "seed": result.seed, "deployer": stage.deployer, "stage": stage.number,
             "attack": stage.name, "accuracy": stage.accuracy, "claimant": None, "rarity": None, "evidence": None,
             "granted": None}
    granted = {(v.claimant, v.deployer): v.granted for v in result.verdicts}
    last = max(s.number for s in result.stages if s.deployer == stage.deployer)
    scored = [{**plain, "claimant": claimant, "rarity": evidence.rarity, "evidence": evidence.text,
               "granted": granted.get((claimant, stage.deployer)) if stage.number == last else None}
              for claimant, evidence in stage.evidence.items()]
    return scored or [plain]


@cache
def _adapter() -> TypeAdapter[Result]:
    return TypeAdapter(Result)


def write(result: Result, run: Path) -> None:
    """RUN/result.json."""
    write_atomically(run / FILE, (json.dumps(result.as_data(), indent=1, allow_nan=False) + "\n").encode())


def load(run: Path) -> Result:
    """What RUN/result.json holds; ArenaError when it is missing, of another version, or damaged."""
    path = run / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("version") != VERSION:
            raise ArenaError(f"{path}: a result of version {VERSION} is wanted")
        return _adapter().validate_python(data)
    except OSError:
        raise ArenaError(f"{run}: there is no {FILE}: this is no run, or it never began") from None
    except (ValidationError, Malformed, ValueError, RecursionError, KeyError, TypeError) as error:
        raise ArenaError(f"{path}: damaged: {type(error).__name__}") from None


def work_text(spent: Spending) -> str:
    """`2^35.1 operations`"""
    return f"2^{bits(spent.operations):.1f}" if spent.operations else "-"
