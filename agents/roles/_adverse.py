"""What a Verifier makes of a suspect who doesn't show his weights, or others than those that answer, or those of a
network in which there is no room for a key that the service's answers betray: he blocks a claim that only they could
decide, and who blocks it is held to have something to hide."""

from __future__ import annotations

from agents.roles._hearing import PendingClaim, Standing, Weighed
from agents.roles._weighing import Bench, KeyMisfit
from arena.base.errors import Malformed

REBUILT = "the service answers as what {} released does, but shows weights of another network"


def weighed_openly(bench: Bench, claim: PendingClaim, standing: Standing) -> Weighed:
    """A claim weighed on the service; where its weights can't be had, and the policy holds that against the deployer,
    on what the claimant released himself, if his key stands there. A model that answers by itself as no copy would is
    nobody's to hold against its deployer, whatever network it is. Malformed where nothing is to be weighed."""
    try:
        found = bench.weigh(claim, standing)
    except KeyMisfit:
        against = _rebuilt(bench, claim, standing)
        if against is None:
            raise
        return against
    except Malformed as fault:
        against = _held_against(bench, claim, standing, str(fault))
        if against is None:
            raise
        return against
    if found.judgement.checks.get("disclosure", True):
        return found if found.stands else _rebuilt(bench, claim, standing) or found
    shown = f"the weights shown answer only {found.case.agreement or 0:.1%} of the spot checks as the service does"
    return _held_against(bench, claim, standing, shown) or found


def _rebuilt(bench: Bench, claim: PendingClaim, standing: Standing) -> Weighed | None:
    """What a service is held to that answers as the claimant's release from within another network."""
    if claim.shown is None or not bench.rebuilt(claim):
        return None
    return _held_against(bench, claim, standing, REBUILT.format(claim.claim.claimant))


def _held_against(bench: Bench, claim: PendingClaim, standing: Standing, why: str) -> Weighed | None:
    if not bench.policy.adverse:
        return None
    try:
        against = bench.weigh_release(claim, standing, why)
    except Malformed:
        return None
    return against if against is not None and against.stands else None
