"""What a Verifier works with: what he knows before he examines a claim, the case that a policy judges, what it makes of
it.

All are frozen records with one plain form (`Case.as_data`), which stands in the verdict: so a claim can be judged
again, by another policy, without playing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from arena.base.errors import Malformed
from arena.game.rarity import Evidence, evidence_from


@dataclass(frozen=True)
class Flaws:
    """Mistakes that a Verifier was told to make, for a lesson in what they cost: `seed_bits` of the joint hash are kept
    (0: all), `trust_floats` feeds the model pixels that were never hashed, `chosen_keys` hears a projection, message,
    sequence or passports as the claimant chose it."""

    seed_bits: int = 0
    trust_floats: bool = False
    chosen_keys: bool = False


@dataclass(frozen=True)
class Setting:
    """What an examination needs to know beside the claim: classes, shape (C, H, W) and FLOPs a forward pass of the
    task, and the Verifier's flaws."""

    classes: int
    shape: tuple[int, int, int]
    flops: int
    flaws: Flaws = field(default_factory=Flaws)


@dataclass(frozen=True)
class Work:
    """Bits of work (log2 of elementary operations): of the cheapest known forger of this claim, and by the paper's
    eq. (5)."""

    cheapest: float
    paper: float
    forger: str = ""


@dataclass(frozen=True)
class Bounds:
    """What a scheme's honest owner reaches and an innocent host doesn't, in bits: what a policy asks for where it names
    no bounds of its own."""

    rarity: float = 64.0
    work: float = 64.0


@dataclass(frozen=True)
class Case:
    """All that a policy judges a claim by.

    Message numbers date things: the claim is `number`, its service was announced at `deployed_at`, its key fixed at
    `committed_at` (None: never). `rarity_on_earlier` maps releases that are older than the commitment to the rarity
    (bits) that the key scores on them. `agreement` is the share of spot checks on which disclosed weights answer as the
    service does (None: nothing was to be disclosed). `stood_before`: the service showed, before the commitment, that it
    answered as it does now. `parameters` are those that the scheme left to the claimant; `selectable`: the evidence may
    have been looked for instead of drawn (levels 0 and 1, labels by a rule). `ordinary` is (right, asked) of the
    ordinary images that the service was asked. `bounds` are the scheme's own. `tried` counts what the claimant tried in
    public so far, this claim included: each pair of a key that he committed to and a service that he claimed.
    `undisclosed` is why the weights behind the service can't be read, where they can't: the evidence is then on what
    the claimant released himself.
    """

    number: int
    claimant: str
    deployer: str
    service: str
    scheme: str
    evidence: Evidence
    work: Work
    deployed_at: int
    committed_at: int | None = None
    rarity_on_earlier: Mapping[int, float] = field(default_factory=dict)
    parameters: Mapping[str, int] = field(default_factory=dict)
    agreement: float | None = None
    stood_before: bool = False
    selectable: bool = False
    ordinary: tuple[int, int] = (0, 0)
    bounds: Bounds = field(default_factory=Bounds)
    tried: int = 1
    undisclosed: str = ""

    @property
    def rarity(self) -> float:
        """The evidence's rarity in bits, less log2 of what was tried (Bonferroni)."""
        return max(0.0, self.evidence.rarity - math.log2(max(1, self.tried)))

    def as_data(self) -> dict[str, Any]:
        """Plain data: what a verdict carries."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        earlier = {str(number): float(rarity) for number, rarity in self.rarity_on_earlier.items()}
        return {**plain, "evidence": self.evidence.as_data(), "work": asdict(self.work), "bounds": asdict(self.bounds),
                "rarity_on_earlier": earlier, "parameters": dict(self.parameters), "ordinary": list(self.ordinary)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Case:
        """The inverse of `as_data`; Malformed for anything else (a verifier of the user's own may write what he
        likes)."""
        try:
            right, asked = data["ordinary"]
            earlier = {int(number): float(rarity) for number, rarity in data["rarity_on_earlier"].items()}
            return cls(**{**data, "evidence": evidence_from(data["evidence"]), "work": Work(**data["work"]),
                          "bounds": Bounds(**data["bounds"]), "rarity_on_earlier": earlier,
                          "ordinary": (int(right), int(asked))})
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise Malformed(f"this is no case: {type(error).__name__}") from None


@dataclass(frozen=True)
class Judgement:
    """Check -> passed, and the reasons in words: of the failed checks, or of the grant."""

    checks: Mapping[str, bool]
    reasons: tuple[str, ...]

    @property
    def granted(self) -> bool:
        return all(self.checks.values())
