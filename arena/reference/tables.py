"""What is said of a class that scenarios name: its docstring, and its parameters in a table."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from typing import Any

from arena.reference.words import as_yaml, in_words, paragraphs, row
from arena.scenario.schema import object_of

HEAD = ("| parameter | takes | default |", "|---|---|---|")


def described(cls: type[Any]) -> Iterator[str]:
    """Paragraphs on a class: its docstring, its parameters, and what its file says of it."""
    yield from paragraphs(cls.__doc__)
    if rows := list(_rows(cls)):
        yield "\n".join([*HEAD, *rows])


def from_its_file(cls: type[Any]) -> str:
    """The first paragraph of its file's docstring, which names the paper."""
    return next(iter(paragraphs(sys.modules[cls.__module__].__doc__)), "")


def _rows(cls: type[Any]) -> Iterator[str]:
    known, schema = {field.name: field for field in fields(cls)}, object_of(cls)
    for name, takes in schema["properties"].items():
        field = known[name.replace("-", "_")]
        yield row(f"`{name}`", _said(takes), _default(field, takes, name in schema["required"]))


def _said(takes: dict[str, Any]) -> str:
    """What it takes in words; a mapping with keys of its own names them."""
    for option in takes.get("anyOf", [takes]):
        if "properties" in option:
            return f"keys of its own: {', '.join(f'`{key}`' for key in option['properties'])}"
    return in_words(takes)


def _default(field: Field[Any], takes: dict[str, Any], required: bool) -> str:
    if field.default is not MISSING:
        return f"`{as_yaml(field.default, takes)}`"
    if field.default_factory is not MISSING:
        return f"`{as_yaml(field.default_factory(), takes)}`"
    return "must be given" if required else "the default of its kind"
