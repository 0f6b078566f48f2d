"""The kinds of strategies there are, as data: a kind is one line here, and whatever has to know the kinds reads it
here.

What the strategies of a kind derive from is named by a text that is compared and never imported: whoever derives from a
base has imported it already. So a kind's base may live on any floor (that of `reproductions` is far above), this file
on its own, and no import need be made for its effect. Which strategy stands for a kind where a scenario names none is
said by that strategy (`Strategy.default`): the arena names none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of strategy: its name, which is that of its folder among the built-in ones too; one of it in words; its
    base, as `module:Class`."""

    name: str
    one: str
    base: str

    @property
    def wanted(self) -> str:
        """The name of the base class."""
        return self.base.partition(":")[2]

    def takes(self, part: object) -> bool:
        """Whether something is a class that derives from the kind's base."""
        named = [f"{cls.__module__}:{cls.__qualname__}" for cls in part.__mro__] if isinstance(part, type) else []
        return self.base in named


KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (
    Kind("schemes", "scheme", "arena.strategies.scheme:Scheme"),
    Kind("attacks", "attack", "arena.strategies.attack:Attack"),
    Kind("forgeries", "forgery", "arena.strategies.forgery:Forgery"),
    Kind("policies", "policy", "arena.strategies.policy:Policy"),
    Kind("roles", "role", "arena.strategies.agent:Agent"),
    Kind("reproductions", "reproduction", "arena.reproduction.reproduction:Reproduction"),
)}
