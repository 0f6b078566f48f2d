"""The page of a calibration: does a scheme's rarity promise what innocents keep? (`panels.calibration`)"""

from __future__ import annotations

from collections.abc import Sequence

from arena.calibration.calibration import Calibration
from arena.report import page
from arena.report.panels import found
from arena.report.panels.calibration import Calibrated


def render(calibration: Calibration, files: Sequence[str] = ()) -> str:
    """The page as text; `files` lie beside it."""
    return page.render(f"Honest keys of {calibration.scheme} on innocent hosts", found("calibration"),
                       Calibrated(calibration, tuple(files)))
