"""The rule of ROSE III: ownership is granted if and only if both rarity and work are large, here with the commitment's
date as a third."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from arena.base.units import Bits, Count, Share
from arena.game.evidence import Bounds, Case, Flaws, Judgement
from arena.strategies import Policy


@dataclass(frozen=True)
class RarityAndWork(Policy):
    """grants when rarity and work reach their bounds and the commitment precedes the release

    Bounds that aren't given are the scheme's own: what its honest owner reaches and an innocent host doesn't. Rarity is
    the evidence's less log2 of what the claimant tried in public.

    `commitment: ignored` leaves dates aside, as the paper does. A commitment must be older than the answers that the
    key is scored on and than every released model that the evidence fits: a key that fits a model which was public
    before it was committed may have been forged for it. `memory` is the least that a level-3 key's hash must cost
    (scrypt's N), so that nobody chooses his own price.

    Weights that were disclosed must answer as the service does on a `disclosed` share of the Verifier's spot checks.
    Who shows none, or others, blocks the claim: `undisclosed: adverse` holds it against him, and grants to an owner
    whose key fits what he released himself before the service was announced; `denied` leaves it at that. So it is held
    against who answers as that release does and shows weights of another kind of network, in which the key has no room.

    Three flaws, off unless asked for, show what an implementation loses by them: `seed-bits` shortens the joint hash to
    the seed of a generator before labels are drawn; `trust-floats` feeds the model pixels that were never hashed;
    `chosen-keys` takes a white-box key's projection, message, sequence or passports as the claimant chose it instead of
    deriving it from his committed seed. `flawed` does without the floor of work that the Verifier asks where evidence
    may have been looked for (levels 0 and 1, labels by a rule of the owner's own).
    """

    default = True

    rarity: Bits | None = None
    work: Bits | None = None
    commitment: Literal["required", "ignored"] = "required"
    memory: Count = 2**14
    disclosed: Share = 0.9
    chosen_keys: bool = False
    seed_bits: Annotated[int, Field(ge=0, le=64)] = 0
    trust_floats: bool = False
    flawed: bool = False
    undisclosed: Literal["denied", "adverse"] = "adverse"

    @property
    def dated(self) -> bool:
        return self.commitment == "required"

    @property
    def adverse(self) -> bool:
        return self.undisclosed == "adverse"

    def convincing(self, case: Case) -> float:
        return min(self._asked(case).rarity, super().convincing(case))

    @property
    def same_model(self) -> float:
        return self.disclosed

    @property
    def flaws(self) -> Flaws:
        return Flaws(self.seed_bits, self.trust_floats, self.chosen_keys)

    def judge(self, case: Case) -> Judgement:
        checks: dict[str, bool] = {"well-formed": True}
        failed: list[str] = []
        for name, passed, fault in self._findings(case):
            checks[name] = passed
            failed += [] if passed else [fault]
        if failed:
            return Judgement(checks, tuple(f"denied: {reason}" for reason in failed))
        found = f"rarity {case.rarity:.1f} bits ({_measured(case)}), work {case.work.cheapest:.1f} bits"
        if case.undisclosed:
            found = f"adverse: {case.undisclosed}; on what {case.claimant} released: {found}"
        return Judgement(checks, (f"granted: {found}",))

    def _asked(self, case: Case) -> Bounds:
        """The bounds of this policy, of the case's scheme where it has none."""
        own = case.bounds
        return Bounds(own.rarity if self.rarity is None else self.rarity, own.work if self.work is None else self.work)

    def _findings(self, case: Case) -> Iterator[tuple[str, bool, str]]:
        """(check, passed, what is wrong where it is not) of all that is asked for."""
        rarity, work, asked = case.rarity, case.work.cheapest, self._asked(case)
        yield "rarity", rarity >= asked.rarity, f"rarity {rarity:.1f} bits below {asked.rarity:g} ({_measured(case)})"
        yield "work", work >= asked.work, f"work {work:.1f} bits below {asked.work:g} ({case.work.forger})"
        if (memory := case.parameters.get("memory")) is not None:
            short = f"memory 2^{memory.bit_length() - 1} below 2^{self.memory.bit_length() - 1}"
            yield "parameters", memory >= self.memory, short
        if case.undisclosed:
            yield "disclosure", self.adverse, f"disclosure: {case.undisclosed}"
        if (agreement := case.agreement) is not None:
            apart = f"the weights shown answer only {agreement:.1%} of the spot checks as the service does"
            yield "disclosure", agreement >= self.disclosed, f"disclosure: {apart}"
        if self.commitment == "required":
            yield "commitment", *self._date(case)

    def _date(self, case: Case) -> tuple[bool, str]:
        """The key must be older than the answers that it is scored on, than every released model that it fits, and than
        a service that shows that it answered so before. When a service was announced says nothing of when its model got
        there, unless the key has nothing to say for itself."""
        if case.committed_at is None:
            return False, "no commitment of the claimant fixes this key"
        if case.committed_at > case.number:
            return False, f"the commitment (message {case.committed_at}) came after the claim"
        for number, rarity in sorted(case.rarity_on_earlier.items()):
            if rarity >= self._asked(case).rarity:
                return (False, f"the commitment (message {case.committed_at}) came after the release of a model that "
                               f"it fits (message {number})")
        if case.stood_before:
            return False, f"the service answered as it does now before the commitment (message {case.committed_at})"
        if case.committed_at > case.deployed_at and case.rarity < self._asked(case).rarity:
            return (False, f"the commitment (message {case.committed_at}) came after the deployment (message "
                           f"{case.deployed_at})")
        return True, ""


def _measured(case: Case) -> str:
    """The evidence in words, and what looking several times took off."""
    less = math.log2(max(1, case.tried))
    return f"{case.evidence.text}, less {less:.1f} for {case.tried} tries" if less else case.evidence.text
