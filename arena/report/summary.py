"""What happened in a run, as plain records: verdicts, spending, stages of the attacks, keys. Everything comes from the transcript."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from arena.base.yamlfile import YamlFile
from arena.game.ledger import Spending, bits
from arena.game.messages import Claim, Message, Query, Response, Verdict
from arena.game.rarity import binomial_rarity
from arena.game.transcript import Transcript
from arena.scenario.scenario import Expectation, expectations


@dataclass(frozen=True)
class Stage:
    """One stage of a deployment: test accuracy, and how an owner's key fared on it (None where no owner claimed)."""

    agent: str
    name: str
    accuracy: float
    owner: str | None = None
    matches: int | None = None
    trials: int | None = None
    rarity: float | None = None


@dataclass(frozen=True)
class Outcome:
    """An expectation and whether the verdicts met it."""

    expectation: Expectation
    met: bool
    got: str


class Summary:
    """The figures of one run."""

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        self.scenario = transcript.scenario
        self.messages = {m.number: m for m in transcript.messages()}
        last = {(m.sender, m.body.about): m for m in self.messages.values() if isinstance(m.body, Verdict)}
        self.verdicts: list[tuple[Message, Verdict]] = [(m, m.body) for m in last.values()]  # type: ignore[misc]
        self.claims = {m.number: m.body for m in self.messages.values() if isinstance(m.body, Claim)}

    def role(self, agent: str) -> str:
        return str(self.scenario["agents"][agent]["role"])

    def notes(self, topic: str) -> list[tuple[str, Any]]:
        """(agent, data) of the notes on a topic."""
        return [(e["agent"], self.transcript.decode(e["data"])) for e in self.transcript.of("note") if e["topic"] == topic]

    def spending(self) -> dict[str, Spending]:
        """Agent -> all that he spent."""
        out = {name: Spending() for name in self.scenario["agents"]}
        for e in self.transcript.entries:
            who = e.get("sender") or e.get("agent")
            if "spent" in e and who in out:
                out[who] += Spending(**e["spent"])
        return out

    def seconds(self) -> dict[str, tuple[float, float]]:
        """Agent -> (seconds on the clock, processor seconds as the kernel counted them), as far as timings were kept."""
        out = dict.fromkeys(self.scenario["agents"], (0.0, 0.0))
        try:
            timings = json.loads((self.transcript.run / "timings.json").read_text())
            for entry in timings:
                wall, processor = out.get(entry["agent"], (0.0, 0.0))
                out[entry["agent"]] = wall + entry.get("wall", 0.0), max(processor, entry.get("processor", 0.0))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return out
        return out

    def left(self) -> list[tuple[str, int, str]]:
        """(agent, turn, reason) of those who left the play."""
        return [(e["agent"], e["turn"], e["reason"]) for e in self.transcript.of("left")]

    def refused(self) -> list[tuple[str, int, str]]:
        """(agent, turn, what was wrong) of messages and notes that the arena refused."""
        return [(e["agent"], e["turn"], e["text"]) for e in self.transcript.of("fault")]

    def stages(self) -> list[Stage]:
        """Every stage of every deployment with its accuracy, and with the rarity that each claiming owner's key has on it."""
        out = []
        counts: dict[str, int] = {}
        for agent, data in self.notes("stage"):
            number = counts[agent] = counts.get(agent, -1) + 1
            name = f"{number}. {data['stage']}"
            scored = [self._scored(agent, name, data["after"], e) for e in self.transcript.of("curtain") if e["agent"] == agent and name in e["stages"]]
            out += [stage for stage in scored if stage is not None] or [Stage(agent, name, data["after"])]
        return out

    def _scored(self, agent: str, name: str, accuracy: float, entry: Mapping[str, Any]) -> Stage | None:
        claim = self.claims.get(entry["about"])
        answers, labels = self.transcript.decode(entry["stages"][name]), claim.key.get("labels") if claim is not None else None
        figures = self.verdict_on(entry["about"])
        if claim is None or not isinstance(labels, np.ndarray) or np.shape(answers) != labels.shape or not len(labels):
            return None
        classes = round(1 / figures["chance"]) if 0 < figures.get("chance", 0) < 1 else 10
        if "trials" in figures and figures["trials"] < len(labels):  # only surprises were scored, at 1/(c - 1); here all labels are, at 1/c
            classes += 1
        chance = 1 / classes
        matches = int((np.asarray(answers) == labels).sum())
        return Stage(agent, name, accuracy, claim.claimant, matches, len(labels), binomial_rarity(matches, len(labels), chance))

    def answers(self, claim: int, images: np.ndarray) -> np.ndarray | None:
        """The service's answers to a claim's images, int64 (N,), found among the other images of the question; None where they weren't asked."""
        asked = next((m.body for m in self.messages.values() if isinstance(m.body, Query) and m.body.about == claim), None)
        given = next((m.body for m in self.messages.values() if isinstance(m.body, Response) and m.body.about == claim), None)
        if asked is None or given is None or len(given.labels) != len(asked.images):
            return None
        known = {image.tobytes(): int(label) for image, label in zip(asked.images, given.labels, strict=True)}
        found = [known.get(image.tobytes(), -1) for image in images]
        return np.array(found) if max(found, default=-1) >= 0 else None

    def claims_by(self, verdict: Verdict) -> str:
        """Who made the claim that a verdict is about, whatever name stands in it."""
        claim = self.messages.get(verdict.about)
        return claim.sender if claim is not None else verdict.claimant

    def verdict_on(self, claim: int) -> Mapping[str, Any]:
        """The figures of the verdict on a claim; empty when there is none."""
        return next((v.figures for _, v in self.verdicts if v.about == claim), {})

    def outcomes(self) -> list[Outcome]:
        """Each expectation of the scenario with what came of it: all verdicts for that pair must agree with it."""
        out = []
        for expected in expectations(YamlFile("transcript"), self.scenario["expect"], self.scenario["agents"]):
            verdicts = [v for m, v in self.verdicts if (self.claims_by(v), v.deployer) == (expected.claimant, expected.deployer)
                        and expected.verifier in ("", m.sender)]
            got = "; ".join(word_of(v) for v in verdicts) or "no verdict"
            out.append(Outcome(expected, bool(verdicts) and all(_meets(v, expected) for v in verdicts), got))
        return out

    def sentences(self) -> list[tuple[bool, str]]:
        """Who won and why: (whether it was granted, the sentence), one a verdict."""
        several = len({m.sender for m, _ in self.verdicts}) > 1
        return [(v.granted, f"{self.claims_by(v)} claims {v.deployer}'s service{f' before {m.sender}' if several else ''}: {'; '.join(v.reasons)}")
                for m, v in self.verdicts]


def word_of(verdict: Verdict) -> str:
    """granted, rejected, disputed, or denied with the checks that failed."""
    if verdict.granted:
        return "granted"
    failed = [name for name, passed in verdict.checks.items() if not passed]
    if "well-formed" in failed:
        return "rejected"
    if verdict.reasons[0].startswith("disputed"):
        return "disputed"
    return "denied" + (f" for {', '.join(failed)}" if failed else "")


def _meets(verdict: Verdict, expected: Expectation) -> bool:
    word = word_of(verdict)
    failed = {name for name, passed in verdict.checks.items() if not passed}
    return word.split(" ")[0] == expected.word and set(expected.failing) <= failed


def work_text(spent: Spending) -> str:
    """`2^35.1 operations`"""
    return f"2^{bits(spent.operations):.1f}" if spent.operations else "-"
