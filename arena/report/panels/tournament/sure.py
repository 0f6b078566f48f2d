"""How sure the answers are: the bound on regret by matches played, and what both sides mix."""

from __future__ import annotations

from typing import Any

import numpy as np

from arena.base.errors import ArenaError
from arena.report.panels import drawn
from arena.report.panels.tournament import Tournament
from arena.report.plots import COLOURS, figure, legend, svg
from arena.tournament.answers.analysis import Analysis
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
                                            "dashed line; of one seed nothing is sure"),
                      (_mixtures(page, task), f"{where}: how often each plays what, in equilibrium; bars: 90 % of the "
                                              "games that seeds drawn again make")]
        except ArenaError:
            continue
    return drawn(TEMPLATE, plots=plots)


def _regret(page: Tournament, task: str) -> str:
    analysis, points = page.analysis, []
    for count in np.unique(np.linspace(len(analysis.rows) / LOOKS, len(analysis.rows), LOOKS).astype(int)):
        try:
            found = Analysis(analysis.spec, analysis.rows[:count], analysis.misfits, DRAWS).regret(task, page.policy)
            points.append((count, found.value, found.high, found.n))
        except ArenaError:
            continue
    drawing, axes = figure(5.2, 3.2)
    counts, values, bounds, seeds = np.array(points).reshape(-1, 4).T
    sure = seeds > 1
    axes.plot(counts[sure], bounds[sure], "o-", color=COLOURS[0], label="bound")
    axes.plot(counts[~sure], values[~sure], "o", markerfacecolor="none", color=COLOURS[1], label="one seed: no bound")
    axes.plot(counts, values, ":", color=COLOURS[1], label="of the means")
    axes.axhline(analysis.spec.sampling.until, linestyle="--", linewidth=1, color=COLOURS[5])
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


def _drawn(game: Any) -> np.ndarray:
    """The equilibria of games of seeds drawn again, (draws, rows + columns)."""
    from arena.tournament.games.bimatrix import Bimatrix

    tables = np.concatenate(list(Bootstrap(MIXED).tables(game)))
    return np.array([np.concatenate(solver("lemke-howson")(Bimatrix(*table)).mixtures) for table in tables])
