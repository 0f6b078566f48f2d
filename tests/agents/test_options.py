"""Every option of every strategy, role, task and limit can be set from YAML: each once, to a value made from its type,
and it arrives."""

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest

from arena.base.names import AnAgentsName, ASchemesName
from arena.base.units import Bits, Count, Share
from arena.base.yamlfile import parse
from arena.hosts.task import Base, Task
from arena.isolation.limits import Limits
from arena.scenario.builder import Builder, form_of
from arena.scenario.schema import schema
from arena.strategies import KINDS, Strategy, built_in, find

CAST = ("alice", "mallory", "victor")
PARTS = {"schemes": "uchida", "attacks": "prune", "forgeries": "natural", "policies": "watermark-accuracy"}
WRITTEN = {Share: "27 %", Bits: "12 bits", Count: "2^9"}
WORDS = {("transfer", "dataset"): "mnist", ("tuned", "search"): "{rate: [0.1, 0.3]}", ("tuned", "attack"): "prune",
         ("overwrite-by-length", "lengths"): "[0, 64]"}
"""What a type doesn't tell: which attack has a parameter to search, say."""
NEEDED = {"tuned": {"attack": "prune", "search": "{rate: [0.2, 0.4]}"}, "transfer": {"dataset": "digits"}}
CLASSES = [(kind, name, find(kind, name)) for kind in KINDS if kind != "reproductions" for name in built_in(kind)]
CLASSES += [("", "task", Task), ("", "base", Base), ("", "limits", Limits)]


def written(hint: Any, default: Any, name: str, option: str) -> str:
    """YAML for a value of the type that is not the default."""
    if (name, option) in WORDS:
        return WORDS[name, option]
    if hint in WRITTEN:
        return WRITTEN[hint]
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return str(next(choice for choice in args if choice != default))
    if origin is Annotated:
        return marked(args, default)
    if isinstance(hint, type) and issubclass(hint, Strategy):
        return PARTS[hint.kind]
    if origin in (list, tuple):
        return f"[{written(args[0], None, name, option)}]"
    if type(None) in args:
        return "{dataset: mnist, epochs: 3}" if Base in args else written(args[0], default, name, option)
    return ("features.0" if hint is str else str(not default).lower()
            if hint is bool else str(hint(default or 0) + hint(1)))


def marked(args: tuple[Any, ...], default: Any) -> str:
    """For an annotated type: a name of the scenario, or a number within its bounds."""
    if any(isinstance(mark, (ASchemesName, AnAgentsName)) for mark in args):
        return "uchida" if any(isinstance(mark, ASchemesName) for mark in args) else "alice"
    bounds = {key: getattr(part, key) for mark in args[1:] for part in getattr(mark, "metadata", [mark])
              for key in ("ge", "gt", "le", "lt") if hasattr(part, key)}
    low, high = bounds.get("ge", bounds.get("gt", 0)), bounds.get("le", bounds.get("lt", (default or 0) + 2))
    middle = (low + min(high, 2 * max(default or 0, 1))) / 2
    return (str(int(middle) + (int(middle) == default)) if args[0] is int
            else repr(middle if middle != default else (middle + high) / 2))


def options():
    for kind, name, cls in CLASSES:
        form = form_of(cls)
        for option, attribute in form.names.items():
            f = next(f for f in fields(cls) if f.name == attribute)
            default = (f.default if f.default is not MISSING else f.default_factory()
                       if f.default_factory is not MISSING else None)
            yield pytest.param(kind, name, cls, option, written(form.hints[attribute], default, name, option), default,
                               id=f"{kind or 'of'} {name} {option}")


@pytest.mark.parametrize(("kind", "name", "cls", "option", "value", "default"), options())
def test_option(kind, name, cls, option, value, default):
    needed = {**required(cls, name), option: value}
    file = parse("{" + ", ".join(f"{key}: {text}" for key, text in needed.items()) + "}", "options.yaml")
    made = Builder(file, Path(), CAST).dataclass(cls, file.data, ())
    assert getattr(made, option.replace("-", "_")) != default


def required(cls, name):
    """What must be given beside the option."""
    hints = form_of(cls).hints
    return {**{attribute.replace("_", "-"): PARTS[hints[attribute].kind]
               for attribute in form_of(cls).required if hasattr(hints[attribute], "kind")},
            **NEEDED.get(name, {})}


def test_the_schema_takes_what_the_builder_takes():
    jsonschema = pytest.importorskip("jsonschema")
    check = jsonschema.Draft202012Validator(schema())
    for case in options():
        kind, name, cls, option, value, _ = case.values
        data = parse("{" + ", ".join(f"{key}: {text}" for key, text in {**required(cls, name), option: value}.items())
                     + "}").data
        victor, agents = {"role": "verifier"}, {}
        if kind == "roles":
            agents = {"one": {"role": name, **data}}
        elif kind:
            holder = {"schemes": {"role": "owner", "scheme": {name: data}},
                      "attacks": {"role": "attacker", "attacks": [{name: data}]},
                      "forgeries": {"role": "usurper", "forgery": {name: data}},
                      "policies": {"role": "verifier", "policy": {name: data}}}
            agents = {"one": holder[kind]}
        task = data if name == "task" else {"base": data} if name == "base" else {}
        whole = {"agents": {"victor": victor, **agents}, "task": task, "limits": data if name == "limits" else {}}
        check.validate(whole)
