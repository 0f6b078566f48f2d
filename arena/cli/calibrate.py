"""What `arena calibrate` shows: bars while hosts are trained and keys scored, the table, and the verdict in words."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rich.console import Console

from arena.calibration.exceedance import Exceedance
from arena.cli.show import Screen, console
from arena.face.calibrating import FILE, PAGE, PLOT
from arena.face.calibrating import calibrate as calibrated

EVERY = 15.0
"""Seconds between two lines of progress where there is no terminal for bars."""
HEAD = "     R     2^-R   innocents    99 % interval"


def calibrate(scheme: str, out: Path, **how: Any) -> int:
    """Measures, writes OUT/calibration.json, OUT/calibration.png and OUT/report.html, prints the table; 0 when
    innocents keep the promise and none of their hosts is granted."""
    shown = console()
    with Screen(shown) as screen:
        found = calibrated(scheme, out=out, observer=_Told(shown, screen), **how)
    low, middle, high = found.accuracy
    print(f"{found.described}: {found.keys} honest keys, {len(found.hosts)} innocent hosts for {found.task['dataset']} "
          f"(accuracy {low:.1%} to {high:.1%}, mean {middle:.1%})")
    print("\n".join([HEAD, *map(_line, found.levels)]))
    print(f"{found.grants}; greatest rarity {found.greatest:.1f} bits")
    print(found.verdict)
    print(f"{out / FILE}, {out / PLOT}, {out / PAGE}")
    return 0 if found.holds else 1


class _Told:
    """Bars at a terminal, else a line now and then."""

    def __init__(self, shown: Console, screen: Screen) -> None:
        self.shown, self.screen, self.said = shown, screen, time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        if self.shown.is_terminal:
            self.screen.progress("calibrate", {"what": what, "done": done, "total": total, "text": ""})
        elif (now := time.monotonic()) - self.said > EVERY:
            self.said = now
            print(f"  {what}: {done} of {total}", flush=True)


def _line(level: Exceedance) -> str:
    mark = "✗" if level.broken else " "
    return (f"{mark} {level.bits:4d}  {level.promised:.1e}     {level.share:.1e}    {level.low:.1e} to "
            f"{level.high:.1e}")
