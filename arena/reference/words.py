"""A JSON Schema in words, and a default as YAML writes it: what a table of parameters says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from arena.base.units import BYTES, SECONDS
from arena.strategies.kinds import KINDS
from arena.strategies.strategy import Strategy, describe

PLAIN = {"integer": "whole number", "number": "number", "string": "text", "boolean": "`true` or `false`",
         "object": "mapping", "null": "nothing"}
LOW = {"minimum": "from {}", "ge": "from {}", "exclusiveMinimum": "above {}", "gt": "above {}"}
HIGH = {"maximum": "to {}", "le": "to {}", "exclusiveMaximum": "below {}", "lt": "below {}"}
LARGE = 10**6
"""From here on a bound is a machine's, and says nothing to a reader."""


def in_words(schema: Mapping[str, Any]) -> str:
    """What a value may be."""
    if "$ref" in schema:
        kind = schema["$ref"].rpartition("/")[2]
        return f"[{KINDS[kind].one}](catalogue.md#{kind})"
    if examples := schema.get("examples"):
        return f"number, or as {' or '.join(f'`{each}`' for each in examples)}{_range(schema)}"
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{_yaml(each)}`" for each in schema.get("enum", [schema.get("const")]))
    if options := schema.get("anyOf"):
        return " or ".join(dict.fromkeys(in_words(option) for option in options))
    if schema.get("type") == "array":
        return _list(schema)
    return PLAIN.get(schema.get("type", ""), "whatever it takes") + _range(schema)


def _list(schema: Mapping[str, Any]) -> str:
    if fixed := schema.get("prefixItems"):
        return f"[{', '.join(map(in_words, fixed))}]"
    items = schema.get("items") or {}
    return f"list of: {in_words(items)}" if items else "list"


def _range(schema: Mapping[str, Any]) -> str:
    bounds = [words.format(f"{schema[key]:g}") for words_of in (LOW, HIGH) for key, words in words_of.items()
              if key in schema and abs(schema[key]) < LARGE]
    return f", {' '.join(bounds)}" if bounds else ""


def as_yaml(value: Any, schema: Mapping[str, Any]) -> str:
    """A default, with its unit where it has one."""
    for units in (BYTES, SECONDS):
        if any(str(each).endswith(tuple(f" {unit}" for unit in units)) for each in schema.get("examples", ())):
            return _with_unit(value, units)
    return _yaml(value)


def _with_unit(value: float, units: Mapping[str, int]) -> str:
    unit = max((unit for unit in units if value >= units[unit]), key=units.__getitem__)
    return f"{value / units[unit]:g} {unit}"


def _yaml(value: Any) -> str:
    if isinstance(value, Strategy):
        return describe(value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_yaml, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_yaml(item)}' for key, item in value.items())}}}"
    return f"{value:g}" if isinstance(value, float) else str(value) or '""'


def paragraphs(doc: str | None) -> list[str]:
    """A docstring's paragraphs, a line each, as Markdown: what would be a tag or an emphasis is text."""
    found = re.split(r"\n\s*\n", (doc or "").strip())
    return [re.sub(r"(`[^`]*`)|([<*|])", lambda part: part[1] or f"\\{part[2]}", " ".join(each.split()))
            for each in found if each.strip()]


def row(*cells: str) -> str:
    """A row of a table."""
    escaped = (re.sub(r"(?<!\\)\|", r"\\|", text) for text in cells)
    return f"| {' | '.join(escaped)} |"
