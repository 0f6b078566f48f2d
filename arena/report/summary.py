"""What happened in a run, as plain records: verdicts, spending, stages of the attacks, keys. Everything comes from the transcript."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from arena.ledger import Spending, bits
from arena.messages import Claim, Verdict
from arena.rarity import binomial_rarity
from arena.scenario import Expectation, expectations
from arena.transcript import Transcript
from arena.yamlfile import YamlFile


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
        self.verdicts = [(m, m.body) for m in self.messages.values() if isinstance(m.body, Verdict)]
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
            if "spent" in e:
                out[e.get("sender") or e["agent"]] += Spending(**e["spent"])
        return out

    def seconds(self) -> dict[str, float]:
        """Agent -> seconds on the clock, as far as timings were kept."""
        out = dict.fromkeys(self.scenario["agents"], 0.0)
        try:
            timings = json.loads((self.transcript.run / "timings.json").read_text())
        except (OSError, ValueError):
            return out
        for entry in timings:
            out[entry["agent"]] = out.get(entry["agent"], 0.0) + entry["wall"]
        return out

    def stages(self) -> list[Stage]:
        """Every stage of every deployment with its accuracy, and with the rarity that each claiming owner's key has on it."""
        out = []
        counts: dict[str, int] = {}
        for agent, data in self.notes("stage"):
            number = counts[agent] = counts.get(agent, -1) + 1
            name = f"{number}. {data['stage']}"
            scored = [self._scored(agent, name, data["after"], e) for e in self.transcript.of("curtain") if e["agent"] == agent]
            out += scored or [Stage(agent, name, data["after"])]
        return out

    def _scored(self, agent: str, name: str, accuracy: float, entry: Mapping[str, Any]) -> Stage:
        claim = self.claims[entry["about"]]
        answers, labels = self.transcript.decode(entry["stages"][name]), claim.key["labels"]
        figures = self.verdict_on(entry["about"])
        classes = round(1 / figures["chance"]) if figures else 10
        if figures and figures["trials"] < len(labels):  # only surprises were scored, at 1/(c - 1); here all labels are, at 1/c
            classes += 1
        chance = 1 / classes
        matches = int((np.asarray(answers) == labels).sum())
        return Stage(agent, name, accuracy, claim.claimant, matches, len(labels), binomial_rarity(matches, len(labels), chance))

    def verdict_on(self, claim: int) -> Mapping[str, Any]:
        """The figures of the verdict on a claim; empty when there is none."""
        return next((v.figures for _, v in self.verdicts if v.about == claim), {})

    def outcomes(self) -> list[Outcome]:
        """Each expectation of the scenario with what came of it: all verdicts for that pair must agree with it."""
        out = []
        for expected in expectations(YamlFile("transcript"), self.scenario["expect"], self.scenario["agents"]):
            verdicts = [v for m, v in self.verdicts if (v.claimant, v.deployer) == (expected.claimant, expected.deployer)
                        and expected.verifier in ("", m.sender)]
            got = "; ".join(word_of(v) for v in verdicts) or "no verdict"
            out.append(Outcome(expected, bool(verdicts) and all(_meets(v, expected) for v in verdicts), got))
        return out

    def sentences(self) -> list[str]:
        """Who won and why, one line a verdict."""
        several = len({m.sender for m, _ in self.verdicts}) > 1
        return [f"{v.claimant} claims {v.deployer}'s service{f' before {m.sender}' if several else ''}: {'; '.join(v.reasons)}" for m, v in self.verdicts]


def word_of(verdict: Verdict) -> str:
    """granted, rejected, or denied with the checks that failed."""
    if verdict.granted:
        return "granted"
    failed = [name for name, passed in verdict.checks.items() if not passed]
    if "well-formed" in failed:
        return "rejected"
    return "denied" + (f" for {', '.join(failed)}" if failed else "")


def _meets(verdict: Verdict, expected: Expectation) -> bool:
    word = word_of(verdict)
    failed = {name for name, passed in verdict.checks.items() if not passed}
    return word.split(" ")[0] == expected.word and set(expected.failing) <= failed


def work_text(spent: Spending) -> str:
    """`2^35.1 operations`"""
    return f"2^{bits(spent.operations):.1f}" if spent.operations else "-"
