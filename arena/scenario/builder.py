"""From plain data to dataclasses, with errors at the place in the file: how roles, strategies and tasks get their
parameters.

A strategy is written as `name`, as `{name: {parameter: value}}`, or, where its kind has a default, as the parameters
alone. Classes may be the user's own: whatever is wrong with one of them is one line that names it.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Protocol, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from arena.base.errors import ArenaError, suggest
from arena.base.names import AnAgentsName, ASchemesName, name_of
from arena.base.told import in_words
from arena.base.yamlfile import YamlPath
from arena.strategies.catalogue import built_in, default, find
from arena.strategies.strategy import Strategy

MOST_PARTS = 100
"""Strategies in one list."""
LISTS: dict[Any, type] = {list: list, tuple: tuple, set: set, frozenset: frozenset, Sequence: list, Collection: list,
                          Iterable: list}
MAPPINGS = (dict, Mapping)
FINITE = ConfigDict(allow_inf_nan=False)


class Places(Protocol):
    """What knows where a value stands: a YAML file."""

    def error(self, path: YamlPath, text: str) -> ArenaError: ...


class Builder:
    """Builds from one file; `beside` is the folder that file paths of strategies are relative to, `cast` the names that
    agents' names are checked against (None: they aren't). What was built stands in `built` with its place; `importing`
    hears of every class of the user's own before it is imported."""

    def __init__(self, file: Places, beside: Path, cast: Collection[str] | None = None,
                 importing: Callable[[str, YamlPath], None] = lambda name, path: None) -> None:
        self.file, self.beside, self.cast, self.importing = file, beside, cast, importing
        self.built: list[tuple[YamlPath, Strategy]] = []

    def dataclass(self, cls: type[Any], data: Any, path: YamlPath) -> Any:
        """An instance of the dataclass `cls` from a mapping; ArenaError with the place of the first fault."""
        if data is None:
            data = {}
        if not isinstance(data, dict):
            raise self.file.error(path, f"parameters of {cls.__name__} are wanted as a mapping, not {data!r:.60}")
        try:
            form = form_of(cls)  # type: ignore[arg-type]
        except ArenaError as error:
            raise self.file.error(path, str(error)) from None
        values = self._given(form, data, path)
        for name in form.required:
            if name not in values:
                values[name] = self._default(name, form.hints[name], path)
        made = self._made(cls, values, path)
        if isinstance(made, Strategy):
            self.built.append((path, made))
        return made

    def _given(self, form: Form, data: dict[str, Any], path: YamlPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in data.items():
            name = form.names.get(key.replace("_", "-"))
            if name is None:
                raise self.file.error((*path, key), f"unknown key {key!r:.80}{suggest(key, form.names)}")
            if name in values:
                raise self.file.error((*path, key), "this key is here twice")
            values[name] = self.value(form.hints[name], value, (*path, key))
        return values

    def _default(self, name: str, hint: Any, path: YamlPath) -> Any:
        if not default(getattr(hint, "kind", "")):
            raise self.file.error(path, f"{name.replace('_', '-')!r} is missing")
        return self.strategy(hint.kind, {}, path)

    def _made(self, cls: type[Any], values: dict[str, Any], path: YamlPath) -> Any:
        try:
            return cls(**values)
        except KeyboardInterrupt:
            raise
        except (ValueError, TypeError, ArenaError) as error:
            raise self.file.error(path, " ".join(str(error).split()) or type(error).__name__) from None
        except BaseException as error:
            raise self.file.error(path, f"{name_of(cls)} can't be made: {in_words(error)}") from None

    def value(self, hint: Any, data: Any, path: YamlPath) -> Any:
        """A value of the type `hint`."""
        if not is_ours(hint):
            return self._plain(hint, data, path)
        origin, args = get_origin(hint), get_args(hint)
        if origin is Annotated:
            return self._named(args, data, path)
        if origin in (Union, types.UnionType):
            return self._either(args, data, path)
        if origin in LISTS:
            return self._several(origin, args, data, path)
        if origin in MAPPINGS:
            return {key: self.value(args[1], item, (*path, key))
                    for key, item in self._wanted(dict, "a mapping", data, path).items()}
        return (self.strategy(hint.kind, data, path, hint) if issubclass(hint, Strategy)
                else self.dataclass(hint, data, path))

    def _plain(self, hint: Any, data: Any, path: YamlPath) -> Any:
        try:
            return plain(hint, data)
        except ValueError as error:
            raise self.file.error(path, f"{error}, not {data!r:.60}") from None

    def _wanted(self, kind: type[Any], words: str, data: Any, path: YamlPath) -> Any:
        if not isinstance(data, kind):
            raise self.file.error(path, f"{words} is wanted, not {data!r:.60}")
        return data

    def _either(self, args: tuple[Any, ...], data: Any, path: YamlPath) -> Any:
        """Of several types: the part that is ours, unless there is nothing, or a plain value that fits another."""
        if data is None and type(None) in args:
            return None
        for other in (arg for arg in args if not is_ours(arg) and arg is not type(None)):
            try:
                return plain(other, data)
            except ValueError:
                continue
        return self.value(next(arg for arg in args if is_ours(arg)), data, path)

    def _several(self, origin: Any, args: tuple[Any, ...], data: Any, path: YamlPath) -> Any:
        items = self._wanted(list, "a list", data, path)
        if len(items) > MOST_PARTS:
            raise self.file.error(path, f"at most {MOST_PARTS} are wanted here, not {len(items):,}")
        hints = args if origin is tuple and Ellipsis not in args else [args[0]] * len(items)
        if len(hints) != len(items):
            raise self.file.error(path, f"{len(hints)} are wanted here, not {len(items)}")
        return LISTS[origin](self.value(hint, item, (*path, i))
                             for i, (hint, item) in enumerate(zip(hints, items, strict=True)))

    def _named(self, args: tuple[Any, ...], data: Any, path: YamlPath) -> Any:
        """A text that names something of the scenario; another annotated type as what it annotates."""
        mark = next((mark for mark in args[1:] if isinstance(mark, (ASchemesName, AnAgentsName))), None)
        if mark is None:
            return self.value(args[0], data, path)
        self._wanted(str, "a name", data, path)
        if isinstance(mark, ASchemesName):
            return name_of(self.found("schemes", data, path))
        if self.cast is not None and data not in (*mark.words, *self.cast):
            raise self.file.error(path, f"nobody is called "
                                        f"{data!r:.80}{suggest(data, [*filter(None, mark.words), *self.cast])}")
        return data

    def strategy(self, kind: str, data: Any, path: YamlPath, wanted: type[Any] = Strategy) -> Any:
        """A strategy of a kind from its name, or its name with parameters."""
        name, params, where = self.split(kind, data, path)
        cls = self.found(kind, name, where)
        if not issubclass(cls, wanted):
            raise self.file.error(where, f"{name} is no {wanted.__name__}")
        return self.dataclass(cls, params, where)

    def found(self, kind: str, name: str, path: YamlPath) -> type[Any]:
        """The class of a name; ArenaError at its place when there is none."""
        if ":" in name:
            self.importing(name, path)
        try:
            return find(kind, name, self.beside)
        except ArenaError as error:
            raise self.file.error(path, str(error)) from None

    def split(self, kind: str, data: Any, path: YamlPath) -> tuple[str, Any, YamlPath]:
        """(name, parameters, the parameters' place) of a strategy as files write it."""
        if isinstance(data, str):
            return data, {}, path
        if isinstance(data, dict) and len(data) == 1:
            (name, params), = data.items()
            if not default(kind) or name in built_in(kind) or ":" in name:
                return name, params, (*path, name)
        if isinstance(data, dict) and default(kind):
            return default(kind), data, path
        raise self.file.error(path, f"a name, or one name with its parameters, is wanted, not "
                                    f"{data!r:.60}{suggest('', built_in(kind))}")


@dataclass(frozen=True)
class Form:
    """What a dataclass takes: its fields by name as YAML has it, their types, and those that must be given."""

    names: dict[str, str]
    hints: dict[str, Any]
    required: tuple[str, ...]


@cache
def form_of(cls: type[Any]) -> Form:
    """The form of a class; ArenaError, naming it, when it is none that can be built."""
    if not is_dataclass(cls) or ("__dataclass_fields__" not in vars(cls) and vars(cls).get("__annotations__")):
        frozen = "(frozen=True)" if issubclass(cls, Strategy) else ""
        raise ArenaError(f"{name_of(cls)}: add @dataclass{frozen} above the class, so that it takes its parameters")
    try:
        hints = get_type_hints(cls, include_extras=True)
    except Exception as error:
        raise ArenaError(f"{name_of(cls)}: the type of a parameter can't be resolved: {in_words(error)}") from None
    own = [f for f in fields(cls) if f.init]
    return Form({f.name.replace("_", "-"): f.name for f in own}, {f.name: hints[f.name] for f in own},
                tuple(f.name for f in own if _is_required(f)))


def _is_required(f: Field[Any]) -> bool:
    return f.default is MISSING and f.default_factory is MISSING


def plain(hint: Any, data: Any) -> Any:
    """A value of the type `hint`, which is none of ours, from plain data (a list for whatever JSON has an array for).
    ValueError says what is wanted."""
    try:
        return _adapter(hint).validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        raise ValueError(_first(error)) from None
    except (ValueError, TypeError, RecursionError, AssertionError):
        raise ValueError("plain data is wanted") from None
    except PydanticUserError:
        raise ValueError(f"a parameter of the type {hint!r:.80} can't be given in a scenario") from None


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    text = ("text that is Unicode is wanted" if first["type"] == "json_invalid"
            else f"{first['msg'][0].lower()}{first['msg'][1:]}")
    return " ".join(text.split())


def _adapter(hint: Any) -> TypeAdapter[Any]:
    return _kept_adapter(hint) if isinstance(hint, Hashable) and _hashes(hint) else _new_adapter(hint)


def _new_adapter(hint: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(hint, config=FINITE)
    except PydanticUserError as error:
        if error.code != "type-adapter-config-unused":
            raise
        return TypeAdapter(hint)  # pydantic's own models say themselves what they take


_kept_adapter = cache(_new_adapter)


def _hashes(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def is_ours(hint: Any) -> bool:
    """Whether a strategy, a dataclass or a name of the scenario is somewhere in a type, so that the Builder makes it
    and not pydantic."""
    if isinstance(hint, (ASchemesName, AnAgentsName)):
        return True
    if get_origin(hint) is not None:
        return any(map(is_ours, get_args(hint)))
    return isinstance(hint, type) and (issubclass(hint, Strategy) or is_dataclass(hint))
