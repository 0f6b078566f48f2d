"""Whether innocents keep what a scheme's rarity promises, in a small calibration."""

from __future__ import annotations

from pathlib import Path

import torch

from arena.calibration.calibration import Calibration, calibrate
from arena.hosts.task import Task
from arena.strategies.scheme import Scheme
from arena.workshop.options import Options

BRIEF = Task(dataset="digits", network="digits-cnn", epochs=4, batch=32, rate=3e-3, schedule="one-cycle", limit=500)
"""Hosts that are trained in a third of a second and know nineteen of twenty digits."""


def small_calibration(scheme: Scheme, store: Path, hosts: int = 6, keys: int = 40,
                      data: Path | None = None) -> Calibration:
    """Honest keys against innocent hosts on 8x8 digits, in this process (`arena.calibration`)."""
    options = Options(str(store), str(data or ""), threads=torch.get_num_threads())
    return calibrate(scheme, BRIEF, options, hosts=hosts, keys=keys)


def check_calibration(scheme: Scheme, store: Path, hosts: int = 6, keys: int = 40, data: Path | None = None) -> None:
    """Innocents reach R bits no more often than 2^-R, as far as so few draws can tell, and the default policy grants
    none of their hosts."""
    found = small_calibration(scheme, store, hosts, keys, data)
    assert found.calibrated, found.verdict
    assert not found.granted, f"innocents' hosts must not be granted: {found.grants}"
