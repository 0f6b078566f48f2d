"""The answers to the game that rows make: commitment, equilibrium, league, front, what to play next.

Everything here is derived, and derived again in a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import zip_longest

import numpy as np

from arena.base.errors import ArenaError
from arena.tournament.answers.tables import CellSummary, Tables
from arena.tournament.cells import Cell
from arena.tournament.games.game import Game
from arena.tournament.games.league import Place, league, pareto
from arena.tournament.games.solution import Solution
from arena.tournament.parts import solver
from arena.tournament.rows import Row
from arena.tournament.spec import Spec
from arena.tournament.statistics.adaptive import next_cells
from arena.tournament.statistics.bootstrap import Bootstrap
from arena.tournament.statistics.intervals import Interval, mean

__all__ = ["Analysis", "CellSummary", "Headline", "Point", "adaptive"]
WORTH = 0.05
"""Accuracy that a thief may lose before the model is worth nothing to him (the attacker's payoff)."""


@dataclass(frozen=True)
class Point:
    """A scheme between cost and robustness: accuracy that the mark costs (over seeds), the least share granted, and
    whether no other scheme is as good in both and better in one."""

    scheme: str
    cost: Interval
    least: Interval
    best: bool = False


@dataclass(frozen=True)
class Headline:
    """What an owner should commit to: the mixture over schemes, the thief's answer, what the owner keeps, and what
    anybody gains at most by deviating."""

    task: str
    policy: str
    commitment: Mapping[str, float]
    answer: str
    keeps: Interval
    regret: Interval
    ties: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """In words."""
        said = " and ".join(f"{name}" if weight > 0.995 else f"{name} ({weight:.0%})"
                            for name, weight in self.commitment.items())
        tied = f"; as good by these matches: {', '.join(self.ties)}" if self.ties else ""
        return (f"Commit to {said}: it keeps {self.keeps.value:.2f} ({self.keeps.low:.2f} to {self.keeps.high:.2f}) of "
                f"the model's value on {self.task}; the thief answers {self.answer}; nobody gains more than "
                f"{self.regret.high:.2f} by deviating from the equilibrium{tied}.")


@dataclass(frozen=True)
class Analysis(Tables):
    """Tables with their answers; seeds are drawn again `draws` times."""

    draws: int = 1000

    def solve(self, name: str, task: str, policy: str) -> Solution:
        """A solver's answer to what can be solved of a game."""
        return solver(name, self.spec.path.parent)(self.solvable(task, policy).payoffs())

    def solvable(self, task: str, policy: str) -> Game:
        """The game without what has no matches."""
        return self.game(task, policy).solvable()

    @property
    def _bootstrap(self) -> Bootstrap:
        return Bootstrap(self.draws, confidence=self.spec.sampling.confidence)

    @cached_property
    def headlines(self) -> list[Headline]:
        """One for each task and policy that has enough."""
        return [found for task in self.spec.tasks for policy in self.spec.policies
                if isinstance(found := self._found(task, policy), Headline)]

    def headline(self, task: str, policy: str) -> Headline:
        """The strong Stackelberg commitment, the thief's answer, and how sure it all is; ArenaError where too little
        was played."""
        found = self._found(task, policy)
        if isinstance(found, ArenaError):
            raise found
        return found

    @cached_property
    def _said(self) -> dict[tuple[str, str], Headline | ArenaError]:
        return {}

    def _found(self, task: str, policy: str) -> Headline | ArenaError:
        """A headline, made once, or why there is none."""
        if (task, policy) not in self._said:
            try:
                self._said[task, policy] = self._headline(task, policy)
            except ArenaError as error:
                self._said[task, policy] = error
        return self._said[task, policy]

    def _headline(self, task: str, policy: str) -> Headline:
        game = self.solvable(task, policy)
        answer = solver("stackelberg")(game.payoffs())
        x, y = answer.mixtures
        nash = self._equilibrium(game)
        return Headline(task, policy, {game.rows[i]: float(x[i]) for i in np.argsort(-x) if x[i] > 1e-6},
                        game.columns[int(np.argmax(y))], self._bootstrap.commitment(game, x),
                        self._bootstrap.regret(game, *nash.mixtures), self._tied(game, x))

    def _equilibrium(self, game: Game) -> Solution:
        return solver("lemke-howson")(game.payoffs())

    def _tied(self, game: Game, x: np.ndarray) -> tuple[str, ...]:
        """Schemes that, committed to alone, keep as much as the best for all that these seeds say."""
        places = self.league(game)
        best = game.rows[int(np.argmax(x))]
        return next((place.ties for place in places if place.name == best), ()) if max(x) > 0.995 else ()

    def league(self, game: Game) -> list[Place]:
        """Schemes by what each keeps when the thief answers it, ties as ties."""
        def kept(tables: np.ndarray) -> np.ndarray:
            answers = tables[:, 1].argmax(2)
            return np.take_along_axis(tables[:, 0], answers[..., None], 2)[..., 0]
        return league(game.rows, kept(game.means[None])[0], self._bootstrap.over(game, kept),
                      self.spec.sampling.confidence)

    def regret(self, task: str, policy: str) -> Interval:
        """What anybody gains at most by deviating from the equilibrium found, with its bound."""
        game = self.solvable(task, policy)
        return self._bootstrap.regret(game, *self._equilibrium(game).mixtures)

    def front(self, task: str, policy: str) -> list[Point]:
        """What each scheme's mark costs, and the least share granted against a thief who keeps the model's worth."""
        found = [point for scheme in self.spec.schemes if (point := self._point(task, scheme, policy)) is not None]
        on = pareto([(-point.cost.value, point.least.value) for point in found]) if found else ()
        return [replace(point, best=bool(best)) for point, best in zip(found, on, strict=True)]

    def _point(self, task: str, scheme: str, policy: str) -> Point | None:
        rows = {thief: self.finished(Cell(task, scheme, thief)) for thief in self.thieves}
        worth = [self.cell(Cell(task, scheme, thief), policy).granted for thief, played in rows.items()
                 if played and np.mean([row.figures["stolen"] - row.figures["deployed"] for row in played]) <= WORTH]
        if not worth:
            return None
        by_seed = {row.seed: row.figures["unmarked"] - row.figures["marked"] for each in rows.values() for row in each}
        return Point(scheme, mean(list(by_seed.values()), self.spec.sampling.confidence),
                     min(worth, key=lambda share: (share.value, share.low)))

    # What to play next

    def more(self, counts: Mapping[Cell, int], room: int) -> list[tuple[Cell, int]]:
        """The cells on which the answers hang most, each with the number of its next seed; none when the regret is
        bounded well enough."""
        each = (self._urgent(task, counts, room) for task in self.spec.tasks)
        return [cell for turn in zip_longest(*each) for cell in turn if cell is not None][:room]

    def _urgent(self, task: str, counts: Mapping[Cell, int], room: int) -> list[tuple[Cell, int]]:
        """Of one task."""
        policy, most = next(iter(self.spec.policies)), self.spec.seeds.most
        try:
            game = self.solvable(task, policy)
            x, y = self._equilibrium(game).mixtures
            bound = Bootstrap(200, confidence=self.spec.sampling.confidence).regret(game, x, y).high
        except ArenaError:
            return []
        if bound <= self.spec.sampling.until:
            return []
        cells = [Cell(task, game.rows[i], game.columns[j]) for i, j in next_cells(game, x, y, room, most)]
        return [(cell, counts.get(cell, 0)) for cell in cells if counts.get(cell, 0) < most]


Chooser = Callable[[Sequence[Row], int], list[tuple[Cell, int]]]


def adaptive(spec: Spec, misfits: Mapping[Cell, str]) -> Chooser:
    """Adaptive sampling for an engine."""
    def more(rows: Sequence[Row], room: int) -> list[tuple[Cell, int]]:
        counts = Counter(row.cell for row in rows)
        return Analysis(spec, rows, misfits).more(counts, room)
    return more
