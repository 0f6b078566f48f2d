"""Several claims on one service that stand otherwise: whose mark was there first?

A model that was marked twice carries both marks, the model that it was made from carries the first alone. So each
rival's key is tried on what the others released: whose key fits another's release, and not the other way round, was
first. Both or neither: nobody's. A claimant who released nothing has only his key to show, and where no release tells
anything the older commitment decides.

A claim that falls short of a policy's bound alone, but is far beyond chance, can't win, and can still show that another
claimant came later: who trains the owner's mark away until it no longer suffices is not the owner for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

Fits = Callable[[int, str], bool | None]


@dataclass(frozen=True)
class Rival:
    """A claim: its number, who claims, when he committed; whether it stands otherwise, or contests only."""

    number: int
    claimant: str
    committed_at: int
    stands: bool = True


def earlier(one: Rival, two: Rival, fits: Fits) -> Rival | None:
    """Which of two rivals was first, if one was; `fits(claim, agent)` says whether a claim's key fits a release of the
    agent's (None: he has none)."""
    forward, backward = fits(one.number, two.claimant), fits(two.number, one.claimant)
    if forward is None and backward is None:
        return one if one.committed_at < two.committed_at else two
    if forward is None:
        return two if backward else one
    if backward is None:
        return one if forward else two
    if forward == backward:
        return None
    return one if forward else two


def resolve(rivals: Sequence[Rival], fits: Fits) -> dict[int, tuple[str, str]]:
    """For each claim (outcome, other claimant): "first" (granted), "later" than another's, or "disputed" with
    another: the first of whom it lost to."""
    lost: dict[int, tuple[str, str]] = {}
    for one, two in combinations(rivals, 2):
        if one.claimant == two.claimant or not (one.stands or two.stands):
            continue
        first = earlier(one, two, fits)
        if first is None and not (one.stands and two.stands):
            continue
        for mine, other in ((one, two), (two, one)):
            if first is not mine and mine.number not in lost:
                lost[mine.number] = ("later" if first else "disputed", other.claimant)
    return {rival.number: lost.get(rival.number, ("first", "")) for rival in rivals}
