"""Which policy a verifier should be bound to: he moves first, then the owner commits to a scheme, the thief answers.

A policy is worth to him what his payoff says of the owner's claims on the thief's model where these two end up, and of
claims by usurpers and on bystanders, each kind of cell counting alike; none of the latter can be denied wrongly, and
none of the former granted wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from arena.tournament.answers.analysis import Analysis, Headline
from arena.tournament.games.columns import COLUMNS
from arena.tournament.rows import Row


@dataclass(frozen=True)
class Choice:
    """What each policy is worth to the verifier (the best first), and what an owner commits to under the best."""

    task: str
    policy: str
    values: Mapping[str, float]
    headline: Headline

    @property
    def worth(self) -> list[str]:
        """Each policy with its value, in words."""
        return [f"{name} {value:.2f}" for name, value in self.values.items()]


def choice(analysis: Analysis, task: str) -> Choice | None:
    """The policy to be bound to on a task; None where no policy has an answer. Of equal ones the file's first."""
    found = [(headline, value(analysis, headline)) for headline in analysis.headlines if headline.task == task]
    if not found:
        return None
    ordered = sorted(found, key=lambda one: -one[1])
    best = ordered[0][0]
    return Choice(task, best.policy, {headline.policy: worth for headline, worth in ordered}, best)


def value(analysis: Analysis, headline: Headline) -> float:
    """What the verifier gets under a headline's policy when owner and thief end up there."""
    known = [(row, columns) for row, columns in analysis.columns(headline.policy) if row.cell.task == headline.task]
    table = {name: np.array([columns[name] for _, columns in known]) for name in COLUMNS}
    table["granted"], table["false_grant"] = np.nan_to_num(table["granted"], nan=1), np.nan_to_num(table["false_grant"])
    paid = analysis.expression("verifier").of(table)
    worth = 0.0
    for scheme, weight in headline.commitment.items():
        honest = [_is(row, scheme) and row.cell.thief == headline.answer for row, _ in known]
        others = [_is(row, scheme) and row.cell.thief not in analysis.thieves for row, _ in known]
        worth += weight * (_mean(paid[honest]) + _mean(paid[others]))
    return worth


def _is(row: Row, scheme: str) -> bool:
    return row.cell.scheme == scheme


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else 0.0
