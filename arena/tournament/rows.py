"""What a match gave, as a line of the journal: typed figures, and the cases that any policy can judge again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from arena.base.errors import Malformed
from arena.game.evidence import Case
from arena.match.result import Result, VerdictRecord
from arena.strategies.policy import Policy
from arena.strategies.returned import ruled
from arena.tournament.cells import OWNER, THIEF, USURPER, Cell
from arena.tournament.spec import UNMARKED

VERSION = 1


class Packed(Mapping[str, Any]):
    """A plain mapping that is kept as text: of a hundred thousand lines a tenth of the memory."""

    __slots__ = ("_text",)

    def __init__(self, plain: Mapping[str, Any]) -> None:
        self._text = json.dumps(plain, separators=(",", ":"))

    def plain(self) -> dict[str, Any]:
        """The mapping itself."""
        return json.loads(self._text)  # type: ignore[no-any-return]

    def __getitem__(self, key: str) -> Any:
        return self.plain()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.plain())

    def __len__(self) -> int:
        return len(self.plain())


@dataclass(frozen=True)
class Row:
    """A line: the match (key, cell, seed), how it ended (`finished`, or why not), its figures (see `FIGURES`), and the
    claims of owner and usurper: the case as plain data, and whether the claim was first among rivals."""

    key: str
    cell: Cell
    seed: int
    status: str
    figures: Mapping[str, float] = field(default_factory=dict)
    claims: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    error: str = ""
    seconds: float = 0.0
    machine: str = ""
    attempt: int = 1
    version: int = VERSION

    @property
    def finished(self) -> bool:
        return self.status == "finished"

    def granted(self, claimant: str, policy: Policy) -> bool:
        """Whether a policy grants what the owner (or the usurper) claimed; what never came to a case is not granted."""
        claim = self.claims.get(claimant)
        if claim is None or not claim["first"]:
            return False
        return ruled(policy, Case.from_data(claim["case"])).granted

    def as_data(self) -> dict[str, Any]:
        return {**vars(self), "cell": self.cell.as_dict(), "claims": dict(self.claims)}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Row:
        """From its plain form; Malformed for what is none."""
        try:
            if data["version"] != VERSION:
                raise Malformed(f"a line of version {VERSION} is wanted")
            return cls(**{**data, "cell": Cell(**data["cell"]), "claims": Packed(data.get("claims", {}))})
        except (TypeError, KeyError) as error:
            raise Malformed(f"this is no line of a tournament: {type(error).__name__}") from None


def row_of(key: str, cell: Cell, seed: int, result: Result, more: Mapping[str, float], seconds: float) -> Row:
    """The line of a finished match; `more` are figures that the record doesn't hold, `host_ops` among them. What the
    owner spent is told beyond what trainings without a mark cost."""
    status, lost = ending(result)
    figures = {**figures_of(result), **more}
    trained = 2 if cell.scheme != UNMARKED else 1  # the marked host, and the one without a mark for comparison
    figures["owner_ops"] = max(0.0, figures["owner_ops"] - trained * figures["host_ops"])
    return Row(key, cell, seed, status, figures, claims_of(result), lost, round(seconds, 2),
               result.machine.get("processor", ""))


def ending(result: Result) -> tuple[str, str]:
    """How a match ended (`finished`, or not), and why: who left it."""
    gone = [fault for fault in result.faults if fault.left]
    lost = next((f"{fault.agent}: {fault.reason}" for fault in gone), "")
    ended = "killed" if any(fault.killed for fault in gone) else "failed"
    return "finished" if result.status == "finished" and not lost else ended, lost


def figures_of(result: Result) -> dict[str, float]:
    """Accuracies as shares, rarity and work in bits, work in elementary operations, queries in images."""
    marked = next((record for record in result.accuracies if record.owner == OWNER), None)
    stages = [stage for stage in result.stages if stage.deployer == THIEF]
    spent, claim = result.spending, _claim(result, OWNER)
    accuracy = marked.marked if marked else 0.0
    return {
        "unmarked": accuracy if marked is None or marked.unmarked is None else marked.unmarked, "marked": accuracy,
        "stolen": accuracy, "deployed": stages[-1].accuracy if stages else 0.0,
        "rarity": (claim.case.rarity if claim and claim.case else 0.0),
        "work": (claim.case.work.cheapest if claim and claim.case else 0.0),
        "owner_ops": float(spent[OWNER].operations),
        "usurper_ops": float(spent[USURPER].operations) if USURPER in spent else 0.0,
        "attacker_ops": float(spent[THIEF].operations), "queries": float(spent[THIEF].queries),
        "verifier_queries": float(sum(s.queries for name, s in spent.items() if result.roles[name] not in (OWNER, THIEF,
                                                                                                          USURPER)))}


def claims_of(result: Result) -> dict[str, dict[str, Any]]:
    """Seat -> its claim on the thief's service: the case, and whether it was first among rivals."""
    found = {seat: _claim(result, seat) for seat in (OWNER, USURPER)}
    return {seat: {"case": _slim(verdict.case.as_data()), "first": bool(verdict.checks.get("rival", True))}
            for seat, verdict in found.items() if verdict is not None and verdict.case is not None}


def _claim(result: Result, seat: str) -> VerdictRecord | None:
    return next((v for v in result.verdicts if (v.claimant, v.deployer) == (seat, THIEF)), None)


def _slim(case: dict[str, Any]) -> dict[str, Any]:
    """A case without the curves that only a page shows."""
    evidence = case["evidence"]
    details = {name: value for name, value in (evidence.get("details") or {}).items() if not isinstance(value, list)}
    return {**case, "evidence": {**evidence, **({"details": details} if "details" in evidence else {})}}
