"""How a usurper makes a key for a model that is not his."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from arena.game.evidence import Flaws
from arena.strategies.strategy import Strategy

if TYPE_CHECKING:
    from arena.workshop.specimen import Specimen


class Forgery(Strategy):
    """How a usurper makes a key for a model that is not his; `schemes` names those whose keys it makes (none named:
    any). `grinds` says that each of its `tries`, at level 2, is a joint hash whose prefix is kept: `arena check` prices
    it so."""

    kind = "forgeries"
    grinds: ClassVar[bool] = False

    @property
    def schemes(self) -> tuple[str, ...]:
        return ()

    @property
    def exploits(self) -> Flaws:
        """The mistakes of a Verifier (`Policy.flaws`) without which such a key is not even heard."""
        return Flaws()

    def forge(self, specimen: Specimen) -> dict[str, Any] | None:
        """The fields of a Claim's key, or None while there is nothing to claim with yet."""
        raise NotImplementedError
