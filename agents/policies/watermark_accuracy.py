"""The papers' rule: ownership is granted when enough key samples are answered as claimed (Namba and Sakuma, eq. 4),
whatever that is worth."""

from __future__ import annotations

from dataclasses import dataclass

from arena.base.units import Share
from arena.game.evidence import Case, Judgement
from arena.game.rarity import Hits
from arena.strategies import Policy


@dataclass(frozen=True)
class WatermarkAccuracy(Policy):
    """grants when the share of hits exceeds `above`; asks for no rarity, no work and no dates

    Of evidence that isn't counted in hits all is granted that is better than even (a bit of rarity).

    `flawed` does without the floor of work that the Verifier asks where evidence may have been looked for, as the
    papers do.
    """

    above: Share = 0.9
    flawed: bool = False

    def judge(self, case: Case) -> Judgement:
        evidence = case.evidence
        share = evidence.watermark_accuracy if isinstance(evidence, Hits) else float(evidence.rarity > 1)
        text = f"watermark accuracy {share:.2f} ({evidence.text}, rarity {evidence.rarity:.1f} bits)"
        if share > self.above:
            return Judgement({"well-formed": True, "rarity": True}, (f"granted: {text}",))
        return Judgement({"well-formed": True, "rarity": False}, (f"denied: {text} not above {self.above:g}",))
