"""How sure a regret, a value, a commitment is: whole seeds drawn again, with replacement.

Seeds are shared across cells, so that cells rise and fall together: drawing each cell's matches on their own would make
differences look less sure than they are, or surer (Wiedenbeck, Cassell & Wellman, AAMAS 2014, whose bound on regret
this is). What is judged is a profile that was solved for; it is held while the seeds are drawn.

The match that is counted besides (`Game.priors`) falls on either side, draw by draw: where all seeds agree, drawing
them again says nothing, and two of two is no certainty. A cell that has none of the seeds drawn takes one of its own at
random; one that was never played is NaN, and bounds take the worst case for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arena.base.draws import Draws
from arena.tournament.games.bimatrix import SAME, Vector
from arena.tournament.games.game import Array, Game, averaged
from arena.tournament.statistics.intervals import CONFIDENCE, Interval

DRAWS, AT_ONCE = 1000, 2_000_000


@dataclass(frozen=True)
class Bootstrap:
    """How many times seeds are drawn, what decides the draws, and how sure the intervals are to be."""

    draws: int = DRAWS
    seed: int = 1
    confidence: float = CONFIDENCE

    def tables(self, game: Game) -> Iterator[Array]:
        """The means of each draw, (some draws, 2, rows, columns), a few draws at once."""
        samples, seeds = game.samples, game.samples.shape[3]
        random = Draws.public(self.seed).numpy("seeds drawn again")
        size = max(1, AT_ONCE // max(samples[0, ..., 0].size * 2, 1))
        for start in range(0, self.draws, size):
            count = min(size, self.draws - start)
            yield _drawn(game, random.multinomial(seeds, np.full(seeds, 1 / seeds), count), random)

    def over(self, game: Game, figure: Callable[[Array], Array]) -> Array:
        """A figure of every draw's tables, (draws, ...)."""
        return np.concatenate([figure(tables) for tables in self.tables(game)])

    def regret(self, game: Game, x: Vector, y: Vector) -> Interval:
        """What the best placed player gains at most by deviating: `high` holds with the confidence, one-sided."""
        found = self.over(game, lambda tables: gains(game, tables, x, y).max(1))
        value = float(gains(game, game.means[None], x, y).max())
        return Interval(value, 0.0, float(np.quantile(found, self.confidence)), game.samples.shape[3])

    def value(self, game: Game, x: Vector, y: Vector, player: int = 0) -> Interval:
        """What a player gets when these mixtures meet."""
        return self._between(game, lambda tables: [np.einsum("i,dij,j->d", x, filled, y)
                                                   for filled in ends(game, tables, player)])

    def commitment(self, game: Game, x: Vector) -> Interval:
        """What the row player keeps when he is bound to a mixture and the other answers it, anew in every draw: `low`
        with ties against him, `high` with ties for him."""
        return self._between(game, lambda tables: list(kept(game, tables, x)))

    def _between(self, game: Game, figures: Callable[[Array], list[Array]]) -> Interval:
        low, high = self.over(game, lambda tables: np.stack(figures(tables), 1)).T
        worst, best = (float(each[0]) for each in figures(game.means[None]))
        tail = (1 - self.confidence) / 2
        return Interval((worst + best) / 2, float(np.quantile(low, tail)), float(np.quantile(high, 1 - tail)),
                        game.samples.shape[3])


def _drawn(game: Game, times: NDArray[np.int64], random: np.random.Generator) -> Array:
    """The means of some draws, (draws, 2, rows, columns): `times` (draws, seeds) each seed was drawn."""
    played = ~np.isnan(game.samples[0])
    counts = np.einsum("ds,ijs->dij", times, played, optimize=True)
    sums = np.einsum("ds,pijs->dpij", times.astype(float), np.nan_to_num(game.samples), optimize=True)
    for draw, i, j in np.argwhere((counts == 0) & (game.counts > 0)):
        counts[draw, i, j] = 1
        sums[draw, :, i, j] = game.samples[:, i, j, random.choice(np.flatnonzero(played[i, j]))]
    return averaged(sums, counts[:, None], _prior(game, len(times), random))


def _prior(game: Game, draws: int, random: np.random.Generator) -> Array | None:
    """What the match that counts besides came to: in each draw denied or granted, row by row, as a seed's mark holds or
    doesn't whatever the other does. Cell by cell, the other could pick the one that happened to be denied."""
    if game.priors is None:
        return None
    granted = random.integers(0, 2, (draws, 1, len(game.rows), 1))
    return np.where(granted, game.priors[1], game.priors[0])


def ends(game: Game, tables: Array, player: int) -> tuple[Array, Array]:
    """A player's payoffs (draws, rows, columns) with the least and the greatest possible in cells not played."""
    payoffs, (low, high) = tables[:, player], game.ends[player]
    return np.where(np.isnan(payoffs), low, payoffs), np.where(np.isnan(payoffs), high, payoffs)


def gains(game: Game, tables: Array, x: Vector, y: Vector) -> Array:
    """The most that each player gains by deviating, (draws, 2), at worst: cells not played are as good as can be where
    he deviates to, and as bad as can be elsewhere."""
    (row_low, row_high), (column_low, column_high) = (ends(game, tables, player) for player in (0, 1))
    row = _worst_gains(row_low @ y, row_high @ y, x)
    column = _worst_gains(np.einsum("i,dij->dj", x, column_low), np.einsum("i,dij->dj", x, column_high), y)
    return np.stack([row.max(1), column.max(1)], 1)


def _worst_gains(low: Array, high: Array, own: Vector) -> Array:
    """By strategy, (draws, strategies): what it may earn, less what the mixture earns if all else earns least."""
    return high - own * high - ((low @ own)[:, None] - own * low)


def kept(game: Game, tables: Array, x: Vector) -> tuple[Array, Array]:
    """(least, greatest) that a committed row player keeps, (draws,) each, over the answers that may be best."""
    low, high = (np.einsum("i,dij->dj", x, payoffs) for payoffs in ends(game, tables, 1))
    slack = SAME * max(game.ends[1][1] - game.ends[1][0], 1e-300)
    best = high >= low.max(1, keepdims=True) - slack
    least, most = (np.einsum("i,dij->dj", x, payoffs) for payoffs in ends(game, tables, 0))
    return np.where(best, least, np.inf).min(1), np.where(best, most, -np.inf).max(1)
