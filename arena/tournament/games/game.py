"""The game as it was sampled: what each of two players got, in every cell, for every seed; NaN where nobody played.

It knows no tournament: names and numbers alone, from which payoffs, cells and bounds derive. Seeds are shared across
cells (the same host, the same mark), so that a seed is one draw of the whole table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from arena.base.errors import ArenaError, suggest
from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.statistics.intervals import CONFIDENCE, Interval, mean, share

Array = NDArray[np.float64]
NAMED = 5


@dataclass(frozen=True)
class Cell:
    """What one player got where a row meets a column: the interval of its mean, or why nothing is known."""

    row: str
    column: str
    interval: Interval
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Game:
    """`samples` (2 players, rows, columns, seeds), NaN where not played; `reasons` says why, by (row, column).
    `priors` (2, 2 players, rows, columns): what each would get there were the claim denied, and were it granted. Half
    of each counts as one match more, which makes k of n into (k + 1/2) / (n + 1), so that two grants of two aren't
    taken for certainty; NaN where there is nothing to doubt, None nowhere. `limits`: the (least, greatest) payoff that
    a player can get at all, for the worst case of cells that weren't played; None for those that were seen."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    samples: Array
    reasons: Mapping[tuple[str, str], str] = field(default_factory=dict)
    priors: Array | None = None
    limits: tuple[tuple[float, float], tuple[float, float]] | None = None

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples, dtype=float)
        if samples.ndim != 4 or samples.shape[:3] != (2, len(self.rows), len(self.columns)):
            raise ArenaError(f"samples of {samples.shape} are none of 2 x {len(self.rows)} x {len(self.columns)} x "
                             f"seeds")
        for names in (self.rows, self.columns):
            if len(set(names)) < len(names):
                raise ArenaError(f"two strategies have one name: {', '.join(names)}")
        object.__setattr__(self, "samples", np.where(np.isnan(samples).any(0), np.nan, samples))

    @classmethod
    def detection(cls, rows: Sequence[str], columns: Sequence[str], granted: ArrayLike,
                  reasons: Mapping[tuple[str, str], str] | None = None) -> Game:
        """The zero-sum game on detection: `granted` (rows, columns, seeds) of 0 and 1, which the row player gets and
        the other loses."""
        won = np.asarray(granted, dtype=float)
        granted_or_not = np.broadcast_to(np.array([[0.0, 0.0], [1.0, -1.0]])[..., None, None], (2, 2, *won.shape[:2]))
        return cls(tuple(rows), tuple(columns), np.stack([won, -won]), reasons or {}, granted_or_not, ((0, 1), (-1, 0)))

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Matches a cell, (rows, columns)."""
        return (~np.isnan(self.samples[0])).sum(2)

    @cached_property
    def means(self) -> Array:
        """What solving uses, (2, rows, columns); NaN where nobody played."""
        return averaged(np.nansum(self.samples, 3), self.counts, None if self.priors is None else self.priors.mean(0))

    @cached_property
    def spread(self) -> Array:
        """Standard deviations of one match, (2, rows, columns): of the cell's own matches and, as one match more, of
        all cells together, so that two equal results don't pass for certainty."""
        squares = np.nansum((self.samples - _mean(self.samples)) ** 2, 3)
        pooled = squares.sum((1, 2)) / np.maximum((self.counts - 1).clip(0).sum(), 1)
        return np.sqrt((squares + pooled[:, None, None]) / np.maximum(self.counts, 1))

    @property
    def ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(least, greatest) payoff of each player."""
        if self.limits is not None:
            return self.limits
        if not self.counts.any():
            raise ArenaError("nothing was played, and nobody said what payoffs can be")
        low, high = np.nanmin(self.samples, (1, 2, 3)), np.nanmax(self.samples, (1, 2, 3))
        return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))

    def cell(self, row: str, column: str, player: int = 0, confidence: float = CONFIDENCE) -> Cell:
        """What a player got there; ArenaError for a name that isn't in the game."""
        samples = self.samples[player, _at(self.rows, row), _at(self.columns, column)]
        known = samples[~np.isnan(samples)]
        if self._is_share(player, row, column) and np.isin(known, (0, 1)).all():
            interval = share(int(known.sum()), len(known), confidence)
        else:
            interval = mean(known, confidence)
        return Cell(row, column, interval, "" if len(known) else self.reasons.get((row, column), "not played"))

    def _is_share(self, player: int, row: str, column: str) -> bool:
        """Whether a player gets 1 where the claim is granted, and nothing else."""
        ends = self.priors[:, player, _at(self.rows, row), _at(self.columns, column)] if self.priors is not None else ()
        return tuple(ends) == (0.0, 1.0)

    def payoffs(self, least: int = 1) -> Bimatrix:
        """The game to solve; ArenaError names cells with fewer than `least` matches (`solvable` leaves them out)."""
        if few := self.short(least):
            said = [f"{row} x {column} ({n}{': ' + why if why else ''})" for row, column, n, why in few[:NAMED]]
            more = f" and {len(few) - NAMED} more" if len(few) > NAMED else ""
            raise ArenaError(f"cells with fewer than {least} matches: {', '.join(said)}{more}")
        return Bimatrix(*self.means)

    def short(self, least: int) -> list[tuple[str, str, int, str]]:
        """(row, column, matches, reason) of the cells with fewer than `least` matches."""
        return [(self.rows[i], self.columns[j], int(self.counts[i, j]),
                 self.reasons.get((self.rows[i], self.columns[j]), ""))
                for i, j in np.argwhere(self.counts < max(least, 1))]

    def solvable(self, least: int = 1) -> Game:
        """The sub-game without a cell under `least`: the strategy with the greatest share of them goes first, a row
        before a column, the last before the first. ArenaError when nothing is left."""
        rows, columns = np.arange(len(self.rows)), np.arange(len(self.columns))
        while (few := self.counts[np.ix_(rows, columns)] < max(least, 1)).any():
            by_row, by_column = few.mean(1), few.mean(0)
            if by_row.max() >= by_column.max():
                rows = np.delete(rows, len(rows) - 1 - np.argmax(by_row[::-1]))
            else:
                columns = np.delete(columns, len(columns) - 1 - np.argmax(by_column[::-1]))
        if not len(rows) or not len(columns):
            raise ArenaError(f"no cell has {max(least, 1)} matches")
        return self.part(rows, columns)

    def part(self, rows: Sequence[int] | NDArray[np.intp], columns: Sequence[int] | NDArray[np.intp]) -> Game:
        """The sub-game of some rows and columns, by number."""
        return replace(self, rows=tuple(self.rows[i] for i in rows), columns=tuple(self.columns[j] for j in columns),
                       samples=self.samples[:, rows][:, :, columns],
                       priors=None if self.priors is None else self.priors[:, :, rows][..., columns])


def averaged(sums: Array, counts: ArrayLike, prior: Array | None) -> Array:
    """Means of sums, with one match more where `prior` (None, or as `sums`) is a payoff; NaN where nothing was
    counted."""
    n = np.asarray(counts, dtype=float)
    if prior is not None:
        sums, more = sums + np.nan_to_num(prior), ~np.isnan(prior)
        n = np.where(n > 0, n + more, 0.0)
    with np.errstate(invalid="ignore"):
        return np.where(n > 0, sums / np.where(n > 0, n, np.nan), np.nan)


def _mean(samples: Array) -> Array:
    played = (~np.isnan(samples)).sum(3, keepdims=True)
    return np.nansum(samples, 3, keepdims=True) / np.maximum(played, 1)


def _at(names: Sequence[str], name: str) -> int:
    if name not in names:
        raise ArenaError(f"no strategy {name!r:.80}{suggest(name, names)}")
    return names.index(name)
