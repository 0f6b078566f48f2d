"""From a match's transcript and books to its record (`arena.match.result`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

from arena.base.errors import ArenaError, Malformed
from arena.base.files import file_hashes
from arena.base.machine import machine
from arena.base.yamlfile import YamlFile
from arena.game.evidence import Case
from arena.game.ledger import Spending
from arena.game.messages import Verdict
from arena.game.notes import AccuracyNote, ForgeryNote, MarkNote, Note, StageNote, TrainingNote
from arena.game.rarity import evidence_from
from arena.game.transcript import Transcript, read
from arena.match.books import Books, Fault
from arena.match.result import (
    VERSION,
    AccuracyRecord,
    ForgeryRecord,
    MarkRecord,
    OutcomeRecord,
    Result,
    StageRecord,
    TrainingRecord,
    VerdictRecord,
    load,
    write,
)
from arena.scenario.scenario import Expectation, Scenario, expectations
from arena.workshop.options import Options

N = TypeVar("N", bound=Note)


def begun(run: Path, scenario: Scenario, options: Options) -> Result:
    """The record of a match that has begun, written. While agents play, the seed isn't in it."""
    path = scenario.path.resolve()
    result = Result(VERSION, "running", scenario.without_seed(), str(path),
                    file_hashes(path.parent, [path.name, *scenario.files]),
                    {name: part["role"] for name, part in scenario.agents.items()},
                    {**asdict(options), "parts": list(options.parts)}, machine(),
                    bounds={name: scenario.agents[name]["rarity"] for name in scenario.verifiers})
    write(result, run)
    return result


def ended(beginning: Result, run: Path, books: Books) -> Result:
    """The record of a match that is over, written beside its transcript."""
    result = replace(recorded(beginning, read(run)), clocks=dict(books.clocks), faults=tuple(books.faults))
    write(result, run)
    return result


def recorded(beginning: Result, transcript: Transcript) -> Result:
    """What a transcript tells of the match that `beginning` is the record of so far: all but clocks, and the details of
    faults."""
    notes, verdicts, scenario = _Notes(transcript), tuple(_verdicts(transcript)), transcript.scenario
    expected = expectations(YamlFile(beginning.path), scenario.get("expect", {}), scenario["agents"])
    return replace(
        beginning, status=transcript.status, scenario=scenario, transcript=transcript.hash, verdicts=verdicts,
        stages=tuple(_stages(transcript, notes)), accuracies=tuple(notes.accuracies()), marks=tuple(notes.marks()),
        forgeries=tuple(notes.forgeries()), trainings=tuple(notes.trainings()),
        outcomes=tuple(outcome(each, verdicts) for each in expected), spending=_spending(transcript),
        faults=tuple(_faults(transcript)))


def _verdicts(transcript: Transcript) -> Iterator[VerdictRecord]:
    """The last verdict of each verifier on each claim."""
    claims = {e["number"]: e for e in transcript.of("message") if e["body"]["kind"] == "Claim"}
    last = {(e["sender"], e["body"].get("about")): e for e in transcript.of("message")
            if e["body"]["kind"] == "Verdict"}
    for entry in last.values():
        verdict, claim = transcript.body(entry["body"]), claims.get(entry["body"]["about"])
        if not isinstance(verdict, Verdict):
            continue
        claimant = claim["sender"] if claim else verdict.claimant
        yield VerdictRecord(entry["number"], verdict.about, entry["sender"], claimant, verdict.deployer,
                            verdict.granted, word_of(verdict), dict(verdict.checks), tuple(verdict.reasons),
                            str(claim["body"]["scheme"]) if claim else "", _case(verdict))


def _case(verdict: Verdict) -> Case | None:
    try:
        return Case.from_data(verdict.case) if verdict.case else None
    except Malformed:
        return None


def word_of(verdict: Verdict) -> str:
    """granted, rejected, disputed or denied."""
    if verdict.granted:
        return "granted"
    if not verdict.checks.get("well-formed", True):
        return "rejected"
    return "disputed" if verdict.reasons[0].startswith("disputed") else "denied"


def outcome(expected: Expectation, verdicts: tuple[VerdictRecord, ...]) -> OutcomeRecord:
    """What came of an expectation: all verdicts for that pair must agree with it."""
    found = [v for v in verdicts if (v.claimant, v.deployer) == (expected.claimant, expected.deployer)
             and expected.verifier in ("", v.verifier)]
    met = bool(found) and all(v.word == expected.word and set(expected.failing) <= set(v.failed) for v in found)
    got = "; ".join(v.text for v in found) or "no verdict"
    return OutcomeRecord(expected.pair, expected.word, expected.failing, got, met)


def _stages(transcript: Transcript, notes: _Notes) -> Iterator[StageRecord]:
    """Every stage of every deployment, with what each claimant's key scores on it."""
    claimants = {e["number"]: e["sender"] for e in transcript.of("message") if e["body"]["kind"] == "Claim"}
    scored: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in transcript.of("curtain"):
        for stage, evidence in transcript.decode(entry["evidence"]).items():
            key, who = (entry["agent"], stage), claimants.get(entry["about"], "")
            scored.setdefault(key, {})[who] = evidence_from(evidence)
    counts: dict[str, int] = {}
    for agent, note in notes.of(StageNote):
        number = counts[agent] = counts.get(agent, -1) + 1
        yield StageRecord(agent, number, note.stage, note.by, note.before, note.after, note.model,
                          scored.get((agent, f"{number}. {note.stage}"), {}))


class _Notes:
    """What agents noted, by topic; the arena has checked the form of each."""

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript

    def of(self, kind: type[N]) -> list[tuple[str, N]]:
        """(agent, note) of the notes of a kind."""
        found = [e for e in self.transcript.of("note") if e["topic"] == kind.topic]
        return [(e["agent"], kind.read(self.transcript.decode(e["data"]))) for e in found]

    def accuracies(self) -> Iterator[AccuracyRecord]:
        yield from (AccuracyRecord(agent, note.marked, note.unmarked) for agent, note in self.of(AccuracyNote))

    def marks(self) -> Iterator[MarkRecord]:
        yield from (MarkRecord(agent, note.rarity, note.text) for agent, note in self.of(MarkNote))

    def forgeries(self) -> Iterator[ForgeryRecord]:
        for agent, note in self.of(ForgeryNote):
            yield ForgeryRecord(agent, note.forgery, note.measured, note.planned, note.rarity, note.forger or "")

    def trainings(self) -> Iterator[TrainingRecord]:
        for agent, note in self.of(TrainingNote):
            for purpose, history in note.curves.items():
                yield TrainingRecord(agent, purpose, tuple(history["loss"]), tuple(history["accuracy"]))


def _faults(transcript: Transcript) -> Iterator[Fault]:
    for entry in transcript.entries:
        if entry["entry"] in ("left", "fault"):
            left = entry["entry"] == "left"
            yield Fault(entry["turn"], entry["agent"], left, entry["reason" if left else "text"])


def _spending(transcript: Transcript) -> dict[str, Spending]:
    """Agent -> all that he spent."""
    out = {name: Spending() for name in transcript.head["cast"]}
    for entry in transcript.entries:
        who = entry.get("sender") or entry.get("agent")
        if "spent" in entry and who in out:
            out[who] += Spending(**entry["spent"])
    return out


def result_of(run: Path) -> Result:
    """The record of a run; of one that was killed, as far as its transcript goes."""
    result = load(run)
    if result.status != "running":
        return result
    try:
        transcript = read(run)
    except ArenaError:
        return replace(result, status="unfinished")
    return recorded(result, transcript)
