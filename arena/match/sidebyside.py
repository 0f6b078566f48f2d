"""A comparison in words: tables of texts, for screens as for pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from arena.base.told import told
from arena.base.yamlfile import text_of
from arena.match.comparison import ABSENT, Comparison
from arena.match.result import AccuracyRecord, StageRecord, VerdictRecord, work_text

T = TypeVar("T")
NOTHING = "-"


@dataclass(frozen=True)
class Texts:
    """A table: its heading, what the first column holds, and rows of one text a result after a name."""

    heading: str
    about: str
    rows: Sequence[tuple[str, ...]]


def tables(compared: Comparison) -> Iterator[Texts]:
    """All tables that have rows, what the results are first."""
    verifiers = {verifier for _, _, verifier in compared.claims}
    claims = {f"{claimant} on {deployer}" + (f" by {verifier}" if len(verifiers) > 1 else ""): verdicts
              for (claimant, deployer, verifier), verdicts in compared.claims.items()}
    made = (Texts("Matches", "", list(_matches(compared))),
            Texts("What differs in the scenarios", "path", _rows(compared.scenarios, _value)),
            Texts("What differs in the machines", "", _rows(compared.machines, _value)),
            Texts("Claims: verdict, rarity, work", "claim", _rows(claims, _verdict)),
            Texts("Hosts: test accuracy unmarked, marked", "owner", _rows(compared.hosts, _host)),
            Texts("Services: test accuracy by stage", "stage", _rows(
                {f"{deployer} {number}": stages for (deployer, number), stages in compared.stages.items()}, _stage)),
            Texts("Spending: operations, images queried", "agent", _rows(compared.spending, _spent)))
    yield from (texts for texts in made if texts.rows)


def _matches(compared: Comparison) -> Iterator[tuple[str, ...]]:
    yield "seed", *(NOTHING if result.seed is None else str(result.seed) for result in compared.results)
    yield "ended", *(result.status for result in compared.results)


def _rows(table: Mapping[str, Sequence[T | None]], text: Callable[[T], str]) -> list[tuple[str, ...]]:
    return [(name, *(NOTHING if each is None else text(each) for each in entries)) for name, entries in table.items()]


def _value(value: Any) -> str:
    return NOTHING if value is ABSENT else told(text_of(value), 200)


def _verdict(verdict: VerdictRecord) -> str:
    bits = [f"{figure:.1f}" for figure in (verdict.rarity, verdict.work) if figure is not None]
    return ", ".join([verdict.text, *(["/".join(bits) + " bits"] if bits else [])])


def _host(record: AccuracyRecord) -> str:
    unmarked = NOTHING if record.unmarked is None else _percent(record.unmarked)
    return f"{unmarked}, {_percent(record.marked)}"


def _stage(stage: StageRecord) -> str:
    return f"{_percent(stage.accuracy)} {told(stage.name, 40)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _spent(spent: Any) -> str:
    return f"{work_text(spent)}, {spent.queries:,}"
