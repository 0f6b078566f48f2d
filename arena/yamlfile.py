"""Reading YAML so that every error can say file:line:col, and so that no file can do harm.

Plain data only: tags that construct objects, duplicate keys, recursion, and aliases that blow up ("billion laughs") are errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from arena.errors import ArenaError

MOST_NODES, DEEPEST, LARGEST = 20_000, 40, 1_000_000
PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map", "timestamp")}
EXPONENT = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")
YamlPath = tuple[str | int, ...]


@dataclass
class YamlFile:
    """Plain data with the place of every value."""

    name: str
    data: Any = None
    marks: dict[YamlPath, tuple[int, int]] = field(default_factory=dict)

    def error(self, path: YamlPath, text: str) -> ArenaError:
        """`file:line:col: path: text`, at the nearest place known."""
        near = path
        while near and near not in self.marks:
            near = near[:-1]
        line, column = self.marks.get(near, (1, 1))
        where = ".".join(str(part) for part in path)
        return ArenaError(f"{self.name}:{line}:{column}: {where + ': ' if where else ''}{text}")


def read(path: Path) -> YamlFile:
    """The YAML file at `path`; ArenaError when it can't be read or is no plain data."""
    try:
        if path.stat().st_size > LARGEST:
            raise ArenaError(f"{path}: larger than {LARGEST:,} bytes")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ArenaError(f"{path}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ArenaError(f"{path}: not UTF-8 text") from None
    return parse(text, str(path))


def parse(text: str, name: str = "scenario") -> YamlFile:
    """YAML text as plain data with marks."""
    out = YamlFile(name)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise ArenaError(f"{name}:{place}: not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise ArenaError(f"{name}:1:1: not YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise ArenaError(f"{name}:1:1: nested too deeply") from None
    if node is None:
        raise ArenaError(f"{name}:1:1: empty")
    out.data = _Reader(out).value(node, ())
    return out


def _text(node: yaml.ScalarNode) -> str | float:
    """Text; but an unquoted 1e-5 is a number, though YAML 1.1 wants a dot in it."""
    return float(node.value) if node.style is None and EXPONENT.fullmatch(node.value) else node.value


class _Reader:
    def __init__(self, out: YamlFile) -> None:
        self.out, self.count, self.scalars = out, 0, yaml.constructor.SafeConstructor()

    def value(self, node: yaml.Node, path: YamlPath) -> Any:
        self.out.marks[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        self.count += 1
        if self.count > MOST_NODES:
            raise self.out.error(path[:1], f"more than {MOST_NODES:,} values: aliases that multiply?")
        if len(path) > DEEPEST:
            raise self.out.error(path[:1], f"nested deeper than {DEEPEST} levels: an alias that holds itself?")
        if node.tag not in PLAIN_TAGS:
            raise self.out.error(path, f"the tag {node.tag} is not allowed: plain data only")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, i)) for i, child in enumerate(node.value)]
        return self._scalar(node, path)

    def _scalar(self, node: yaml.Node, path: YamlPath) -> Any:
        make: Callable[[Any], Any] = {
            "int": self.scalars.construct_yaml_int, "float": self.scalars.construct_yaml_float, "bool": self.scalars.construct_yaml_bool,
            "null": lambda _: None}.get(node.tag.rpartition(":")[2], _text)
        try:
            return make(node)
        except (ValueError, KeyError):
            raise self.out.error(path, f"{node.value!r} can't be read as {node.tag.rpartition(':')[2]}") from None

    def _mapping(self, node: yaml.MappingNode, path: YamlPath) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key_node, child in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.out.error(path, "keys must be plain words")
            key = key_node.value
            place = (*path, key)
            if key in out:
                self.out.marks[place] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
                raise self.out.error(place, "this key is here twice")
            out[key] = self.value(child, place)
            if out[key] is None or isinstance(out[key], (str, int, float, bool)):
                continue
            self.out.marks[place] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        return out
