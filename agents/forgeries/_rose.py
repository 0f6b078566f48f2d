"""What most forgeries of ROSE's keys share: so many triggers, of the images that the forger has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arena.strategies import Forgery, Misfit

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


class RoseForgery(Forgery):
    """Base of the forgeries that make a ROSE key of `triggers` images of their pool; subclasses have that parameter."""

    schemes = ("rose",)
    triggers: int

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.enough(self.triggers, premises.pool, "triggers")
