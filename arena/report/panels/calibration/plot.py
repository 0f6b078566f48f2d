"""How often innocents reach R bits, beside what is promised."""

from __future__ import annotations

from arena.report.calibration_plot import plotted
from arena.report.panels import drawn
from arena.report.panels.calibration import Calibrated
from arena.report.plots import svg

HEADING = "How often innocents reach R bits"
ORDER = 10
TEMPLATE = """\
<div class="plots">{{ picture(plot, caption) }}</div>
"""
SAYS = ("Share of all pairs of a key and a host with at least R bits, and its interval; the dashed line is what rarity "
        "promises: above it the promise is broken where the whole interval is.")


def draw(page: Calibrated) -> str:
    return drawn(TEMPLATE, plot=svg(plotted(page.found)), caption=SAYS)
