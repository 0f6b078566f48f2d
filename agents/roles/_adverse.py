"""What a Verifier makes of a suspect who doesn't show his weights, or others than those that answer: he blocks a claim
that only they could decide, and who blocks it is held to have something to hide."""

from __future__ import annotations

from agents.roles._hearing import PendingClaim, Standing, Weighed
from agents.roles._weighing import Bench
from arena.base.errors import Malformed


def weighed_openly(bench: Bench, claim: PendingClaim, standing: Standing) -> Weighed:
    """A claim weighed on the service; where its weights can't be had, and the policy holds that against the deployer,
    on what the claimant released himself, if his key stands there. Malformed where nothing is to be weighed."""
    try:
        found = bench.weigh(claim, standing)
    except Malformed as fault:
        against = _held_against(bench, claim, standing, str(fault))
        if against is None:
            raise
        return against
    if found.judgement.checks.get("disclosure", True):
        return found
    shown = f"the weights shown answer only {found.case.agreement or 0:.1%} of the spot checks as the service does"
    against = _held_against(bench, claim, standing, shown)
    return found if against is None else against


def _held_against(bench: Bench, claim: PendingClaim, standing: Standing, why: str) -> Weighed | None:
    if not bench.policy.adverse:
        return None
    try:
        against = bench.weigh_release(claim, standing, why)
    except Malformed:
        return None
    return against if against is not None and against.stands else None
