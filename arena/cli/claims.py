"""The end of a run: a table of claims, as text and as JSON; reasons for who wants them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arena.base.told import told
from arena.cli.columns import aligned
from arena.match.asked import asked, outcomes_of
from arena.match.result import Result, VerdictRecord

HEAD = ("  claimant", "on", "verdict", "rarity, bits", "work, bits", "expected")


def lines(result: Result, reasons: bool = False) -> Iterator[str]:
    """The table; the reasons of each verdict below its row where they are wanted."""
    head, *rows = aligned(HEAD, (_cells(result, verdict) for verdict in result.verdicts))
    yield from [head] if rows else ["no claim was decided"]
    for verdict, row in zip(result.verdicts, rows, strict=True):
        yield row
        if reasons:
            yield from (f"      {told(reason, 2000)}" for reason in verdict.reasons)


def _cells(result: Result, verdict: VerdictRecord) -> tuple[str, ...]:
    mark = "✓ " if verdict.granted else "✗ "
    several = len({each.verifier for each in result.verdicts}) > 1
    word = verdict.text + (f" by {verdict.verifier}" if several else "")
    figures = (_against(verdict.case.rarity if verdict.case else None, asked(result, verdict, "rarity")),
               _against(verdict.work, asked(result, verdict, "work")))
    return mark + told(verdict.claimant), told(verdict.deployer), told(word), *figures, _expected(result, verdict)


def _against(found: float | None, bound: float | None) -> str:
    """`98.2 of 64`: what was found, of what was asked for."""
    if found is None:
        return "-"
    return f"{found:.1f}" + (f" of {bound:g}" if bound is not None else "")


def _expected(result: Result, verdict: VerdictRecord) -> str:
    told_of = outcomes_of(result, verdict)
    missed = [outcome for outcome in told_of if not outcome.met]
    if missed:
        return f"no: {missed[0].expected} {', '.join(missed[0].failing)}".rstrip()
    return "yes" if told_of else "-"


def as_data(result: Result, run: Path) -> dict[str, Any]:
    """What machines read: plain data, figures in bits."""
    return {"title": result.title, "status": result.status, "seed": result.seed, "run": str(run),
            "report": str(run / "report.html"), "transcript": result.transcript, "as_expected": result.as_expected,
            "claims": [_claim(result, verdict) for verdict in result.verdicts],
            "missed": [{"pair": o.pair, "expected": o.expected, "failing": list(o.failing), "got": o.got}
                       for o in result.outcomes if not o.met],
            "left": [{"agent": fault.agent, "turn": fault.turn} for fault in result.faults]}


def _claim(result: Result, verdict: VerdictRecord) -> dict[str, Any]:
    met = [outcome.met for outcome in outcomes_of(result, verdict)]
    return {"claimant": verdict.claimant, "on": verdict.deployer, "verifier": verdict.verifier,
            "verdict": verdict.word, "granted": verdict.granted, "failed": list(verdict.failed),
            "reasons": list(verdict.reasons), "rarity": verdict.case.rarity if verdict.case else None,
            "rarity_asked": asked(result, verdict, "rarity"), "work": verdict.work,
            "work_asked": asked(result, verdict, "work"), "expected": all(met) if met else None}
