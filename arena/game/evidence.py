"""What a Verifier works with: a case (all he knows about a claim) and a judgement (what a policy makes of it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from arena.game.messages import Claim, Commitment, Message, Release
from arena.game.rarity import Evidence


@dataclass(frozen=True)
class Work:
    """Bits of work (log2 of elementary operations): of the cheapest known forger of this claim, and by the paper's eq. (5)."""

    cheapest: float
    paper: float
    forger: str = ""


@dataclass
class Case:
    """All that the Verifier knows about one claim; he fills in the figures as he goes.

    `flaws` are mistakes that the Verifier was told to make (`Policy.flaws`), for a lesson in what they cost.
    Message numbers date things: `deployed_at`, `committed_at` (None: never). `parameters` are those that the scheme left to the claimant;
    `rarity_on_earlier` maps the releases that are older than the commitment to the rarity (bits) that the key scores on them.
    `agreement` is the share of spot checks on which disclosed weights answer as the service does (None: nothing was to be disclosed).
    `stood_before`: the service showed, before the commitment, that it answered as it does now. `selectable`: the evidence may have been looked for
    instead of drawn (levels 0 and 1, labels by a rule). `ordinary` is (right, asked) of the ordinary images that the service was asked so far.
    """

    message: Message
    claim: Claim
    classes: int
    shape: tuple[int, int, int]
    flops: int
    deployed_at: int
    commitments: tuple[tuple[Message, Commitment], ...] = ()
    releases: tuple[tuple[Message, Release], ...] = ()
    evidence: Evidence | None = None
    work: Work | None = None
    committed_at: int | None = None
    rarity_on_earlier: dict[int, float] = field(default_factory=dict)
    parameters: Mapping[str, int] = field(default_factory=dict)
    flaws: Mapping[str, int] = field(default_factory=dict)
    agreement: float | None = None
    stood_before: bool = False
    selectable: bool = False
    ordinary: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Judgement:
    """Check -> passed, and the reasons in words: of the failed checks, or of the grant."""

    checks: Mapping[str, bool]
    reasons: tuple[str, ...]

    @property
    def granted(self) -> bool:
        return all(self.checks.values())

