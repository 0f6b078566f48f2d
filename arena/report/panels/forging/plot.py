"""Seconds against rarity, measured and by law."""

from __future__ import annotations

from arena.report.forging_plot import plotted
from arena.report.panels import drawn
from arena.report.panels.forging import Forging
from arena.report.plots import svg

HEADING = "Cost against rarity"
ORDER = 10
TEMPLATE = """\
<div class="plots wide">{{ picture(plot, caption) }}</div>
"""
SAYS = ("Seconds a forgery, by its rarity: points were forged here, lines are the law, dotted and dash-dotted ones "
        "other machines; the upright dashed line is what the policy asks for.")


def draw(page: Forging) -> str:
    return drawn(TEMPLATE, plot=svg(plotted(page.priced)), caption=SAYS)
