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
from typing import Literal

Winner = Literal["first", "second", "nobody"]
Fits = Callable[[int, str], bool | None]


@dataclass(frozen=True)
class Rival:
    """A claim: its number, who claims, when he committed; whether it stands otherwise, or contests only."""

    number: int
    claimant: str
    committed_at: int
    stands: bool = True


def earlier(one: Rival, two: Rival, fits: Fits) -> Winner:
    """Which of two rivals was first; `fits(claim, agent)` says whether a claim's key fits a release of the agent's
    (None: he has none)."""
    forward, backward = fits(one.number, two.claimant), fits(two.number, one.claimant)
    if forward is None and backward is None:
        return "first" if one.committed_at < two.committed_at else "second"
    if forward is None:
        return "second" if backward else "first"
    if backward is None:
        return "first" if forward else "second"
    if forward == backward:
        return "nobody"
    return "first" if forward else "second"


def resolve(rivals: Sequence[Rival], fits: Fits) -> dict[int, tuple[str, str]]:
    """For each claim (outcome, other claimant): "first" (granted), "later" than another's, or "disputed" with
    another."""
    out: dict[int, tuple[str, str]] = {rival.number: ("first", "") for rival in rivals}
    for place, one in enumerate(rivals):
        for two in rivals[place + 1 :]:
            if one.claimant == two.claimant or not (one.stands or two.stands):
                continue
            winner = earlier(one, two, fits)
            if winner == "nobody" and not (one.stands and two.stands):
                continue
            if winner != "first" and out[one.number][0] == "first":
                out[one.number] = ("later" if winner == "second" else "disputed", two.claimant)
            if winner != "second" and out[two.number][0] == "first":
                out[two.number] = ("later" if winner == "first" else "disputed", one.claimant)
    return out
