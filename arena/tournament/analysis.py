"""From rows to the game that they make, and its answers; everything here is derived, and derived again in a second.

For each task and policy there is a game of owners (rows: schemes) against thieves (columns: chains of attacks). Who
serves a host of his own is a bystander and no player: a grant against him is a false grant, as is one to a usurper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Any

import numpy as np

from arena.base.errors import ArenaError
from arena.strategies.catalogue import find, who_say
from arena.strategies.policy import Policy
from arena.tournament.cells import OWNER, USURPER, Cell
from arena.tournament.columns import COLUMNS
from arena.tournament.expression import Expression, ExpressionError, compiled
from arena.tournament.game import Game
from arena.tournament.league import Place, league, pareto
from arena.tournament.parts import built_in, payoff, solver
from arena.tournament.rows import Row
from arena.tournament.solution import Solution
from arena.tournament.spec import Spec
from arena.tournament.statistics.adaptive import next_cells
from arena.tournament.statistics.bootstrap import Bootstrap
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
class Analysis:
    """Rows of a tournament, as tables; `misfits` are cells that can't be played, each with the reason."""

    spec: Spec
    rows: Sequence[Row]
    misfits: Mapping[Cell, str] = field(default_factory=dict)
    draws: int = 1000

    @cached_property
    def innocents(self) -> frozenset[str]:
        """The thieves who are none: bystanders with hosts of their own."""
        return frozenset(name for name, chain in self.spec.attacks.items() if _innocent(chain, self.spec))

    @property
    def thieves(self) -> tuple[str, ...]:
        return tuple(name for name in self.spec.attacks if name not in self.innocents)

    def columns(self, policy: str) -> list[tuple[Row, dict[str, float]]]:
        """Every finished row with its columns under a policy (arena.tournament.columns)."""
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
        if text is None:
            return payoff(player)
        try:
            return compiled(text)
        except ExpressionError as error:
            raise self.spec.file.error(("payoffs", player), str(error)) from None

    def game(self, task: str, policy: str) -> Game:
        """Owners against thieves."""
        others, names, first = self.thieves, tuple(self.spec.schemes), self.spec.seeds.first
        known = [(row, columns) for row, columns in self.columns(policy)
                 if row.cell.task == task and row.cell.thief in others]
        seeds = 1 + max((row.seed - first for row, _ in known), default=0)
        samples = np.full((2, len(names), len(others), seeds), np.nan)
        table = {name: np.array([columns[name] for _, columns in known]) for name in COLUMNS}
        for player, name in enumerate(PLAYERS):
            for (row, _), value in zip(known, self.expression(name).of(table) if known else (), strict=True):
                samples[player, names.index(row.cell.scheme), others.index(row.cell.other), row.seed - first] = value
        reasons = {(cell.scheme, cell.other): why for cell, why in self.reasons.items() if cell.task == task}
        return Game(names, tuple(others), samples, {pair: why for pair, why in reasons.items() if pair[1] in others})

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
        rarities = [row.figures["rarity"] for row in rows]
        return CellSummary(cell, share(hits, len(rows), self.spec.sampling.confidence), hits,
                           mean([row.figures["deployed"] for row in rows]), float(np.median(rarities)) if rows else NAN,
                           self.reasons.get(cell, "" if rows else "not played yet"))

    # Answers

    def solve(self, name: str, task: str, policy: str) -> Solution:
        """A solver's answer to what can be solved of a game."""
        return solver(name, self.spec.path.parent)(self.solvable(task, policy).payoffs())

    def solvable(self, task: str, policy: str) -> Game:
        """The game without what has no matches."""
        return self.game(task, policy).solvable()

    @property
    def _bootstrap(self) -> Bootstrap:
        return Bootstrap(self.draws, confidence=self.spec.sampling.confidence)

    def headline(self, task: str, policy: str) -> Headline:
        """The strong Stackelberg commitment, the thief's answer, and how sure it all is."""
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

    def front(self, task: str, policy: str) -> list[tuple[str, float, float, bool]]:
        """(scheme, accuracy that the mark costs, worst share granted against any thief, on the Pareto front)."""
        found = []
        for scheme in self.spec.schemes:
            rows = [row for row in self._finished if row.cell.scheme == scheme and row.cell.task == task]
            summaries = [self.cell(Cell(task, scheme, thief), policy) for thief in self.thieves]
            played = [summary.granted.value for summary in summaries if summary.granted.n]
            if rows and played:
                cost = float(np.mean([row.figures["unmarked"] - row.figures["marked"] for row in rows]))
                found.append((scheme, cost, min(played)))
        on = list(pareto([(-cost, least) for _, cost, least in found])) if found else list[Any]()
        return [(*each, bool(best)) for each, best in zip(found, on, strict=True)]

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


def _innocent(chain: Any, spec: Spec) -> bool:
    """Whether a chain of attacks begins with a host of one's own."""
    for attack in chain or ():
        name = attack if isinstance(attack, str) else next(iter(attack), "") if isinstance(attack, dict) else ""
        if name in who_say("attacks", "innocent") or (":" in name and find("attacks", name, spec.path.parent).innocent):
            return True
    return False


Chooser = Callable[[Sequence[Row], int], list[tuple[Cell, int]]]


def adaptive(spec: Spec, misfits: Mapping[Cell, str]) -> Chooser:
    """Adaptive sampling for an engine."""
    def more(rows: Sequence[Row], room: int) -> list[tuple[Cell, int]]:
        counts: dict[Cell, int] = {}
        for row in rows:
            counts[row.cell] = counts.get(row.cell, 0) + 1
        return Analysis(spec, rows, misfits).more(counts, room)
    return more
