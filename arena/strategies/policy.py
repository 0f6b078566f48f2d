"""How a verifier judges a well-formed claim."""

from __future__ import annotations

from arena.game.evidence import Case, Flaws, Judgement
from arena.strategies.strategy import Strategy


class Policy(Strategy):
    """How a verifier judges a well-formed claim."""

    kind = "policies"

    flawed: bool = False
    """Whether evidence that may have been looked for is granted without the Verifier's floor of work."""

    @property
    def flaws(self) -> Flaws:
        """Mistakes that this Verifier makes when he reads claims: what known attacks live on."""
        return Flaws()

    @property
    def dated(self) -> bool:
        """Whether it matters when a claimant committed, and which of several rivals was first."""
        return False

    @property
    def adverse(self) -> bool:
        """Whether a claim on weights that were not shown is heard all the same, on what the claimant released himself:
        the case is then one that is `undisclosed`."""
        return False

    def convincing(self, case: Case) -> float:
        """The rarity, in bits, from which on a case's key fits a model."""
        return 20.0

    @property
    def same_model(self) -> float:
        """The share of probes that are answered alike by what counts as one model."""
        return 0.9

    def judge(self, case: Case) -> Judgement:
        """Every check with its outcome and the reasons in words."""
        raise NotImplementedError
