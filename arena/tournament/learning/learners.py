"""Who learns, as a tournament file says it: thieves who tune an attack, owners who tune a scheme.

    learn:
      epsilon: 0.05
      rounds: 4
      trials: 6
      attacks: {prune: {attack: {prune: {retrain: 5}}, search: {rate: [0, 0.9]}}}
      schemes: {rose: {scheme: rose, search: {triggers: [16, 128], oversample: [1, 20]}}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from arena.base.names import APart
from arena.scenario.space import Dimension

Side = Literal["schemes", "attacks"]
SIDES: tuple[Side, Side] = ("schemes", "attacks")
"""Owners and thieves, as players 0 and 1 of a game."""
AnAttack = Annotated[Any, APart("attacks")]
AScheme = Annotated[Any, APart("schemes")]


@dataclass(frozen=True)
class TunedThief:
    """A thief who learns: `search` maps parameters of his attack to [low, high] or to the choices of a longer list."""

    attack: AnAttack
    search: dict[str, list[Any]]


@dataclass(frozen=True)
class TunedOwner:
    """An owner who learns: `search` maps parameters of his scheme to [low, high] or to the choices of a longer list."""

    scheme: AScheme
    search: dict[str, list[Any]]


@dataclass(frozen=True)
class Ask:
    """A strategy as a file has it, some of whose parameters are to be searched; `name` is who does it."""

    side: Side
    name: str
    given: Any
    search: Mapping[str, Any]


@dataclass(frozen=True)
class Learn:
    """Each round every learner tries so many settings (`trials`) against what the other side plays; the best one joins
    if it gains more than `epsilon` (values of a model), until nobody's does, for so many `rounds` at the most. The game
    is that of `task` and `policy` (default: the first of the file)."""

    epsilon: Annotated[float, Field(ge=0)] = 0.05
    rounds: Annotated[int, Field(ge=1, le=100)] = 4
    trials: Annotated[int, Field(ge=1, le=1000)] = 6
    attacks: dict[str, TunedThief] = field(default_factory=dict)
    schemes: dict[str, TunedOwner] = field(default_factory=dict)
    task: str = ""
    policy: str = ""

    def __bool__(self) -> bool:
        return bool(self.attacks or self.schemes)

    def asks(self) -> Iterator[Ask]:
        """All who learn, owners first."""
        yield from (Ask("schemes", name, one.scheme, one.search) for name, one in self.schemes.items())
        yield from (Ask("attacks", name, one.attack, one.search) for name, one in self.attacks.items())


@dataclass(frozen=True)
class Learner:
    """Somebody who may play any setting of his strategy: its name, the parameters that are given, and those that he
    searches."""

    side: Side
    name: str
    strategy: str
    given: Mapping[str, Any]
    dimensions: tuple[Dimension, ...]

    @property
    def player(self) -> int:
        """0 for an owner, 1 for a thief."""
        return SIDES.index(self.side)

    def setting(self, point: tuple[float, ...]) -> dict[str, Any]:
        """The searched parameters at a point of the unit cube."""
        return {each.name: each.at(place) for each, place in zip(self.dimensions, point, strict=True)}

    def playing(self, setting: Mapping[str, Any]) -> Any:
        """The strategy with a setting, as a tournament's file would have it: a scheme, or a chain of one attack."""
        rest = {name: value for name, value in self.given.items() if name.replace("_", "-") not in setting}
        strategy = {self.strategy: {**rest, **setting}}
        return [strategy] if self.side == "attacks" else strategy
