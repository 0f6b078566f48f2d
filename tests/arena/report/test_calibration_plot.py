"""The plot of a calibration."""

import io
from dataclasses import replace

import numpy as np
from PIL import Image

from arena.calibration.calibration import Calibration
from arena.calibration.exceedance import exceedances
from arena.report.calibration_plot import draw


def found(rarity):
    return Calibration("adi", "adi keys=30", {}, 0, (), (0.9, 0.95, 1.0), len(rarity), "keys",
                       exceedances(rarity, False), float(rarity.max()), {"rarity": 64, "work": 64}, 0, 0, 0, {})


def test_it_is_a_small_picture_whatever_the_figures_are():
    for rarity in (np.zeros((5, 2)), np.full((5, 2), 99.0), np.arange(10.0).reshape(5, 2)):
        raw = draw(found(rarity))
        picture = Image.open(io.BytesIO(raw))
        assert picture.format == "PNG" and picture.size[0] > 400 and len(raw) < 30_000


def test_it_shows_the_figures_and_is_the_same_twice():
    some = found(np.arange(10.0).reshape(5, 2))
    assert draw(some) == draw(some) != draw(replace(some, levels=exceedances(np.zeros((5, 2)), False)))
