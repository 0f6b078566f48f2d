"""What the arena takes for granted of solvers: an answer to every game, mixtures that are some, regret that is told as
it is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from arena.base.errors import ArenaError
from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.games.solution import Solution, independent
from arena.tournament.parts import Solver


def check_solver(solver: Solver, exact: bool = True) -> None:
    """The solver answers small games of every kind (ties, clones, all equal, dominated; payoffs in thousandths and in
    thousands), the same twice, with mixtures and the regret that they have; `exact`: that regret is rounding. A game
    that isn't of its kind it may refuse with an ArenaError, one of opposed players never."""
    for game in _games():
        try:
            found, again = solver(game), solver(game)
        except ArenaError:
            assert not game.opposed, f"a game of opposed players was refused:\n{game.row}"
            continue
        _check(found, game)
        assert all(map(np.array_equal, found.mixtures, again.mixtures)), "the same game twice gave different mixtures"
        assert found.exact or not exact, f"{found.solver}: a regret of {found.relative:.2g} of the range:\n{game.row}"


def _check(found: Solution, game: Bimatrix) -> None:
    assert isinstance(found, Solution), f"a solver gives a Solution, not {type(found).__name__}"
    for mixture, size in zip(found.mixtures, game.shape, strict=True):
        assert mixture.shape == (size,) and (mixture >= 0).all() and abs(mixture.sum() - 1) < 1e-9, \
            f"no mixture of {size} strategies: {mixture}"
    if found.joint is None:
        told = independent(found.solver, game, *found.mixtures)
        assert np.allclose(found.values, told.values, atol=1e-9 * max(game.ranges)), "the values are not the mixtures'"
        assert found.relative <= told.relative + 1e-9, "more regret is told than there is"


def _games() -> Iterator[Bimatrix]:
    random = np.random.default_rng(1)
    for number, shape in enumerate(((1, 1), (1, 3), (4, 1), (3, 3), (4, 5))):
        normal, ties = random.normal(size=shape), random.integers(0, 2, shape).astype(float)
        for scale, payoffs in ((1e3, normal), (1e-3, ties), (1e3, np.ones(shape)), (1e-3, normal[[0] * shape[0]]),
                               (1.0, normal - np.eye(*shape) * number)):
            yield Bimatrix.zero_sum(scale * payoffs)
            yield Bimatrix(scale * payoffs, scale * random.permutation(payoffs.ravel()).reshape(shape))
