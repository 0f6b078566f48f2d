"""Policies as judges: whom they grant, whom they should not have granted; and what bound on rarity alone would do."""

from __future__ import annotations

import numpy as np

from arena.game.evidence import Case
from arena.report.panels import drawn
from arena.report.panels.tournament import Tournament
from arena.report.plots import COLOURS, STYLES, figure, legend, svg
from arena.tournament.cells import OWNER, USURPER
from arena.tournament.rows import Row
from arena.tournament.statistics.intervals import Interval, share

HEADING = "What policies do, and what the thief's work buys"
ORDER = 35
TEMPLATE = """\
<div class="plots">{% for svg, caption in plots %}
{{ picture(svg, caption) }}{% endfor %}</div>
"""


def applies(page: Tournament) -> bool:
    return any(row.finished for row in page.analysis.rows)


def draw(page: Tournament) -> str:
    plots: list[tuple[str, str]] = []
    for task in page.tasks:
        plots += [(_roc(page, task), f"{task}: claims granted to owners against thieves, and granted to usurpers or "
                                     "against bystanders, by each policy (exact intervals); the line: a bound on "
                                     "rarity alone, from high to low"),
                  (_cost(page, task), f"{task}, {page.policy}: what the thief spent (operations, as bits) against the "
                                      "share of claims still granted; a point a thief")]
    return drawn(TEMPLATE, plots=plots)


def _roc(page: Tournament, task: str) -> str:
    analysis, (drawing, axes) = page.analysis, figure(5.2, 3.2)
    for policy, style in zip(analysis.spec.policies, STYLES, strict=False):
        known = [columns for row, columns in analysis.columns(policy) if row.cell.task == task]
        right, wrong = (_share([each[name] for each in known]) for name in ("granted", "false_grant"))
        if right.n and wrong.n:
            reach = [[[wrong.value - wrong.low], [wrong.high - wrong.value]],
                     [[right.value - right.low], [right.high - right.value]]]
            axes.errorbar([wrong.value], [right.value], reach[1], reach[0], label=policy, color=style["color"],
                          marker=style["marker"], markersize=6, linewidth=1)
    axes.plot(*_swept(page, task), color=COLOURS[5], linewidth=1.2, label="rarity alone")
    axes.set_xlabel("granted wrongly (share)")
    axes.set_ylabel("granted rightly (share)")
    axes.set_ylim(-0.03, 1.03)
    legend(axes, beside=True)
    return svg(drawing)


def _share(values: list[float]) -> Interval:
    known = [value for value in values if value == value]
    return share(round(sum(known)), len(known))


def _swept(page: Tournament, task: str) -> tuple[np.ndarray, np.ndarray]:
    """(wrongly, rightly) granted shares by bounds on rarity, from high to low."""
    analysis = page.analysis
    rows = [row for row in analysis.rows if row.finished and row.cell.task == task]
    rightly = np.array([_rarity(row, OWNER) for row in rows if row.cell.thief in analysis.thieves])
    wrongly = np.array([_rarity(row, USURPER if row.cell.forgery else OWNER) for row in rows
                        if row.cell.thief not in analysis.thieves])
    bounds = np.unique(np.concatenate([rightly, wrongly, [0.0]]))[::-1]
    return _above(wrongly, bounds), _above(rightly, bounds)


def _above(values: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """The share of values at each bound or above it, after a 0."""
    return np.array([0.0, *((values >= bound).mean() if len(values) else 0.0 for bound in bounds)])


def _rarity(row: Row, claimant: str) -> float:
    claim = row.claims.get(claimant)
    return Case.from_data(claim["case"]).rarity if claim else 0.0


def _cost(page: Tournament, task: str) -> str:
    analysis, (drawing, axes) = page.analysis, figure(5.2, 3.2)
    known = [(row, columns) for row, columns in analysis.columns(page.policy)
             if row.cell.task == task and row.cell.thief in analysis.thieves]
    for scheme, style in zip(analysis.spec.schemes, STYLES, strict=False):
        cells = {thief: [columns for row, columns in known if (row.cell.scheme, row.cell.thief) == (scheme, thief)]
                 for thief in analysis.thieves}
        points = [(np.mean([np.log2(1 + each["attacker_ops"]) for each in cell]), np.mean([each["granted"] for each in
                                                                                             cell]))
                  for cell in cells.values() if cell]
        if points:
            axes.plot(*np.array(points).T, linestyle="none", marker=style["marker"], color=style["color"],
                      markerfacecolor="none", label=scheme)
    axes.set_xlabel("the thief's work (bits)")
    axes.set_ylabel("share granted")
    axes.set_ylim(-0.05, 1.05)
    legend(axes, beside=True)
    return svg(drawing)
