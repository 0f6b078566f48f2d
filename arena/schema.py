"""The JSON Schema of scenario files, from the same classes that validate them: editors complete and check as one types."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter

from arena.build import DEFAULTS
from arena.strategies import KINDS, Strategy, built_in, find
from arena.workshop import Task


def schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12."""
    kinds = [kind for kind in KINDS if kind not in ("roles", "reproductions")]
    agents = {"oneOf": [_role(name) for name in built_in("roles")]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Arena scenario", "type": "object", "required": ["agents"],
        "additionalProperties": False,
        "properties": {
            "title": {"type": "string"}, "seed": {"type": "integer", "minimum": 0}, "task": _object(Task), "rounds": {"type": "integer"},
            "agents": {"type": "object", "additionalProperties": agents},
            "expect": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "$defs": {kind: _kind(kind) for kind in kinds},
    }


def _role(name: str) -> dict[str, Any]:
    out = _object(find("roles", name))
    out["properties"]["role"] = {"const": name}
    out["required"] = ["role", *out["required"]]
    return out


def _kind(kind: str) -> dict[str, Any]:
    named = [{"type": "object", "properties": {name: _object(find(kind, name))}, "required": [name], "additionalProperties": False, "description": line}
             for name, line in built_in(kind).items()]
    alone = [_object(find(kind, DEFAULTS[kind]))] if kind in DEFAULTS else []
    return {"anyOf": [{"enum": list(built_in(kind))}, {"type": "string", "pattern": ":"}, *named, *alone,
                      {"type": "object", "patternProperties": {":": {"type": "object"}}, "additionalProperties": False, "minProperties": 1}]}


def _object(cls: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(cls, include_extras=True)
    own = [f for f in fields(cls) if f.init]
    required = [f.name.replace("_", "-") for f in own if f.default is MISSING and f.default_factory is MISSING]
    return {"type": "object", "description": (cls.__doc__ or "").split("\n")[0], "additionalProperties": False, "required": required,
            "properties": {f.name.replace("_", "-"): _type(hints[f.name]) for f in own}}


def _type(hint: Any) -> dict[str, Any]:
    if get_origin(hint) in (Union, UnionType) and type(None) in get_args(hint):
        return {"anyOf": [{"type": "null"}, _type(next(a for a in get_args(hint) if a is not type(None)))]}
    if get_origin(hint) is list and isinstance(get_args(hint)[0], type) and issubclass(get_args(hint)[0], Strategy):
        return {"type": "array", "items": _type(get_args(hint)[0])}
    if isinstance(hint, type) and issubclass(hint, Strategy):
        return {"$ref": f"#/$defs/{hint.kind}"}
    if is_dataclass(hint):
        return _object(hint)  # type: ignore[arg-type]
    return TypeAdapter(hint).json_schema()
