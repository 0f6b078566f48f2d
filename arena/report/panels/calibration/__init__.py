"""The page of a calibration: what its panels draw from."""

from __future__ import annotations

from dataclasses import dataclass

from arena.calibration.calibration import Calibration


@dataclass(frozen=True)
class Calibrated:
    """A calibration, and the files beside the page."""

    found: Calibration
    files: tuple[str, ...] = ()
