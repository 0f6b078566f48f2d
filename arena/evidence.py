"""What the author of a policy works with; stays here whatever floor it lives on."""

from arena.game.evidence import Case, Judgement, Work

__all__ = ["Case", "Judgement", "Work"]
