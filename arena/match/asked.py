"""What verdicts are held against: the bounds that were asked for, and what the scenario expects."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from pydantic import TypeAdapter

from arena.base.units import Bits
from arena.match.result import OutcomeRecord, Result, VerdictRecord


def asked(result: Result, verdict: VerdictRecord, name: str) -> float | None:
    """The `rarity` or `work` that was asked for, in bits: of the verifier's policy, else of the claim's scheme; None
    where nothing says it."""
    own = _own(_agent(result, verdict.verifier).get("policy"), name)
    if own is not None or verdict.case is None:
        return own
    known = result.bounds.get(verdict.verifier) if name == "rarity" else None
    return known if known is not None else float(getattr(verdict.case.bounds, name))


def outcomes_of(result: Result, verdict: VerdictRecord) -> list[OutcomeRecord]:
    """What the scenario expects of a verdict, and whether it is so."""
    pair = f"{verdict.claimant} on {verdict.deployer}"
    return [outcome for outcome in result.outcomes if outcome.pair in (pair, f"{pair} by {verdict.verifier}")]


def _agent(result: Result, name: str) -> Any:
    agents = result.scenario.get("agents")
    found = agents.get(name) if isinstance(agents, dict) else None
    return found if isinstance(found, dict) else {}


def _own(policy: Any, name: str) -> float | None:
    """A bound that a policy's line in the scenario names, with or without the policy's own name before it."""
    if isinstance(policy, dict):
        inner = next(iter(policy.values())) if len(policy) == 1 else None
        value = policy.get(name, inner.get(name) if isinstance(inner, dict) else None)
        with suppress(ValueError):
            return None if value is None else float(TypeAdapter(Bits).validate_python(value))
    return None
