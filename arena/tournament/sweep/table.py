"""What a sweep shows: a line for each combination and claim, with means over seeds and how far they scatter."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from arena.base.yamlfile import text_of
from arena.tournament.cells import Cell
from arena.tournament.rows import Row
from arena.tournament.statistics.intervals import Interval, share
from arena.tournament.sweep.asked import Values
from arena.tournament.sweep.match import Claim, claims_of
from arena.tournament.sweep.plan import SweepPlan

Who = tuple[str, str, str]


@dataclass(frozen=True)
class Spread:
    """A mean over `n` matches and the standard deviation among them (None for fewer than two)."""

    mean: float
    deviation: float | None
    n: int


@dataclass(frozen=True)
class Line:
    """A claim under a combination: granted `hits` of `granted.n` finished matches, with the exact interval; rarity and
    work (bits) of what was scored, test accuracy of the service's last stage (share). A service that nobody claims has
    no claimant, a combination without a finished match no service either, but a reason."""

    values: Values
    claimant: str = ""
    deployer: str = ""
    verifier: str = ""
    hits: int = 0
    granted: Interval | None = None
    rarity: Spread | None = None
    work: Spread | None = None
    accuracy: Spread | None = None
    failed: int = 0
    reason: str = ""

    @property
    def who(self) -> Who:
        return self.claimant, self.deployer, self.verifier

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Table:
    """The lines of a sweep, from its plan and the journal's rows."""

    plan: SweepPlan
    rows: Sequence[Row]

    @cached_property
    def of(self) -> Mapping[Cell, list[Row]]:
        """The latest line of each match that was asked for, seed by seed."""
        last = {row.key: row for row in self.rows}
        return {cell: [last[key] for key in keys if key in last] for cell, keys in self.plan.keys.items()}

    @property
    def paths(self) -> list[str]:
        """What is varied."""
        return [one.path for one in self.plan.spec.varied]

    @cached_property
    def lines(self) -> list[Line]:
        """All combinations in their order."""
        return [line for cell, values in self.plan.combinations.items() for line in self._lines(cell, values)]

    @cached_property
    def _order(self) -> Mapping[Who, int]:
        """The place of each claim of any combination, by when it was first judged."""
        rows = [row for rows in self.of.values() for row in rows if row.finished]
        found = _all(({claim.who: claim for claim in claims_of(row)} for row in rows), rows)
        return {who: place for place, who in enumerate(found)}

    @property
    def several(self) -> bool:
        """Whether there are several verifiers, who must be told apart."""
        return len({line.verifier for line in self.lines if line.verifier}) > 1

    def matches(self) -> Iterator[dict[str, Any]]:
        """One plain mapping a match and claim (or service without one), with each varied value under its path."""
        for cell, rows in self.of.items():
            for row in rows:
                yield from self._match(self.plan.combinations[cell], row)

    def _lines(self, cell: Cell, values: Values) -> Iterator[Line]:
        rows = self.of.get(cell, [])
        finished, failed = [row for row in rows if row.finished], [row for row in rows if not row.finished]
        why = "; ".join(dict.fromkeys(f"{row.status}: {row.error}" for row in failed))
        if not finished:
            yield Line(values, failed=len(failed), reason=self.plan.misfits.get(cell) or why or "not played yet")
            return
        claims = [{claim.who: claim for claim in claims_of(row)} for row in finished]
        for who in sorted(_all(claims, finished), key=lambda who: self._order.get(who, len(self._order))):
            yield _line(values, who, [each[who] for each in claims if who in each], finished, len(failed), why)

    @staticmethod
    def _match(values: Values, row: Row) -> Iterator[dict[str, Any]]:
        start = {**{path: text_of(value) for path, value in values.items()}, "seed": row.seed, "status": row.status,
                 "error": row.error, "seconds": row.seconds}
        claims = {claim.who: claim for claim in claims_of(row)}
        for who in _all([claims], [row]) or [("", "", "")]:
            claim = claims.get(who) or Claim(*who, False, "")
            yield {**start, **asdict(claim), "granted": int(claim.granted) if who in claims else None,
                   "accuracy": row.figures.get(who[1])}


def _all(claims: Iterable[Mapping[Who, Claim]], rows: Iterable[Row]) -> list[Who]:
    """Every claim in the order of their first verdicts, then the services that nobody claims."""
    found = list(dict.fromkeys(who for each in claims for who in each))
    claimed = {deployer for _, deployer, _ in found}
    services = dict.fromkeys(deployer for row in rows for deployer in row.figures)
    return [*found, *(("", deployer, "") for deployer in services if deployer not in claimed)]


def _line(values: Values, who: Who, claims: Sequence[Claim], rows: Sequence[Row], failed: int, why: str) -> Line:
    hits, claimed = sum(claim.granted for claim in claims), bool(who[0])
    return Line(values, *who, hits, share(hits, len(rows)) if claimed else None,
                spread(claim.rarity for claim in claims), spread(claim.work for claim in claims),
                spread(row.figures.get(who[1]) for row in rows), failed, why)


def spread(samples: Iterable[float | None]) -> Spread | None:
    """Of those that were measured; None of none."""
    known = [sample for sample in samples if sample is not None]
    if not known:
        return None
    return Spread(statistics.fmean(known), statistics.stdev(known) if len(known) > 1 else None, len(known))
