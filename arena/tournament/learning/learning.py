"""Double oracle over parameters (McMahan, Gordon & Blum 2003), with real matches as the payoffs.

Each round the game of what is there is solved, at the first seeds; every learner tries settings of his strategy against
the mixture of the other side, most of them spread over all that he may search and the rest around the best; his best
one joins if it gains more than epsilon. An answer is the best of those tried: that nobody gains more is said of them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from arena.base.errors import ArenaError
from arena.tournament.answers.analysis import Analysis
from arena.tournament.games.double_oracle import Growth, solved
from arena.tournament.learning.bench import Bench
from arena.tournament.learning.drawing import Drawing
from arena.tournament.learning.learners import SIDES, Learner
from arena.tournament.learning.learnt import Learnt, Round, mark_of
from arena.tournament.learning.trials import Position, Trial
from arena.tournament.rows import Row
from arena.tournament.spec import Spec

AROUND = 3
"""One of so many trials is made around the best of the others."""


@dataclass
class Learning:
    """Lets `learners` learn in the game of a spec; `rounds` is what there was so far."""

    spec: Spec
    learners: Sequence[Learner]
    bench: Bench
    rounds: list[Round] = field(default_factory=list)

    def __post_init__(self) -> None:
        learn = self.spec.learn
        self._task = learn.task or next(iter(self.spec.tasks))
        self._policy = learn.policy or next(iter(self.spec.policies))
        self._drawings = [Drawing(learner, self.spec.seeds.first) for learner in self.learners]
        self._joined: dict[str, dict[str, Any]] = {side: {} for side in SIDES}
        self._short = False

    def play(self) -> Generator[Row, None, Learnt]:
        """Yields rows as they come; gives what was learnt."""
        growth = Growth(list(self.spec.schemes), list(_thieves(self.spec)), self.spec.learn.epsilon,
                        self.spec.learn.rounds)
        while True:
            try:
                position = yield from self._position()
            except ArenaError as error:
                return self.learnt(f"there is no game to learn in: {error}")
            trials = yield from self._trials(position)
            if self._book(growth, position, trials) or self._short:
                return self.learnt(self._end(growth))

    def learnt(self, end: str) -> Learnt:
        """What was learnt so far."""
        learn = self.spec.learn
        return Learnt(self._task, self._policy, learn.epsilon, tuple(self.rounds), end, self._joined["schemes"],
                      self._joined["attacks"], mark_of(self.spec))

    def _book(self, growth: Growth[str, str], position: Position, trials: Sequence[Trial]) -> bool:
        """Books a round; whether it was the last one."""
        best = [max(known, key=lambda trial: trial.gain or 0.0) for drawing in self._drawings
                if (known := _known(trials, drawing))]
        answers = [(SIDES.index(trial.side), trial.name, trial.gain or 0.0) for trial in best]
        joined = growth.take(position.solution.values, answers)
        for player, name in joined:
            drawing = next(each for each in self._drawings if each.learner.player == player and name in each.settings)
            self._joined[SIDES[player]][name] = drawing.learner.playing(drawing.settings[name])
        self.rounds.append(Round(growth.rounds[-1].size, position.mixture(0), position.mixture(1),
                                 position.solution.values, tuple(trials), tuple(name for _, name in joined)))
        return growth.over or not joined

    def _end(self, growth: Growth[str, str]) -> str:
        failed, tried = self.rounds[-1].failed, self.rounds[-1].trials
        lost = f" ({len(failed)} of {len(tried)} failed: {failed[0].reason})" if failed else ""
        if self._short:
            why = "because the matches that are allowed are used up"
        elif not tried:
            why = "because every setting that there is was tried"
        elif len(failed) == len(tried):
            why = f"because no setting could be played{lost}"
        elif growth.done:
            why = f"because none of those tried gains more than {growth.epsilon:g}{lost}"
        else:
            why = f"after {len(growth.rounds)} round{'s' * (len(growth.rounds) > 1)}{lost}"
        return f"it ended {why}"

    # One round

    def _position(self) -> Generator[Row, None, Position]:
        """The game of what is there; ArenaError when none of it can be solved."""
        everybody = self.learnt("").grown(self.spec)
        played = yield from self.bench.play(self._small(everybody.schemes, _thieves(everybody)))
        self._short = played.short
        game = played.analysis.solvable(self._task, self._policy)
        return Position(game, solved(game.payoffs()), self.spec.sampling.confidence)

    def _trials(self, position: Position) -> Generator[Row, None, list[Trial]]:
        """Everybody's: spread first, then around the best."""
        trials: list[Trial] = []
        few = self.spec.learn.trials // AROUND
        for each in self._drawings:
            each_known = {*self._joined[each.learner.side]}
            names = each.explore(self.spec.learn.trials - few, each_known)
            trials += yield from self._tried(position, each, names)
        for each in self._drawings:
            known = {*self._joined[each.learner.side], *(trial.name for trial in trials)}
            trials += yield from self._tried(position, each, self._around(each, trials, few, known))
        return trials

    @staticmethod
    def _around(drawing: Drawing, trials: Sequence[Trial], few: int, known: set[str]) -> list[str]:
        """Settings around a learner's best one; where none has a value, others from everywhere."""
        if not few:
            return []
        own = _known(trials, drawing)
        if not own:
            return drawing.explore(few, known)
        return drawing.refine(max(own, key=lambda trial: trial.gain or 0.0).name, few, known)

    def _tried(self, position: Position, drawing: Drawing,
               names: Sequence[str]) -> Generator[Row, None, list[Trial]]:
        """A learner's settings, played against the other side's mixture."""
        if not names:
            return []
        learner, other = drawing.learner, position.support(1 - drawing.learner.player)
        settings = {name: learner.playing(drawing.settings[name]) for name in names}
        everybody = self.learnt("").grown(self.spec)
        rivals = {name: getattr(everybody, SIDES[1 - learner.player])[name] for name in other}
        played = yield from self.bench.play(self._small(*((rivals, settings) if learner.player
                                                          else (settings, rivals))))
        self._short = self._short or played.short
        game = played.analysis.game(self._task, self._policy)
        return [position.gained(learner.player, Trial(learner.name, learner.side, name, drawing.settings[name]), game)
                for name in names]

    def _small(self, schemes: Mapping[str, Any], attacks: Mapping[str, Any]) -> Spec:
        return replace(self.spec, schemes=schemes, attacks=attacks, forgeries={},
                       tasks={self._task: self.spec.tasks[self._task]})


def _known(trials: Sequence[Trial], drawing: Drawing) -> list[Trial]:
    """A learner's trials that have a value."""
    mine = drawing.learner
    return [trial for trial in trials if (trial.side, trial.learner) == (mine.side, mine.name)
            and trial.gain is not None]


def _thieves(spec: Spec) -> dict[str, Any]:
    """The attacks of those who are thieves: bystanders play no game."""
    return {name: spec.attacks[name] for name in Analysis(spec, ()).thieves}
