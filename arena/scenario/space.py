"""What may be searched: some parameters of a strategy, each between two numbers or among choices, of the types that the
strategy's own dataclass says.

For thieves who tune their attack in a match (`tuned`), and for whoever learns in a tournament or designs a mark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from arena.base.errors import suggest
from arena.scenario.builder import form_of, plain

Kind = Literal["whole", "real", "choice"]
DECADE = 10.0
"""A range of numbers above 0 whose ends are further apart than this factor is searched by its logarithm."""


class Unsearchable(ValueError):
    """What can't be searched, and the parameter that is to blame (empty: none of them)."""

    def __init__(self, text: str, parameter: str = "") -> None:
        super().__init__(text)
        self.parameter = parameter


@dataclass(frozen=True)
class Dimension:
    """A parameter as files write it (`keep-accuracy`), and its values: [low, high] of `whole` or `real` numbers, or the
    choices."""

    name: str
    values: tuple[Any, ...]
    kind: Kind

    @property
    def logarithmic(self) -> bool:
        """Whether it is searched by its logarithm."""
        return self.kind != "choice" and self.values[0] > 0 and self.values[1] / self.values[0] >= DECADE

    def at(self, place: float) -> Any:
        """The value at a place between 0 and 1; every whole number, and every choice, has an equal part of it (by the
        logarithm where that is searched)."""
        if self.kind == "choice":
            return self.values[min(int(place * len(self.values)), len(self.values) - 1)]
        low, high = self.values
        if self.kind == "real":
            return min(max(float(f"{self._between(low, high, place):.6g}"), low), high)
        return min(max(round(self._between(low - 0.5, high + 0.5, place)), low), high)

    def _between(self, low: float, high: float, place: float) -> float:
        return low * math.exp(place * math.log(high / low)) if self.logarithmic else low + place * (high - low)


def dimensions(cls: type[Any] | None, search: Mapping[str, Any]) -> list[Dimension]:
    """The dimensions of a search over a strategy's class (None: nothing is known of it, and numbers are what they look
    like). Unsearchable, with the parameter, for one that the strategy lacks, and for values that it can't have."""
    if not search:
        known = ", ".join(sorted(form_of(cls).names)) or "no parameters" if cls else ""  # type: ignore[arg-type]
        raise Unsearchable(f"nothing to search{f'; {cls.__name__} has {known}' if cls else ''}")
    return [_dimension(name, *typed(cls, name, values)) for name, values in search.items()]


def _dimension(name: str, values: Sequence[Any], given: Sequence[Any]) -> Dimension:
    """Of typed values; choices stay as they were given, so that a file can hold them."""
    kind = kind_of(values)
    if kind != "choice" and not values[0] < values[1]:
        raise Unsearchable(f"{name} has an empty range: {values[0]!r} is not below {values[1]!r}", name)
    return Dimension(name.replace("_", "-"), tuple(given if kind == "choice" else values), kind)


def typed(cls: type[Any] | None, name: str, given: Any) -> tuple[list[Any], list[Any]]:
    """The values of a parameter as its own type, and as they were given. Unsearchable where there is no such
    parameter, or it can't have them."""
    names = {} if cls is None else form_of(cls).names  # type: ignore[arg-type]
    field = names.get(name.replace("_", "-"))
    if cls is not None and field is None:
        raise Unsearchable(f"{cls.__name__} has no parameter {name!r}{suggest(name, names)}", name)
    if not isinstance(given, list) or len(given) < 2:
        raise Unsearchable(f"{name} needs [low, high] or a list of choices, not {given!r:.60}", name)
    if field is None:
        return given, given
    hint = form_of(cls).hints[field]  # type: ignore[arg-type]
    return [_value(hint, name, value) for value in given], given


def _value(hint: Any, name: str, value: Any) -> Any:
    try:
        return plain(hint, value)
    except ValueError as error:
        raise Unsearchable(f"{name} can't be {value!r:.60}: {error}", name) from None


def kind_of(values: Sequence[Any]) -> Kind:
    """What two numbers are the ends of; everything else is a choice."""
    if len(values) != 2 or any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in values):
        return "choice"
    return "whole" if all(isinstance(v, int) for v in values) else "real"
