"""How sure the answers are: the bound on regret by matches played, and what both sides mix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arena.base.errors import ArenaError
from arena.report.panels import drawn
from arena.report.panels.tournament import Tournament
from arena.report.plots import COLOURS, figure, legend, svg
from arena.tournament.answers.analysis import Analysis
from arena.tournament.games.game import Game
from arena.tournament.parts import solver
from arena.tournament.statistics.bootstrap import Bootstrap

HEADING = "How sure that is"
ORDER = 25
LOOKS, DRAWS, MIXED = 8, 200, 100
TEMPLATE = """\
<div class="plots">{% for svg, caption in plots %}
{{ picture(svg, caption) }}{% endfor %}</div>
"""


def applies(page: Tournament) -> bool:
    return bool(page.headlines)


def draw(page: Tournament) -> str:
    plots: list[tuple[str, str]] = []
    for task in page.tasks:
        where = f"{task}, {page.policy}"
        try:
            plots += [(_regret(page, task), f"{where}: what anybody gains at most by deviating from the equilibrium of "
                                            "the matches so far, and the bound on it; the tournament stops at the "
                                            "dashed line; of one match a cell nothing is sure"),
                      (_mixtures(page, task), f"{where}: how often each plays what, in equilibrium; bars: 90 % of the "
                                              "games that seeds drawn again make")]
        except ArenaError:
            continue
    return drawn(TEMPLATE, plots=plots)


@dataclass(frozen=True)
class Look:
    """The regret after so many matches, and the bound on it; `sure`: there is one, as every cell that is ever played
    more than once was."""

    matches: int
    value: float
    bound: float
    sure: bool


def looks(page: Tournament, task: str) -> list[Look]:
    """What was known of the regret as the matches came in; of those looks at which there was an answer."""
    analysis, found = page.analysis, []
    wanted = _repeated(analysis.solvable(task, page.policy))
    for count in np.unique(np.linspace(len(analysis.rows) / LOOKS, len(analysis.rows), LOOKS).astype(int)):
        try:
            seen = Analysis(analysis.spec, analysis.rows[:count], analysis.misfits, DRAWS)
            regret, repeated = seen.regret(task, page.policy), _repeated(seen.solvable(task, page.policy))
        except ArenaError:
            continue
        found.append(Look(int(count), regret.value, regret.high, bool(wanted) and wanted <= repeated))
    return found


def _repeated(game: Game) -> set[tuple[str, str]]:
    """The cells that were played more than once."""
    return {(game.rows[i], game.columns[j]) for i, j in np.argwhere(game.counts > 1)}


def _regret(page: Tournament, task: str) -> str:
    found = looks(page, task)
    drawing, axes = figure(5.2, 3.2)
    sure, unsure = ([each for each in found if each.sure is word] for word in (True, False))
    axes.plot([each.matches for each in sure], [each.bound for each in sure], "o-", color=COLOURS[0], label="bound")
    axes.plot([each.matches for each in unsure], [each.value for each in unsure], "o", markerfacecolor="none",
              color=COLOURS[1], label="cells with one match or none: no bound")
    axes.plot([each.matches for each in found], [each.value for each in found], ":", color=COLOURS[1],
              label="of the means")
    axes.axhline(page.analysis.spec.sampling.until, linestyle="--", linewidth=1, color=COLOURS[5])
    axes.set_xlabel("matches")
    axes.set_ylabel("regret (models)")
    axes.set_ylim(bottom=0)
    legend(axes, beside=True)
    return svg(drawing)


def _mixtures(page: Tournament, task: str) -> str:
    game = page.analysis.solvable(task, page.policy)
    means = solver("lemke-howson")(game.payoffs()).mixtures
    drawn_again = _drawn(game)
    drawing, axes = figure(5.2, 0.9 + 0.22 * (len(game.rows) + len(game.columns)))
    names = [*(f"owner: {name}" for name in game.rows), *(f"thief: {name}" for name in game.columns)]
    low, high = np.quantile(drawn_again, (0.05, 0.95), axis=0)
    places = np.arange(len(names))[::-1]
    colours = [COLOURS[0]] * len(game.rows) + [COLOURS[1]] * len(game.columns)
    axes.barh(places, np.concatenate(means), color=colours, alpha=0.75)
    axes.hlines(places, low, high, color="#30363d", linewidth=1.6)
    axes.set_yticks(places, names)
    axes.set_xlim(0, 1)
    axes.set_xlabel("probability")
    return svg(drawing)


def _drawn(game: Game) -> np.ndarray:
    """The equilibria of games of seeds drawn again, (draws, rows + columns)."""
    from arena.tournament.games.bimatrix import Bimatrix

    tables = np.concatenate(list(Bootstrap(MIXED).tables(game)))
    return np.array([np.concatenate(solver("lemke-howson")(Bimatrix(*table)).mixtures) for table in tables])
