"""What a Python file of the user's own defines, read off its text: nothing of it is imported, here or anywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from arena.base.errors import ArenaError
from arena.base.names import class_name
from arena.base.told import summary, told
from arena.strategies.catalogue import built_in
from arena.strategies.kinds import KINDS

WIDTH = 21


@dataclass(frozen=True)
class Defined:
    """A strategy in a file: its kind, its docstring, its fields as (name, type, default; "" for none)."""

    name: str
    kind: str
    doc: str
    fields: tuple[tuple[str, str, str], ...]


def defined(file: Path) -> dict[str, Defined]:
    """Name -> the strategies of a file, by the names of what they derive from. ArenaError for what can't be read."""
    try:
        tree = ast.parse(file.read_bytes())
    except OSError as error:
        raise ArenaError(f"{file}: {error.strerror or error}") from None
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise ArenaError(f"{file}: no Python file: {type(error).__name__}: {error}") from None
    found: dict[str, Defined] = {}
    bases = _bases()
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and (kind := _kind(node, bases)):
            bases = {**bases, node.name: kind}
            inherited = [each for base in node.bases for each in _of(base, found)]
            own = [*inherited, *_fields(node)]
            found[node.name] = Defined(node.name, kind, ast.get_docstring(node) or "", tuple(own))
    return found


def _bases() -> Mapping[str, str]:
    """Name of a class -> its kind: the bases of kinds, and what is built in."""
    ours = {class_name(name): kind for kind in KINDS for name in built_in(kind)}
    return {**ours, **{kind.wanted: name for name, kind in KINDS.items()}}


def _kind(node: ast.ClassDef, bases: Mapping[str, str]) -> str:
    return next((bases[name] for base in node.bases if (name := ast.unparse(base).rpartition(".")[2]) in bases), "")


def _of(base: ast.expr, found: Mapping[str, Defined]) -> tuple[tuple[str, str, str], ...]:
    known = found.get(ast.unparse(base))
    return known.fields if known else ()


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str, str]]:
    for line in node.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            kind, value = ast.unparse(line.annotation), ast.unparse(line.value) if line.value else ""
            if "ClassVar" not in kind:
                yield line.target.id.replace("_", "-"), kind, value


def listed(file: Path, kind: str | None = None) -> Iterator[str]:
    """The lines on a file's strategies, of one kind or of all."""
    for each in defined(file).values():
        if kind in (None, each.kind):
            yield f"  {f'{file}:{each.name}':<{WIDTH}}  {each.kind}: {told(summary(each.doc))}".rstrip()
