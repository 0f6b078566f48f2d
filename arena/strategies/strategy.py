"""What all strategies have in common: a kind, parameters that are the fields of a frozen dataclass, and what they say
of a match that they don't fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, ClassVar

from arena.base.names import name_of
from arena.strategies.premises import Misfit, Premises


class Strategy:
    """Base of all strategies; `kind` is one of `KINDS`, and `default = True` marks the one that is meant where a
    scenario names none of its kind."""

    kind: ClassVar[str]
    default: ClassVar[bool] = False
    example: ClassVar[Mapping[str, Any]] = {}
    """Parameters that `arena show` gives as an example, where those that must be given are not enough."""
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def misfit(self, premises: Premises) -> Misfit | None:
        """Why this can't be played there, found before anything is trained: `arena check` tells it. None: nothing is
        known against it."""
        return None


def describe(strategy: Strategy) -> str:
    """A strategy in one line: `prune rate=0.3 order=random` (nested ones in brackets)."""
    return _line(strategy, fields(strategy), describe)  # type: ignore[arg-type]


def short(strategy: Strategy) -> str:
    """The same with no more than the parameters that differ from their defaults: `prune rate=0.3`."""
    return _line(strategy, [f for f in fields(strategy) if _differs(strategy, f)], short)  # type: ignore[arg-type]


def _differs(strategy: Strategy, entry: Field[Any]) -> bool:
    default = entry.default if entry.default_factory is MISSING else entry.default_factory()
    return bool(getattr(strategy, entry.name) != default)


def _line(strategy: Strategy, entries: Iterable[Field[Any]], nested: Callable[[Strategy], str]) -> str:
    values = (f"{each.name.replace('_', '-')}={_told(getattr(strategy, each.name), nested)}" for each in entries)
    return " ".join([name_of(strategy), *values])


def _told(value: Any, nested: Callable[[Strategy], str]) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_told(each, nested) for each in value)}]"
    if isinstance(value, float):
        return str(float(f"{value:.4g}"))
    return f"({nested(value)})" if isinstance(value, Strategy) else str(value)
