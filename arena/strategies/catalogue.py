"""What there is: the built-in strategies by kind, read from their sources; a name becomes the class that it means; the
titles of scenarios.

A built-in strategy is found wherever below its kind's folder its file lies, so it is called the same when it moves.
Nothing is imported but what is asked for.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError, suggest
from arena.base.names import HOME, canonical, class_name, name_of
from arena.base.told import summary, told
from arena.base.userfiles import part_called
from arena.strategies.kinds import KINDS, Kind


@dataclass(frozen=True)
class Entry:
    """A built-in strategy as its source tells: its file, its module, its docstring's first line, and what its class
    says is true of it (`default`: it stands for its kind where none is named)."""

    file: Path
    module: str
    line: str
    says: frozenset[str] = frozenset()

    @property
    def default(self) -> bool:
        return "default" in self.says


@cache
def built_in(kind: str) -> Mapping[str, str]:
    """Name -> first line of the docstring, of the built-in strategies of a kind."""
    return {name: entry.line for name, entry in entries(home(), KINDS[kind]).items()}


@cache
def default(kind: str) -> str:
    """The strategy that is meant where a scenario names none of a kind; "" for a kind without one, or what is no
    kind."""
    found = entries(home(), KINDS[kind]) if kind in KINDS else {}
    return next((name for name, entry in found.items() if entry.default), "")


@cache
def defaults(kind: str, name: str) -> Mapping[str, Any]:
    """The plain defaults of a built-in strategy's parameters, as scenarios name them; empty for what isn't built in.
    Nothing is imported."""
    return {word.replace("_", "-"): value for word, value in _values(kind, name, ast.AnnAssign).items()}


@cache
def constants(kind: str, name: str) -> Mapping[str, Any]:
    """What a built-in strategy's class says of all its instances (`schemes = ("rose",)`), where that is plain; empty
    for what isn't built in. Nothing is imported."""
    return _values(kind, name, ast.Assign)


@cache
def who_say(kind: str, word: str) -> frozenset[str]:
    """The built-in strategies of a kind whose class says `word = True`, or `word = ("this", "that")`; none is
    imported."""
    return frozenset(name for name, entry in entries(home(), KINDS[kind]).items() if word in entry.says)


def find(kind: str, name: str, beside: Path | None = None) -> type[Any]:
    """The class that `name` means; file paths are taken relative to `beside` (the scenario's folder). ArenaError when
    there is none."""
    if ":" in name:
        return _own(KINDS[kind], name, beside or Path.cwd())
    if name not in built_in(kind):
        raise ArenaError(f"unknown {KINDS[kind].one} {name!r:.80}{suggest(name, built_in(kind))}")
    return getattr(importlib.import_module(entries(home(), KINDS[kind])[name].module), class_name(name))


def _own(kind: Kind, name: str, beside: Path) -> type[Any]:
    """A part of the user's own. A scheme is called by the one name that its claims will bear."""
    found = part_called(name, beside)
    if not kind.takes(found):
        raise ArenaError(f"{name} is no {kind.one}: a class {kind.wanted} is wanted")
    if kind.name == "schemes" and name_of(found) != canonical(name, beside):
        raise ArenaError(f"{name} is {name_of(found)}: give it by that name")
    return found


@cache
def entries(root: Path, kind: Kind) -> Mapping[str, Entry]:
    """The strategies of a kind below a folder. ArenaError when two have one name, or more than one stands for the
    kind."""
    files: dict[str, Path] = {}
    for file in _files(root, kind):
        name = file.stem.replace("_", "-")
        if name in files:
            raise ArenaError(f"two {kind.name} are called {name!r}: {files[name]} and {file}")
        files[name] = file
    found = {name: _entry(root, file, class_name(name)) for name, file in sorted(files.items())}
    if len(both := [name for name, entry in found.items() if entry.default]) > 1:
        raise ArenaError(f"one of the {kind.name} may stand for all, not both {' and '.join(both)}")
    return found


def _files(root: Path, kind: Kind) -> Iterator[Path]:
    """The files of a kind; what begins with `_` is a helper's, or a folder of helpers'."""
    files = sorted((root / kind.name).rglob("*.py"))
    return (file for file in files if not any(part.startswith("_") for part in file.relative_to(root).parts))


def _entry(root: Path, file: Path, wanted: str) -> Entry:
    module = ".".join([HOME, *file.relative_to(root).with_suffix("").parts])
    classes = _classes(_tree(file), wanted)
    if not classes:
        return Entry(file, module, "")
    says = frozenset(word for node in classes[0].body for word in _said(node))
    return Entry(file, module, summary(ast.get_docstring(classes[0])), says)


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _classes(tree: ast.Module, name: str) -> list[ast.ClassDef]:
    return [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]


Assignment = type[ast.AnnAssign] | type[ast.Assign]


def _values(kind: str, name: str, sort: Assignment) -> dict[str, Any]:
    """Name -> value of a built-in strategy's class, of annotated assignments or of the others, where it is a plain
    number, text or tuple (`epochs: int = 5`, `tries = 2**22`), with those of strategies that the class extends."""
    known = entries(home(), KINDS[kind])
    if name not in known:
        return {}
    tree = _tree(known[name].file)
    return {word: value for cls in _classes(tree, class_name(name)) for word, value in _inherited(tree, cls, sort)}


def _inherited(tree: ast.Module, cls: ast.ClassDef, sort: Assignment) -> Iterator[tuple[str, Any]]:
    for base in reversed([base.id for base in cls.bases if isinstance(base, ast.Name)]):
        source = _imported(tree, base) or tree
        for parent in _classes(source, base):
            yield from _inherited(source, parent, sort)
    for node in cls.body:
        if isinstance(node, (ast.AnnAssign, ast.Assign)) and isinstance(node, sort) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            with suppress(ValueError):
                value = _plain(node.value)
                yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))


def _imported(tree: ast.Module, name: str) -> ast.Module | None:
    """The source of the built-in strategy that a name is imported from."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and name in [alias.asname or alias.name for alias in node.names]:
            file = home().joinpath(*str(node.module).split(".")[1:]).with_suffix(".py")
            return _tree(file) if str(node.module).startswith(f"{HOME}.") and file.is_file() else None
    return None


def _plain(node: ast.expr) -> Any:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return ast.literal_eval(node.left) ** ast.literal_eval(node.right)
    return ast.literal_eval(node)


def _said(node: ast.stmt) -> Iterator[str]:
    """The words that a line of a class says are true, or names something by (`default = True`,
    `admits = ("scheme",)`), fields apart."""
    targets = (node.targets if isinstance(node, ast.Assign) else
               [node.target] if isinstance(node, ast.AnnAssign) and "ClassVar" in ast.unparse(node.annotation) else [])
    value = getattr(node, "value", None)
    if (isinstance(value, ast.Constant) and value.value is True) or (isinstance(value, ast.Tuple) and value.elts):
        yield from (target.id for target in targets if isinstance(target, ast.Name))


@cache
def home() -> Path:
    """The folder of the built-in strategies, beside the arena's own; ArenaError when another installed package shadows
    it."""
    spec = importlib.util.find_spec(HOME)
    places = list(spec.submodule_search_locations or ()) if spec else []
    place = Path(places[0]).resolve() if places else None
    if place is None or place.parent != Path(__file__).resolve().parents[2]:
        raise ArenaError(f"the package {HOME!r} that Python finds ({place or 'none'}) is not Arena's: another "
                         f"installed package shadows it; "
                         f"remove that package or install ownership-arena in an environment of its own")
    return place


def titles(files: Mapping[str, Path], holding: str) -> dict[str, str]:
    """Name -> title, of those YAML files that have a key (`agents`: scenarios); what can't be read says why."""
    return dict(_titles(files, holding))


def _titles(files: Mapping[str, Path], holding: str) -> Iterator[tuple[str, str]]:
    from arena.base.yamlfile import read

    for name, file in files.items():
        try:
            data = read(file).data
        except ArenaError as error:
            yield name, told(f"can't be read: {str(error).removeprefix(f'{file}:')}")
            continue
        if isinstance(data, dict) and holding in data:
            yield name, told(data.get("title") or "")
