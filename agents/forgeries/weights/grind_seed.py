"""Grinding the seed: the honest price of a white-box key once everything is derived from it; 2^R tries, each through
fresh normal numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from agents.schemes.weights import negative_correlation, uchida
from arena.base.units import Count
from arena.game.ledger import meter
from arena.hosts.layers import layer_name, weight_of
from arena.strategies import Forgery, Misfit
from arena.workshop.specimen import Specimen

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

OPERATIONS_A_NUMBER = 12


@dataclass(frozen=True)
class GrindSeed(Forgery):
    """tries seeds until the derived key fits the released weights, for `tries` at the most; charged 12 operations a
    normal number

    The usurper's own `scheme` must be the same.
    """

    scheme: Literal["uchida", "negative-correlation"] = "uchida"
    tries: Count = 2**8
    bits: Count = 256
    layer: str = ""

    @property
    def schemes(self) -> tuple[str, ...]:
        return (self.scheme,)

    def misfit(self, premises: Premises) -> Misfit | None:
        if self.scheme == "uchida":
            return premises.layer(self.layer)
        fault = negative_correlation.regions_misfit(premises, negative_correlation.Key("", b"").regions)
        return None if fault is None else Misfit(fault.text)

    def forge(self, specimen: Specimen) -> dict[str, Any]:
        draws, sink = specimen.workshop.draws, specimen.workshop.sink
        best: tuple[float, dict[str, Any]] = (-1.0, {})
        for number in range(self.tries):
            seed = draws.bytes(f"seed {number}")
            rarity, fields = (self._uchida(seed, specimen) if self.scheme == "uchida"
                              else self._correlation(seed, specimen))
            best = max(best, (rarity, fields), key=lambda pair: pair[0])
            if number % 16 == 0:
                sink("grinding seeds", number, self.tries, f"best {best[0]:.1f} bits")
        return best[1]

    def _uchida(self, seed: bytes, specimen: Specimen) -> tuple[float, dict[str, Any]]:
        key = uchida.Key(specimen.me, seed, layer_name(specimen.model, self.layer), self.bits)
        weight = weight_of(specimen.model, key.layer)
        charge(self.bits * weight[0].numel())
        return uchida.UchidaExamination(key, "").score(specimen.model).rarity, key.fields()

    def _correlation(self, seed: bytes, specimen: Specimen) -> tuple[float, dict[str, Any]]:
        key = negative_correlation.Key(specimen.me, seed)
        charge(sum(len(v) for v in negative_correlation.regions(specimen.model, key.regions)))
        return negative_correlation.detect(specimen.model, key).rarity, key.fields()


def charge(numbers: int) -> None:
    """Counts normal numbers drawn and multiplied."""
    meter().operations(numbers * OPERATIONS_A_NUMBER)
