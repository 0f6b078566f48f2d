"""How an owner marks a host, and how anybody checks a claim to have done so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from arena.base.errors import ArenaError
from arena.base.names import name_of
from arena.game.evidence import Bounds
from arena.game.messages import Claim

if TYPE_CHECKING:
    import torch

    from arena.game.evidence import Setting
    from arena.hosts.training import Settings
    from arena.workshop.loot import Loot
    from arena.workshop.workshop import Workshop
from arena.strategies.examination import BlackBox, WhiteBox
from arena.strategies.keys import KeyRecord
from arena.strategies.strategy import Strategy


class Scheme(Strategy):
    """How an owner marks a host, and how anybody checks a claim to have done so.

    Owner's side: `draw_key`, `mark`. Verifier's side: `examine`, a function of the claim alone. `record` says what a
    key is (`arena.strategies.keys`); a scheme whose keys are no records gives `open_key` and `commitment` itself.
    """

    kind = "schemes"
    record: ClassVar[type[KeyRecord]]
    bounds: ClassVar[Bounds] = Bounds()
    copies: int | None = 1
    """How many marked copies of a host are sold, those of `further_copies` included; None where only selling them
    tells."""

    @property
    def overwriting(self) -> frozenset[str] | None:
        """Which of `CONDITIONS` a model must meet for `overwrite`; None for a scheme that can't be embedded into a
        trained model."""
        return None

    def draw_key(self, workshop: Workshop) -> Any:
        """A new secret key, from the workshop's draws and training images."""
        raise NotImplementedError

    def mark(self, key: Any, workshop: Workshop) -> torch.nn.Module:
        """The marked host."""
        raise NotImplementedError

    def further_copies(self, key: Any, workshop: Workshop) -> Iterable[torch.nn.Module]:
        """Copies of the marked host that are sold beside it, each with a mark of its own (fingerprints): `copies` says
        how many there are in all."""
        return ()

    def overwrite(self, key: Any, model: torch.nn.Module, loot: Loot, settings: Settings) -> torch.nn.Module:
        """Marks a trained model (in place) with the thief's means. ArenaError where the scheme can't."""
        raise ArenaError(f"{name_of(self)} can't be embedded into a model that is trained already")

    def open_key(self, key: Any) -> dict[str, Any]:
        """The key as the fields of a Claim (numbers, text, bytes, numpy arrays)."""
        return key.fields()

    @classmethod
    def commitment(cls, fields: Mapping[str, Any], claimant: str) -> str:
        """A hex digest that fixes a key (the fields of a Claim) and its claimant, and hides the key."""
        return cls.record.commit(fields, claimant)

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> BlackBox | WhiteBox:
        """Checks the form of a claim and says what to ask the service; raises `arena.base.errors.Malformed` with the
        reason."""
        raise NotImplementedError
