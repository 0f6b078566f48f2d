"""The plot of `arena forge`."""

import math

import matplotlib.axes
import pytest
from matplotlib.colors import to_hex

from arena.pricing.forge import Point, Priced, Setting
from arena.pricing.measure import Rate, Rates
from arena.report.forging_plot import LEVELS, draw


def priced(seconds):
    points = [Point(9, 9.0 * level, 2, 500.0, 50.0, 1e4, seconds, 512.0, level) for level in range(4)]
    return Priced(Setting(40, 10, (1, 8, 8), 1), tuple(points), Rates(*[Rate(1e5, 9e4, 2e5, 5)] * 5), "hashlib",
                  64.0, {})


@pytest.fixture
def axes(monkeypatch):
    """The axes that were drawn on."""
    seen, legend = [], matplotlib.axes.Axes.legend
    monkeypatch.setattr(matplotlib.axes.Axes, "legend", lambda self, **how: (seen.append(self), legend(self, **how)))
    return seen


@pytest.mark.parametrize("seconds", [1e-9, 1e-6, 1.0, 1e16, 1e19])
def test_every_point_lies_inside_the_axes(axes, seconds):
    draw(priced(seconds))
    (low, high), (left, right) = axes[0].get_ylim(), axes[0].get_xlim()
    assert 0 < low < seconds < high < math.inf and left < 0 and right > 27


def test_a_level_has_one_colour(axes):
    draw(priced(1.0))
    for level, colour in LEVELS.items():
        own = [(handle, name) for handle, name in zip(*axes[0].get_legend_handles_labels(), strict=True)
               if name.startswith(f"level {level}: ") and ("forged here" in name or "GPU" not in name)]
        lines = [handle[0] if "forged here" in name else handle for handle, name in own]
        assert len(lines) >= 2 and {to_hex(line.get_color()) for line in lines} == {colour}
    assert "begin a search" in axes[0].get_xlabel()
