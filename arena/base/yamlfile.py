"""Reading YAML so that every error can say file:line:col, and so that no file can do harm.

Plain data only: tags that construct objects, duplicate keys, recursion, and aliases that blow up ("billion laughs") are
errors. So is what people read in two ways: `010` (eight to YAML 1.1, ten to most), `1:30` (ninety, or text), and
numbers that are not finite.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from arena.base.errors import ArenaError
from arena.base.yamlnodes import DEEPEST, MOST_NODES, Fault, Scalar, compose

LARGEST, GREATEST = 1_000_000, 2**128
TAG = "tag:yaml.org,2002:"
SCALARS, MERGE = ("str", "int", "float", "bool", "null"), TAG + "merge"
AS_TEXT = (TAG + "timestamp", TAG + "value", MERGE)
READ_AS = {"int": "a number", "float": "a number", "bool": "true or false", "null": "nothing"}
NULLS = ("", "~", "null", "Null", "NULL")
NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
LEADING_ZERO = re.compile(r"([-+]?)0o?([0-9_]+)")
BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
YamlPath = tuple[str | int, ...]


@dataclass
class YamlFile:
    """Plain data with the place of every value."""

    name: str
    data: Any = None
    marks: dict[YamlPath, tuple[int, int]] = field(default_factory=dict)

    def error(self, path: YamlPath, text: str) -> ArenaError:
        """`file:line:col: path: text`, at the nearest place known; one line, whatever the keys are made of."""
        near = path
        while near and near not in self.marks:
            near = near[:-1]
        where = ".".join(_short(str(part)) for part in path)
        return self.fault(f"{where + ': ' if where else ''}{text}", *self.marks.get(near, (1, 1)))

    def fault(self, text: str, line: int, column: int) -> ArenaError:
        """`file:line:col: text`."""
        return ArenaError(_printable(f"{self.name}:{line}:{column}: {text}"))


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[:most] + "..."


def read(path: Path) -> YamlFile:
    """The YAML file at `path`; ArenaError when it can't be read or is no plain data."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        text = raw.decode("utf-8")
    except OSError as error:
        raise ArenaError(f"{path}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ArenaError(f"{path}: not UTF-8 text") from None
    except ValueError as error:
        raise ArenaError(_printable(f"{path}: can't be read: {error}")) from None
    if len(raw) > LARGEST:
        raise ArenaError(f"{path}: larger than {LARGEST:,} bytes")
    return parse(text, str(path))


def parse(text: str, name: str = "scenario") -> YamlFile:
    """YAML text as plain data with marks."""
    out = YamlFile(name)
    try:
        node = compose(text.removeprefix("\ufeff"))
    except Fault as error:
        raise out.fault(_short(error.text, 200), error.line, error.column) from None
    if node is None:
        raise out.fault("empty", 1, 1)
    out.data = _Reader(out).value(node, ())
    return out


def _whole(value: str) -> int:
    number = yaml.constructor.SafeConstructor().construct_yaml_int(yaml.ScalarNode(TAG + "int", value))
    if abs(number) > GREATEST:
        raise ValueError("it is larger than 2^128")
    return number


def _real(value: str) -> float:
    number = float(value.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
    if not math.isfinite(number):
        raise ValueError("it is not a finite number")
    return number


def _truth(value: str) -> bool:
    return yaml.constructor.SafeConstructor.bool_values[value.lower()]


def _null(value: str) -> None:
    if value not in NULLS:
        raise ValueError


def _ambiguous(value: str) -> str:
    """Both readings of a number that has two; empty when it has one."""
    if found := LEADING_ZERO.fullmatch(value):
        sign, digits = found[1], found[2].replace("_", "")
        octal, decimal = _in_base(digits, 8), _in_base(digits, 10)
        eight = sign + octal if octal else "text"
        return ("" if octal == decimal
                else f"{eight} (base 8), or {sign}{decimal}? write {sign}{decimal}, or quotes around text")
    if BASE_60.fullmatch(value):
        seconds = 0.0
        for part in value.lstrip("+-").replace("_", "").split(":"):
            seconds = seconds * 60 + float(part)
        number = f"{'-' * value.startswith('-')}{seconds:.15g}" if math.isfinite(seconds) else "a large number"
        return f"{number} (base 60), or text? write the number, or quotes around text"
    return ""


def _in_base(digits: str, base: int) -> str:
    try:
        return str(int(digits or "0", base))
    except ValueError:
        return ""


MAKE: dict[str, Callable[[str], Any]] = {"str": str, "int": _whole, "float": _real, "bool": _truth, "null": _null}


class _Reader:
    """From nodes to data, aliases followed."""

    def __init__(self, out: YamlFile) -> None:
        self.out, self.count = out, 0

    def value(self, node: yaml.Node, path: YamlPath) -> Any:
        self._mark(path, node)
        self._spend(path)
        if isinstance(node, Scalar):
            return self._scalar(node, path)
        if node.tag != TAG + ("map" if isinstance(node, yaml.MappingNode) else "seq"):
            raise self._refused(node, path)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        return [self.value(child, (*path, i)) for i, child in enumerate(node.value)]

    def _mark(self, path: YamlPath, node: yaml.Node) -> None:
        self.out.marks[path] = (node.start_mark.line + 1, node.start_mark.column + 1)

    def _spend(self, path: YamlPath, merges: int = 0) -> None:
        self.count += 1
        if self.count > MOST_NODES:
            raise self.out.error(path[:1], f"more than {MOST_NODES:,} values: aliases that multiply?")
        if len(path) + merges > DEEPEST:
            raise self.out.error(path[:1], f"nested deeper than {DEEPEST} levels: an alias that holds itself?")

    def _refused(self, node: yaml.Node, path: YamlPath) -> ArenaError:
        return self.out.error(path, f"the tag {_short(node.tag)} is not allowed: plain data only")

    def _scalar(self, node: Scalar, path: YamlPath) -> Any:
        kind, value = self._kind(node, path), node.value
        if kind in ("int", "float") and (readings := _ambiguous(value)):
            raise self.out.error(path, f"{_short(value)!r}: {readings}")
        try:
            return MAKE[kind](value)
        except (ValueError, KeyError, IndexError, OverflowError) as error:
            why = f": {error}" if str(error).startswith("it is") else ""
            raise self.out.error(path, f"{_short(value)!r} can't be read as {kind}{why}") from None

    def _kind(self, node: Scalar, path: YamlPath) -> str:
        """What a scalar is to be read as. YAML 1.1 takes 1e-5, -.5 and 08 for text, people don't; dates, `=` and `<<`
        are text here."""
        if node.plain and node.tag in AS_TEXT:
            return "str"
        if node.plain and node.tag == TAG + "str" and (NUMBER.fullmatch(node.value)
                                                       or LEADING_ZERO.fullmatch(node.value)):
            return "int" if LEADING_ZERO.fullmatch(node.value) else "float"
        kind = node.tag.removeprefix(TAG)
        if kind not in SCALARS:
            raise self._refused(node, path)
        return kind

    def _mapping(self, node: yaml.MappingNode, path: YamlPath) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, (key_node, child) in self._pairs(node, path, 0).items():
            place = (*path, key)
            out[key] = self.value(child, place)
            if isinstance(out[key], (list, dict)):
                self._mark(place, key_node)
        return out

    def _pairs(self, node: yaml.MappingNode, path: YamlPath, depth: int) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """Key -> its node and its value's; what `<<` merges comes first, and gives way to the mapping's own keys."""
        own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        merged: yaml.Node | None = None
        for key_node, child in node.value:
            key = self._key(key_node, path)
            if key in own or (merged and key_node.tag == MERGE):
                self._mark((*path, key), key_node)
                raise self.out.error((*path, key), "this key is here twice")
            if key_node.tag == MERGE:
                merged = child
            else:
                own[key] = (key_node, child)
        return {**self._merged(merged, path, depth + 1), **own} if merged else own

    def _merged(self, node: yaml.Node, path: YamlPath, depth: int) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """The pairs of a mapping, or of a list of them, the first of which counts most."""
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        out: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for source in reversed(sources):
            self._spend(path, depth)
            if not isinstance(source, yaml.MappingNode):
                self._mark((*path, "<<"), source)
                raise self.out.error((*path, "<<"), "a mapping, or a list of mappings, is wanted")
            pairs = self._pairs(source, path, depth)
            self.count += len(pairs)
            out.update(pairs)
        return out

    def _key(self, node: yaml.Node, path: YamlPath) -> str:
        if not isinstance(node, Scalar):
            self._mark(path, node)
            raise self.out.error(path, "keys must be plain words")
        if node.tag == MERGE and node.plain:
            return node.value
        kind = "a date" if node.tag == TAG + "timestamp" else READ_AS.get(self._kind(node, path), "")
        if kind:
            self._mark((*path, node.value), node)
            raise self.out.error((*path, node.value),
                                 f"a key must be text, and YAML reads this one as {kind}: put it in quotes")
        return node.value


def text_of(value: Any) -> str:
    """A value in one line of YAML, which `parse` reads as the same."""
    line: str = yaml.dump(value, Dumper=_OneLine, default_flow_style=True, sort_keys=False, width=math.inf,
                          allow_unicode=True)
    return line.strip().removesuffix("...").strip()


class _OneLine(yaml.SafeDumper):
    """Writes texts that have lines of their own in double quotes, where these are escapes."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if len(text.splitlines()) > 1 or text != text.strip() else None
    return dumper.represent_scalar(TAG + "str", text, style)


_OneLine.add_representer(str, _text)
