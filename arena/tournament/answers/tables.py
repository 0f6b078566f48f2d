"""From rows to tables: what a cell gave, what each match is worth to whom, and the game that payoffs make.

For each task and policy there is a game of owners (rows: schemes) against thieves (columns: chains of attacks). Who
serves a host of his own is a bystander and no player: a grant against him is a false grant, as is one to a usurper.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from arena.game.evidence import Case
from arena.strategies.catalogue import find, who_say
from arena.strategies.policy import Policy
from arena.tournament.cells import OWNER, USURPER, Cell
from arena.tournament.games.columns import COLUMNS
from arena.tournament.games.expression import Expression, compiled
from arena.tournament.games.game import Game
from arena.tournament.parts import built_in, payoff
from arena.tournament.rows import Row
from arena.tournament.spec import UNMARKED, Spec
from arena.tournament.statistics.intervals import Interval, mean, share

PLAYERS = ("owner", "attacker")
NAN = float("nan")


@dataclass(frozen=True)
class CellSummary:
    """What a cell gave under a policy: claims granted (k of n, exact interval), accuracy served, rarity (median), or
    why it has nothing."""

    cell: Cell
    granted: Interval
    hits: int
    deployed: Interval
    rarity: float
    reason: str = ""


@dataclass(frozen=True)
class Tables:
    """Rows of a tournament, as tables; `misfits` are cells that can't be played, each with the reason."""

    spec: Spec
    rows: Sequence[Row]
    misfits: Mapping[Cell, str] = field(default_factory=dict)

    @cached_property
    def innocents(self) -> frozenset[str]:
        """The thieves who are none: bystanders with hosts of their own."""
        return frozenset(name for name, chain in self.spec.attacks.items() if _innocent(chain, self.spec))

    @property
    def thieves(self) -> tuple[str, ...]:
        return tuple(name for name in self.spec.attacks if name not in self.innocents)

    def columns(self, policy: str) -> list[tuple[Row, dict[str, float]]]:
        """Every finished row with its columns under a policy (arena.tournament.games.columns)."""
        if policy not in self._known:
            chosen = self.spec.policies[policy]
            self._known[policy] = [(row, self._columns(row, chosen)) for row in self._finished]
        return self._known[policy]

    @cached_property
    def _known(self) -> dict[str, list[tuple[Row, dict[str, float]]]]:
        return {}

    @cached_property
    def _finished(self) -> list[Row]:
        return [row for row in self.rows if row.finished]

    @cached_property
    def _places(self) -> dict[Cell, list[int]]:
        """Where the finished matches of each cell are."""
        found: dict[Cell, list[int]] = {}
        for place, row in enumerate(self._finished):
            found.setdefault(row.cell, []).append(place)
        return found

    @property
    def by_cell(self) -> dict[Cell, list[Row]]:
        """The finished matches, cell by cell."""
        return {cell: self.finished(cell) for cell in self._places}

    def finished(self, cell: Cell) -> list[Row]:
        """The finished matches of a cell."""
        return [self._finished[place] for place in self._places.get(cell, ())]

    def _columns(self, row: Row, policy: Policy) -> dict[str, float]:
        innocent, forged = row.cell.thief in self.innocents, bool(row.cell.forgery)
        granted = float(row.granted(OWNER, policy))
        false = float(row.granted(USURPER, policy)) if forged else granted if innocent else NAN
        figures = {**row.figures, **({} if forged else {"usurper_ops": NAN})}
        return {**{name: figures.get(name, NAN) for name in COLUMNS}, "granted": NAN if innocent else granted,
                "false_grant": false}

    def expression(self, player: str) -> Expression:
        """What a player is paid: the file's own, or the default."""
        text = self.spec.payoffs.get(player)
        return payoff(player) if text is None else compiled(text)

    def game(self, task: str, policy: str) -> Game:
        """Owners against thieves."""
        others, names, first = self.thieves, tuple(self.spec.schemes), self.spec.seeds.first
        known = [(row, columns) for row, columns in self.columns(policy)
                 if row.cell.task == task and row.cell.thief in others]
        seeds = 1 + max((row.seed - first for row, _ in known), default=0)
        samples = np.full((2, len(names), len(others), seeds), np.nan)
        ends = np.full((2, *samples.shape), np.nan)
        table = {name: np.array([columns[name] for _, columns in known]) for name in COLUMNS}
        at = tuple(np.array([(names.index(row.cell.scheme), others.index(row.cell.other), row.seed - first)
                             for row, _ in known], dtype=int).reshape(-1, 3).T)
        for player, name in enumerate(PLAYERS if known else ()):
            paid = self.expression(name).of
            samples[player][at] = paid(table)
            for granted in (0, 1):
                ends[granted, player][at] = paid({**table, "granted": np.full(len(known), float(granted))})
        reasons = {(cell.scheme, cell.other): why for cell, why in self.reasons.items() if cell.task == task}
        return Game(names, tuple(others), samples, {pair: why for pair, why in reasons.items() if pair[1] in others},
                    self._doubted(ends, names))

    @staticmethod
    def _doubted(ends: np.ndarray, names: Sequence[str]) -> np.ndarray:
        """What a match more might bring, denied or granted; an owner without a mark can't be granted anything."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a cell that nobody played has no mean
            means = np.nanmean(ends, -1)
        means[:, :, [name == UNMARKED for name in names]] = np.nan
        return means

    @cached_property
    def reasons(self) -> dict[Cell, str]:
        """Why a cell has nothing: it can't be played, or every match of it failed."""
        failed: dict[Cell, str] = {row.cell: row.error or row.status for row in self.rows if not row.finished}
        for row in self._finished:
            failed.pop(row.cell, None)
        return {**self.misfits, **failed}

    def cell(self, cell: Cell, policy: str) -> CellSummary:
        """What a cell gave."""
        known = self.columns(policy)
        here = [known[place] for place in self._places.get(cell, ())]
        rows, word = [row for row, _ in here], "granted" if cell.thief in self.thieves else "false_grant"
        hits = round(sum(columns[word] for _, columns in here))
        rarities = [bits for row in rows if (bits := _rarity(row)) == bits]
        return CellSummary(cell, share(hits, len(rows), self.spec.sampling.confidence), hits,
                           mean([row.figures["deployed"] for row in rows]),
                           float(np.median(rarities)) if rarities else NAN,
                           self.reasons.get(cell, "" if rows else "not played yet"))

    def false_grants(self, policy: str) -> Interval:
        """Of all claims against bystanders and by usurpers, how many were granted."""
        known = [columns["false_grant"] for _, columns in self.columns(policy)]
        counted = [value for value in known if value == value]
        return share(int(sum(counted)), len(counted), self.spec.sampling.confidence)

    def table(self, policy: str) -> Iterator[dict[str, Any]]:
        """One plain mapping a match, with the payoffs of both players."""
        columns = self.columns(policy)
        if not columns:
            return
        arrays = {name: np.array([each[name] for _, each in columns]) for name in COLUMNS}
        paid = {name: self.expression(name).of(arrays) for name in built_in("payoffs")}
        for number, (row, known) in enumerate(columns):
            yield {**row.cell.as_dict(), "seed": row.seed, "policy": policy, **known,
                   **{f"payoff_{name}": float(values[number]) for name, values in paid.items()}}


def _innocent(chain: Any, spec: Spec) -> bool:
    """Whether a chain of attacks begins with a host of one's own."""
    for attack in chain or ():
        name = attack if isinstance(attack, str) else next(iter(attack), "") if isinstance(attack, dict) else ""
        if name in who_say("attacks", "innocent") or (":" in name and find("attacks", name, spec.path.parent).innocent):
            return True
    return False


def _rarity(row: Row) -> float:
    """Of the claim that a cell is about: the usurper's where he forged, else the owner's; NAN where he has no case."""
    if not row.cell.forgery:
        return row.figures["rarity"]
    claim = row.claims.get(USURPER)
    return Case.from_data(claim["case"]).rarity if claim and claim["case"] else NAN
