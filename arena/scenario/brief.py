"""One agent to be built: what it takes to build him, and what there is to say of him then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.base.names import is_own
from arena.base.yamlfile import YamlPath
from arena.hosts.data.known import PARTS
from arena.scenario.builder import Builder
from arena.strategies.premises import Premises

KNOWN = {"training-data": "train"}
"""What a scenario may say that an agent knows beside what his role has -> the part of the data."""


class Misplaced(ArenaError):
    """A fault with its place in the scenario."""

    def __init__(self, path: YamlPath, text: str) -> None:
        super().__init__(path, text)
        self.path, self.text = path, text

    def __str__(self) -> str:
        return self.text


class Sheet:
    """Knows where values are, but not in which line of which file."""

    def error(self, path: YamlPath, text: str) -> ArenaError:
        return Misplaced(path, text)


@dataclass(frozen=True)
class Brief:
    """One agent to be built: his name, role, parameters, further knowledge, the names of all, the folder of the
    scenario, what must not be read."""

    name: str
    role: str
    params: Mapping[str, Any]
    knows: Sequence[str]
    cast: Sequence[str]
    folder: str
    hidden: Sequence[str] = ()

    @property
    def path(self) -> YamlPath:
        return ("agents", self.name)

    @property
    def own_names(self) -> list[str]:
        """The names of parts of the user's own in it: anywhere but where his role's parameters have theirs."""
        return [text for text in (self.role, *_texts(list(self.params.values()))) if is_own(text)]

    @property
    def is_built_in(self) -> bool:
        """Whether nothing in it names code of the user's own."""
        return not self.own_names


def nothing_own(name: str, path: YamlPath) -> None:
    """What a Builder in the arena's own process calls before it looks for a part of the user's own: that must be none.
    What only looks like a name goes on, to be told that it is none."""
    if is_own(name):
        raise Misplaced(path, f"{name!r:.80}: parts of your own are not looked for here")


Built = tuple[Any, Builder]


def build(brief: Brief, **how: Any) -> Built:
    """The agent, with the Builder that knows where its parts stand."""
    builder = Builder(Sheet(), Path(brief.folder), brief.cast, **how)
    return builder.dataclass(builder.found("roles", brief.role, (*brief.path, "role")), brief.params,
                             brief.path), builder


def examine(brief: Brief, built: Built, premises: Premises, sold: Mapping[str, int | None]) -> dict[str, Any]:
    """The facts of an agent whose parts all fit."""
    from arena.scenario.fitting import check_parts

    (agent, builder), facts = built, known_of(brief, built)
    check_parts(agent, brief.path, builder, replace(premises, parts=tuple(facts["parts"])), sold)
    return facts


def known_of(brief: Brief, built: Built) -> dict[str, Any]:
    """The facts of an agent, whether he fits or not."""
    from arena.scenario.fitting import facts_of

    facts = facts_of(built[0])
    return {**facts, "parts": with_known(facts["parts"], brief)}


def with_known(parts: Sequence[str], brief: Brief) -> list[str]:
    """Parts of the data that a role has, and those that its agent knows beside them."""
    held = {*parts, *(KNOWN[word] for word in brief.knows)}
    return [part for part in PARTS if part in held]


def _texts(value: Any) -> Iterator[str]:
    """All texts and keys in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        yield from value
        for item in value.values():
            yield from _texts(item)
