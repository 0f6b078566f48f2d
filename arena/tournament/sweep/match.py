"""One match of a sweep, in a worker: played, and told as a line.

A line's `claims` are those that were judged, `CLAIMANT on DEPLOYER by VERIFIER`, each with the verdict's figures; its
`figures` are the test accuracies that services ended with, by who deploys them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from arena.match.result import Result, VerdictRecord
from arena.scenario.scenario import Scenario
from arena.tournament.cells import Cell
from arena.tournament.match import played
from arena.tournament.rows import Packed, Row, ending
from arena.workshop.options import Options

WORK = "arena.tournament.sweep.match:play"


@dataclass(frozen=True)
class Claim:
    """A claim that was judged: whether it was granted, in a word and with the checks that failed; rarity and work in
    bits (None where nothing was scored)."""

    claimant: str
    deployer: str
    verifier: str
    granted: bool
    verdict: str
    rarity: float | None = None
    work: float | None = None

    @property
    def who(self) -> tuple[str, str, str]:
        return self.claimant, self.deployer, self.verifier


def play(job: Mapping[str, Any]) -> dict[str, Any]:
    """The line of a match (`arena.tournament.match.played`)."""
    return played(job, _told)


def _told(job: Mapping[str, Any], scenario: Scenario, options: Options, result: Result, seconds: float) -> Row:
    return sweep_row(job["key"], Cell(**job["cell"]), job["seed"], result, seconds)


def sweep_row(key: str, cell: Cell, seed: int, result: Result, seconds: float) -> Row:
    """The line of a match that is over."""
    status, lost = ending(result)
    claims = {" ".join((claim.claimant, "on", claim.deployer, "by", claim.verifier)): asdict(claim)
              for claim in _claims(result)}
    accuracies = {stage.deployer: stage.accuracy for stage in result.stages}  # the last of each stays
    return Row(key, cell, seed, status, accuracies, claims, lost, round(seconds, 2),
               result.machine.get("processor", ""))


def claims_of(row: Row) -> list[Claim]:
    """The claims of a line."""
    claims = row.claims.plain() if isinstance(row.claims, Packed) else row.claims
    return [Claim(**said) for said in claims.values()]


def _claims(result: Result) -> Iterator[Claim]:
    """Of several claims by one on the same service before the same verifier, the one that was granted, else the
    first."""
    found: dict[tuple[str, str, str], VerdictRecord] = {}
    for verdict in result.verdicts:
        who = verdict.claimant, verdict.deployer, verdict.verifier
        if who not in found or (verdict.granted and not found[who].granted):
            found[who] = verdict
    yield from (Claim(*who, verdict.granted, verdict.text, verdict.rarity, verdict.work)
                for who, verdict in found.items())
