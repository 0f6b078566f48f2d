"""What a match is worth to each who played: a tournament's payoffs, from one record.

An attacker is paid for the owner whom he robbed; an owner for all thieves on average, a usurper and a verifier for all
services. A payoff over what wasn't measured is 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from arena.game.ledger import Spending
from arena.match.result import Result
from arena.strategies.catalogue import built_in, find, who_say
from arena.tournament.games.columns import COLUMNS
from arena.tournament.games.expression import Expression

SIDES = (("verifies", "verifier"), ("sells", "owner"), ("forges", "usurper"), ("deploys", "attacker"))
"""What a role declares -> the payoff that it is paid by."""


def side_of(role: str) -> str:
    """The payoff's name for a built-in role; empty for others."""
    if role not in built_in("roles"):
        return ""
    return next((side for says, side in SIDES if getattr(find("roles", role), says)), "")


def innocent(part: Mapping[str, Any]) -> bool:
    """Whether an agent's plain parameters begin with a host of his own."""
    first = (part.get("attacks") or [""])[0]
    return (next(iter(first), "") if isinstance(first, dict) else first) in who_say("attacks", "innocent")


def rewards(result: Result, paid: Mapping[str, Expression], host: Mapping[str, float]) -> dict[str, float]:
    """Agent -> his payoff; `paid` are expressions by the side's name, `host` says `host_ops` and `train_size`."""
    pairs = list(_pairs(result, host))
    return {name: _mean([_worth(paid.get(side_of(role)), columns) for owner, thief, columns in pairs
                         for columns in _of(name, role, owner, thief, columns, result)])
            for name, role in result.roles.items()}


def _of(name: str, role: str, owner: str, thief: str, columns: dict[str, float], result: Result
        ) -> Iterator[dict[str, float]]:
    """The figures of a pair, where it concerns an agent."""
    side, part = side_of(role), result.scenario["agents"]
    robs = part[thief].get("steals") in (None, "", owner) and not innocent(part[thief])
    if side == "verifier" or (side == "attacker" and thief == name and robs) or (side == "owner" and owner == name
                                                                                 and robs):
        yield columns
    elif side == "usurper":
        spent = result.spending.get(name, Spending())
        yield {**columns, "usurper_ops": float(spent.operations), "false_grant": _granted(result, name, thief)}


def _pairs(result: Result, host: Mapping[str, float]) -> Iterator[tuple[str, str, dict[str, float]]]:
    """(owner, deployer, figures) of all that met."""
    sides = {name: side_of(role) for name, role in result.roles.items()}
    for owner in (name for name, side in sides.items() if side == "owner"):
        for thief in (name for name, side in sides.items() if side == "attacker"):
            yield owner, thief, {**dict.fromkeys(COLUMNS, math.nan), **_figures(result, owner, thief, host)}


def _figures(result: Result, owner: str, thief: str, host: Mapping[str, float]) -> dict[str, float]:
    record = next((each for each in result.accuracies if each.owner == owner), None)
    marked = record.marked if record else math.nan
    unmarked = marked if record is None or record.unmarked is None else record.unmarked
    deployed = [stage.accuracy for stage in result.stages if stage.deployer == thief]
    spent = {name: result.spending.get(name, Spending()) for name in (owner, thief)}
    verdict = next((v for v in result.verdicts if (v.claimant, v.deployer) == (owner, thief)), None)
    own, wrongly = _granted(result, owner, thief), max([0.0, *(
        _granted(result, name, thief) for name in result.roles if name != owner)])
    right = {"granted": 1.0, "false_grant": own} if innocent(result.scenario["agents"][thief]) else {
        "granted": own, "false_grant": wrongly}
    trained = 1 if record is None or record.unmarked is None else 2
    return {**right, **host, "marked": marked, "unmarked": unmarked, "stolen": marked,
            "deployed": deployed[-1] if deployed else 0.0, "usurper_ops": 0.0,
            "owner_ops": max(0.0, spent[owner].operations - trained * host["host_ops"]),
            "attacker_ops": float(spent[thief].operations), "queries": float(spent[thief].queries),
            "verifier_queries": float(sum(s.queries for name, s in result.spending.items()
                                          if side_of(result.roles[name]) == "verifier")),
            "rarity": float((verdict.rarity if verdict else None) or 0.0),
            "work": float((verdict.work if verdict else None) or 0.0)}


def _granted(result: Result, claimant: str, deployer: str) -> float:
    return float(any(v.granted for v in result.verdicts if (v.claimant, v.deployer) == (claimant, deployer)))


def _worth(expression: Expression | None, columns: Mapping[str, float]) -> float:
    if expression is None:
        return 0.0
    value = float(expression.of({name: np.array([each]) for name, each in columns.items()})[0])
    return value if math.isfinite(value) else 0.0


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
