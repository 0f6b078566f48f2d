"""The columns of a tournament's rows that a payoff may speak of: one list, with units.

What doesn't apply to a match (the queries of a thief who was not asked, a usurper's work where there is none) is NaN,
never 0, and so is every payoff that it enters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Unit = Literal["0 or 1", "share", "operations", "queries", "images", "bits"]


@dataclass(frozen=True)
class Column:
    """A figure of one match: its name, unit and meaning."""

    name: str
    unit: Unit
    meaning: str


COLUMNS: Mapping[str, Column] = {column.name: column for column in (
    Column("granted", "0 or 1", "whether the owner's claim on the thief's model was granted"),
    Column("false_grant", "0 or 1", "whether a claim was granted on a model that isn't its claimant's"),
    Column("unmarked", "share", "test accuracy of the host without a mark"),
    Column("marked", "share", "test accuracy of the host with its mark, as the owner releases it"),
    Column("stolen", "share", "test accuracy of the model as the thief got it"),
    Column("deployed", "share", "test accuracy of the model as the thief serves it"),
    Column("host_ops", "operations", "what training the host once without a mark takes"),
    Column("owner_ops", "operations", "what the owner spent on the mark, beyond one training"),
    Column("attacker_ops", "operations", "what the thief spent"),
    Column("usurper_ops", "operations", "what the forger of a claim spent"),
    Column("queries", "queries", "what the thief asked of the owner's service"),
    Column("verifier_queries", "queries", "what the verifier asked of the services he judged"),
    Column("train_size", "images", "size of the training set"),
    Column("rarity", "bits", "rarity of the evidence"),
    Column("work", "bits", "work of the cheapest forger known of such evidence"),
)}
