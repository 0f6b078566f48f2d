"""What `arena forge` shows: this machine's rates, keys as they are forged, and what a verifier should ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.face.forging import forge as forged
from arena.pricing.forge import Point

HEAD = "  forged:  level  R (bits)   n   tries a forgery (+- s.e.)   law's tries   ratio   seconds a forgery"


def forge(scenario: Path, out: Path, memory: int, **how: Any) -> int:
    """Measures and forges, writes OUT.json, OUT.png and OUT.html, prints the table and the sentence that a verifier
    needs."""
    if not 4 <= memory <= 24:
        raise ArenaError(f"--memory {memory}: from 4 (16 KiB) to 24 (16 GiB)")
    priced = forged(scenario, memory=1 << memory, observer=_Table(), **how)
    written = priced.report(out)
    print(priced.advice)
    print(", ".join(map(str, written)))
    return 0


class _Table:
    """Prints what it hears, points below the head of their table."""

    def __init__(self) -> None:
        self.begun = False

    def __call__(self, heard: str | Point) -> None:
        if isinstance(heard, Point) and not self.begun:
            print(HEAD)
            self.begun = True
        print(_line(heard) if isinstance(heard, Point) else heard, flush=True)


def _line(p: Point) -> str:
    law, ratio = (f"{p.law:12,.0f}", f"{p.ratio:5.2f}") if p.law else (" " * 12, "     ")
    return (f"          {p.level:5d} {p.rarity:8.2f} {p.n:4d} {p.tries:14,.0f} +- {p.tries_error:<10,.0f} {law}   "
            f"{ratio}   {p.seconds:.3g}")
