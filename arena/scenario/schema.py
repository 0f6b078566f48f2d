"""The JSON Schema of scenario files, from the same classes that validate them: editors complete and check as one
types."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import TypeAdapter

from arena.base.draws import MOST_SEED
from arena.base.names import APart
from arena.base.told import summary
from arena.hosts.task import Task
from arena.isolation.limits import Limits
from arena.scenario.brief import KNOWN
from arena.scenario.builder import LISTS, MAPPINGS, MOST_PARTS, form_of, is_ours
from arena.scenario.scenario import MOST_AGENTS, RANDOM, Customers, Rounds
from arena.strategies.catalogue import built_in, default, find
from arena.strategies.strategy import Strategy

SAYS: Mapping[str, str] = {
    "title": "What the match is about, in a line; its report is called so. Default: the file's name.",
    "seed": f"A number, or `{RANDOM}`: 128 bits that nobody can guess. Every random choice hangs on it and on who "
            "makes it. Default: 0.",
    "task": "What the hosts are for: data, network, and how it is trained.",
    "agents": "A name each, in the order of their turns; `role` is what he says and when, the other keys are how.",
    "rounds": "Turns of everybody at the most; a match ends before when nobody has anything to say. Default: 40.",
    "limits": "What a match bears from one agent; who goes beyond it leaves the play.",
    "customers": "Ordinary images that are mixed into every question to a service. Default: 32.",
    "expect": "Verdicts that should come out, `CLAIMANT on DEPLOYER` (perhaps `by VERIFIER`): `granted`, `denied`, "
              "`rejected` or `disputed`, perhaps `for` the checks that fail. The exit code is 1 when others do.",
}
"""What the keys of a scenario mean."""


def schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12."""
    out: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Arena scenario", "type": "object",
        "required": ["agents"],
        "additionalProperties": False,
        "properties": {
            "title": {"type": "string"},
            "seed": {"anyOf": [{"type": "integer", "minimum": 0, "maximum": MOST_SEED}, {"const": RANDOM}]},
            "task": object_of(Task), "rounds": _type(Rounds), "limits": object_of(Limits),
            "customers": _type(Customers),
            "agents": {"type": "object", "minProperties": 1, "maxProperties": MOST_AGENTS,
                       "additionalProperties": _agent()},
            "expect": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }
    for key, says in SAYS.items():
        out["properties"][key].setdefault("description", says)
    return {**out, "$defs": _definitions(out)}


def tournament_schema(parts: Mapping[str, type[Any]], executors: Mapping[str, type[Any]]) -> dict[str, Any]:
    """JSON Schema of tournament files; `parts` are the dataclasses of its settings, `executors` those of its
    executors."""
    def named(kind: str) -> dict[str, Any]:
        return {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": f"#/$defs/{kind}"}}

    unmarked = {"anyOf": [{"$ref": "#/$defs/schemes"}, {"type": "object", "maxProperties": 0}]}
    executor = [{"type": "object", "properties": {name: object_of(cls)}, "required": [name],
                 "additionalProperties": False} for name, cls in executors.items()]
    task = {**object_of(Task), "required": []}
    out: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Arena tournament", "type": "object",
        "required": ["schemes", "attacks"], "additionalProperties": False,
        "properties": {
            "title": {"type": "string"}, "base": task, "tasks": {"type": "object", "additionalProperties": task},
            "schemes": {"type": "object", "minProperties": 1, "additionalProperties": unmarked},
            "attacks": {"type": "object", "minProperties": 1, "additionalProperties": {
                "type": "array", "items": {"$ref": "#/$defs/attacks"}}},
            "forgeries": named("forgeries"), "policies": named("policies"),
            "payoffs": {"type": "object", "additionalProperties": {"type": "string"}},
            "executor": {"anyOf": [{"enum": list(executors)}, *executor]},
            "keep": {"enum": ["failures", "all", "none"]}, "customers": _type(Customers),
            **{name: object_of(cls) for name, cls in parts.items()},
        },
    }
    return {**out, "$defs": _definitions(out)}


def _definitions(whole: Any) -> dict[str, Any]:
    """The kinds that a schema refers to, and those that these refer to."""
    found: dict[str, Any] = {}
    while missing := sorted(set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps([whole, found]))) - set(found)):
        found |= {kind: _kind(kind) for kind in missing}
    return found


def _agent() -> dict[str, Any]:
    """One of the built-in roles, or one of the user's own, whose parameters only he knows."""
    own = {"type": "object", "required": ["role"], "properties": {"role": {"type": "string", "pattern": ":"},
                                                                  "knows": _knows()}}
    return {"oneOf": [*(_role(name) for name in built_in("roles")), own]}


def _role(name: str) -> dict[str, Any]:
    out = object_of(find("roles", name))
    out["properties"] |= {"role": {"const": name}, "knows": _knows()}
    out["required"] = ["role", *out["required"]]
    return out


def _knows() -> dict[str, Any]:
    return {"type": "array", "items": {"enum": list(KNOWN)}}


def _kind(kind: str) -> dict[str, Any]:
    named = [{"type": "object", "properties": {name: object_of(find(kind, name))}, "required": [name],
              "additionalProperties": False, "description": line}
             for name, line in built_in(kind).items()]
    alone = [object_of(find(kind, default(kind)))] if default(kind) else []
    return {"anyOf": [{"enum": list(built_in(kind))}, {"type": "string", "pattern": ":"}, *named, *alone,
                      {"type": "object", "patternProperties": {":": {"type": "object"}}, "additionalProperties": False,
                       "minProperties": 1}]}


def object_of(cls: type[Any]) -> dict[str, Any]:
    """The schema of a class's parameters; ArenaError for one that can't be built."""
    form = form_of(cls)  # type: ignore[arg-type]
    required = [name.replace("_", "-") for name in form.required if not default(getattr(form.hints[name], "kind", ""))]
    return {"type": "object", "description": summary(cls.__doc__), "additionalProperties": False,
            "required": required,
            "properties": {word: _type(form.hints[name]) for word, name in form.names.items()}}


def _type(hint: Any) -> dict[str, Any]:
    """The schema of a parameter: what `Builder.value` takes for it."""
    if parts := [mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, APart)]:
        return {"$ref": f"#/$defs/{parts[0].kind}"}
    if not is_ours(hint):
        return TypeAdapter(hint).json_schema()
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _type(args[0])
    if origin in (Union, UnionType):
        return {"anyOf": [{"type": "null"} if arg is type(None) else _type(arg) for arg in args]}
    if origin in LISTS:
        return {"type": "array", "items": _type(args[0]), "maxItems": MOST_PARTS}
    if origin in MAPPINGS:
        return {"type": "object", "additionalProperties": _type(args[1])}
    return {"$ref": f"#/$defs/{hint.kind}"} if issubclass(hint, Strategy) else object_of(hint)
