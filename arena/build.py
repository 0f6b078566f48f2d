"""From plain data to dataclasses, with errors at the place in the file: how roles, strategies and tasks get their parameters.

A strategy is written as `name`, as `{name: {parameter: value}}`, or, where its kind has a default, as the parameters alone.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from arena.errors import ArenaError, suggest
from arena.strategies import Strategy, built_in, find
from arena.yamlfile import YamlFile, YamlPath

DEFAULTS = {"policies": "rarity-and-work"}


class Builder:
    """Builds from one file; `beside` is the folder that file paths of strategies are relative to."""

    def __init__(self, file: YamlFile, beside: Path) -> None:
        self.file, self.beside = file, beside

    def dataclass(self, cls: type[Any], data: Any, path: YamlPath) -> Any:
        """An instance of the dataclass `cls` from a mapping; ArenaError with the place of the first fault."""
        if data is None:
            data = {}
        if not isinstance(data, dict):
            raise self.file.error(path, f"parameters of {cls.__name__} are wanted as a mapping, not {data!r:.60}")
        hints = get_type_hints(cls, include_extras=True)
        wanted = {f.name: f for f in fields(cls) if f.init}
        names = {name.replace("_", "-"): name for name in wanted}
        values = {}
        for key, value in data.items():
            name = names.get(key.replace("_", "-"))
            if name is None:
                raise self.file.error((*path, key), f"unknown key {key!r}{suggest(key, names)}")
            values[name] = self.value(hints[name], value, (*path, key))
        for name, f in wanted.items():
            if name not in values and f.default is MISSING and f.default_factory is MISSING:
                if getattr(hints[name], "kind", None) not in DEFAULTS:
                    raise self.file.error(path, f"{name.replace('_', '-')!r} is missing")
                values[name] = self.strategy(hints[name].kind, {}, path)
        try:
            return cls(**values)
        except (ValueError, TypeError) as error:
            raise self.file.error(path, str(error)) from None

    def value(self, hint: Any, data: Any, path: YamlPath) -> Any:
        """A value of the type `hint`."""
        if get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint):
            inner = [arg for arg in get_args(hint) if arg is not type(None)]
            return None if data is None else self.value(inner[0], data, path)
        if get_origin(hint) is list and _is_ours(get_args(hint)[0]):
            if not isinstance(data, list):
                raise self.file.error(path, f"a list is wanted, not {data!r:.60}")
            return [self.value(get_args(hint)[0], item, (*path, i)) for i, item in enumerate(data)]
        if isinstance(hint, type) and issubclass(hint, Strategy):
            return self.strategy(hint.kind, data, path)
        if is_dataclass(hint):
            return self.dataclass(hint, data, path)  # type: ignore[arg-type]
        try:
            return plain(hint, data)
        except ValueError as error:
            raise self.file.error(path, f"{error}, not {data!r:.60}") from None

    def strategy(self, kind: str, data: Any, path: YamlPath) -> Any:
        """A strategy of a kind from its name, or its name with parameters."""
        name, params, where = self._named(kind, data, path)
        try:
            cls = find(kind, name, self.beside)
        except ArenaError as error:
            raise self.file.error(where, str(error)) from None
        return self.dataclass(cls, params, where)

    def _named(self, kind: str, data: Any, path: YamlPath) -> tuple[str, Any, YamlPath]:
        if isinstance(data, str):
            return data, {}, path
        if isinstance(data, dict) and len(data) == 1:
            (name, params), = data.items()
            if kind not in DEFAULTS or name in built_in(kind) or ":" in name:
                return name, params, (*path, name)
        if isinstance(data, dict) and kind in DEFAULTS:
            return DEFAULTS[kind], data, path
        raise self.file.error(path, f"a name, or one name with its parameters, is wanted, not {data!r:.60}{suggest('', built_in(kind))}")


def plain(hint: Any, data: Any) -> Any:
    """A value of the type `hint`, which is none of ours. ValueError says what is wanted."""
    try:
        return TypeAdapter(hint).validate_python(data, strict=True)
    except ValidationError as error:
        first = error.errors()[0]["msg"]
        raise ValueError(f"{first[0].lower()}{first[1:]}") from None


def _is_ours(hint: Any) -> bool:
    return isinstance(hint, type) and (issubclass(hint, Strategy) or is_dataclass(hint))
