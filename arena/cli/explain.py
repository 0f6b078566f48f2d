"""What `arena show` says of one thing: what it does and where that stands written, its parameters, and an example."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError, suggest
from arena.base.names import is_own, split
from arena.base.told import told
from arena.base.yamlfile import text_of
from arena.cli.columns import aligned
from arena.cli.listing import FILES, LISTED
from arena.cli.sources import defined
from arena.strategies.catalogue import built_in, default, find
from arena.strategies.kinds import KINDS
from arena.strategies.strategy import Strategy, describe

PLACES: Mapping[str, str] = {
    "schemes": "scheme: {}", "attacks": "attacks: [{}]", "forgeries": "forgery: {}", "policies": "policy: {}",
    "payoffs": "payoffs: {{owner: {}}}", "datasets": "task: {{dataset: {}}}", "networks": "task: {{network: {}}}",
}
"""Kind -> where one of it stands in a file."""
SAMPLE = "digits"
"""What stands for a text that has to be given: the embedded data set."""


def explained(name: str) -> Iterator[str]:
    """The lines on whatever is called so; ArenaError where nothing is."""
    if ".py:" in name and is_own(name):
        yield from _own(name)
        return
    known = {kind: LISTED[kind]() for kind in LISTED if kind not in FILES}
    kinds = [kind for kind, names in known.items() if name in names]
    if not kinds:
        every = {each for names in known.values() for each in names}
        raise ArenaError(f"nothing is called {name!r:.80}{suggest(name[:80], every)}")
    for kind in kinds:
        yield f"{name} ({kind})"
        yield from (f"  {line}".rstrip() for line in _lines(kind, name, known[kind][name]))


def _lines(kind: str, name: str, line: str) -> Iterator[str]:
    if kind in KINDS:
        cls = find(kind, name)
        yield from _words(cls)
        yield from ["", *_parameters(cls), *_facts(cls)]
    elif kind in ("solvers", "payoffs"):
        module = importlib.import_module(f"arena.tournament.{kind}.{name.replace('-', '_')}")
        yield from (module.__doc__ or line).strip().splitlines()
    else:
        yield line
    if shown := example(kind, name):
        yield from ["", "example:", f"  {shown}"]


def _words(cls: type[Any]) -> Iterator[str]:
    """The docstring of the class, then of its file, which says more and cites the paper."""
    own, module = inspect.cleandoc(cls.__doc__ or ""), inspect.cleandoc(inspect.getmodule(cls).__doc__ or "")
    yield from own.splitlines()
    if module and module not in own:
        yield from ["", *module.splitlines()]


def _parameters(cls: type[Any]) -> Iterator[str]:
    from arena.scenario.builder import form_of
    from arena.scenario.schema import object_of

    form = form_of(cls)  # type: ignore[arg-type]
    hints = {word: form.hints[own] for word, own in form.names.items()}
    whole, plain = object_of(cls), {name.replace("_", "-"): value for name, value in _defaults(cls).items()}
    rows = [(f"  {word}", _ranged(_type(each), hints[word]), _default(word, whole["required"], plain))
            for word, each in whole["properties"].items()]
    yield from aligned(("parameters", "", "default"), rows) if rows else ("no parameters",)


def _defaults(cls: type[Any]) -> Mapping[str, Any]:
    from dataclasses import MISSING, fields

    return {f.name: f.default if f.default_factory is MISSING else f.default_factory()
            for f in fields(cls) if f.init and not (f.default is MISSING and f.default_factory is MISSING)}


def _default(word: str, required: list[str], plain: Mapping[str, Any]) -> str:
    return "(must be given)" if word in required else _told(plain[word]) if word in plain else "(its kind's)"


def _told(value: Any) -> str:
    return describe(value) if isinstance(value, Strategy) else told(value) or '""'


def _ranged(text: str, hint: Any) -> str:
    """The text with the range that a quantity with a unit has: its schema, which takes texts too, doesn't say it."""
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
    marks = [each for mark in getattr(hint, "__metadata__", ()) for each in getattr(mark, "metadata", ())]
    found = [f"{sign} {getattr(mark, key):g}" for key, sign in signs.items() for mark in marks if hasattr(mark, key)]
    return " ".join([text, *(each for each in found if each not in text)])


def _type(schema: Mapping[str, Any]) -> str:
    """A parameter's type and range, of its JSON schema."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_type, schema["anyOf"])))
    if "enum" in schema or "const" in schema:
        return ", ".join(map(str, schema.get("enum", [schema.get("const")])))
    if "$ref" in schema:
        return f"one of the {schema['$ref'].rpartition('/')[2]}"
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}" if "items" in schema else "list"
    return " ".join([str(schema.get("type", "anything")), *_range(schema)])


def _range(schema: Mapping[str, Any]) -> Iterator[str]:
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    yield from (f"{sign} {schema[key]:g}" for key, sign in signs.items() if key in schema)


def _facts(cls: type[Any]) -> Iterator[str]:
    """What the class says of itself: what it needs and fits, in the words of its own attributes."""
    for name, value in vars(cls).items():
        told_of = isinstance(value, (bool, str, tuple, frozenset)) and value not in ((), "", frozenset())
        if told_of and not name.startswith("_") and name not in getattr(cls, "__dataclass_fields__", {}):
            yield f"{name.replace('_', ' ')}: {told(sorted(value) if isinstance(value, frozenset) else value)}"


def example(kind: str, name: str) -> str:
    """A line for a scenario's (or a tournament's) file; the command of a reproduction; empty for what stands in
    none."""
    if kind == "reproductions":
        return f"arena reproduce {name}"
    if kind == "roles":
        return f"agents: {{someone: {text_of({'role': name, **given('roles', name)})}}}"
    if kind not in PLACES or "..." in name:
        return ""
    inner = given(kind, name) if kind in KINDS else {}
    return PLACES[kind].format(text_of({name: inner} if inner else name))


def given(kind: str, name: str) -> dict[str, Any]:
    """Parameters for an example: what the class gives for one, else those that must be given, else the first
    that is a plain value."""
    from arena.scenario.builder import form_of

    cls = find(kind, name)
    if own := getattr(cls, "example", None):
        return dict(own)
    form = form_of(cls)  # type: ignore[arg-type]
    needed = {word: _sample(form.hints[own]) for word, own in form.names.items() if own in form.required}
    values = {key.replace("_", "-"): value for key, value in _defaults(cls).items()
              if type(value) in (bool, int, float) or (type(value) is str and value)}
    return needed or dict(list(values.items())[:1])


def _sample(hint: Any) -> Any:
    kind = getattr(hint, "kind", "")
    if not kind:
        return SAMPLE
    return default(kind) or next(name for name in built_in(kind) if not _asks(kind, name))


def _asks(kind: str, name: str) -> bool:
    from arena.scenario.builder import form_of

    return bool(form_of(find(kind, name)).required)  # type: ignore[arg-type]


def _own(name: str) -> Iterator[str]:
    """One of the user's own, read off its file."""
    file, wanted = split(name)
    known = defined(Path(file))
    if wanted not in known:
        raise ArenaError(f"{file}: no strategy {wanted!r:.80} is defined there{suggest(wanted, known)}")
    found = known[wanted]
    yield f"{told(name)} ({found.kind})"
    yield from (f"  {told(line, 500)}" for line in found.doc.splitlines())
    rows = [(f"  {field}", kind, value or "(must be given)") for field, kind, value in found.fields]
    yield from aligned(("parameters", "", "default"), rows) if rows else ("no parameters",)
    if found.kind in PLACES:
        yield f"example: {PLACES[found.kind].format(text_of(name))}"
