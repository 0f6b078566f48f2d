"""Python files of the user's own: found beside the scenario, imported, and what goes wrong with them said in one line
that names the file.

They are imported in agents' processes and in those that check a cast (`arena.scenario.casting`), never in the arena's
own.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError, suggest
from arena.base.files import file_hash
from arena.base.names import HOME, PLACE, SOURCE, place_of, split
from arena.base.told import in_words

MOST_NAMED, OURS = 20, ("arena", HOME)
USER = "arena_user_"
"""The modules of users' own files are called so, and then as their file."""


def part_called(name: str, beside: Path | None = None) -> Any:
    """What `path/file.py:Class` or `package.module:Class` means, None where the file has nothing of that name;
    ArenaError when it can't be imported."""
    where, wanted = split(name)
    return getattr(module_called(where, beside or Path.cwd()), wanted, None)


def module_called(where: str, beside: Path) -> Any:
    """The module that a file, relative to `beside`, or a dotted name means; ArenaError when it can't be imported."""
    return _file_called(where, beside) if where.endswith(".py") else _module_called(where)


def _file_called(path: str, beside: Path) -> Any:
    try:
        file = (beside / path).resolve()
        there = file.is_file()
    except (OSError, RuntimeError, ValueError):
        there = False
    if not there:
        raise ArenaError(f"{path:.200}: no such file in {beside}{suggest(path, _some_files(beside))}")
    module = load_file(file)
    setattr(module, PLACE, place_of(file, beside))
    return module


def _some_files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("*.py"))[:MOST_NAMED]


def own_files() -> list[Path]:
    """The user's own files that were loaded so far: another process must load them too before it can unpickle what is
    of them."""
    return [Path(str(module.__file__)) for name, module in list(sys.modules.items()) if name.startswith(USER)]


def files_beside(folder: Path) -> list[Path]:
    """The user's own files that were loaded so far, and all other loaded modules in the folder."""
    home = folder.resolve()
    known = [Path(file).resolve() for module in list(sys.modules.values())
             if isinstance(file := getattr(module, "__file__", None), str)]
    return sorted({*own_files(), *(file for file in known if file.is_relative_to(home))})


@cache
def load_file(file: Path) -> Any:
    """The module in a user's file; ArenaError when it can't be imported, whatever it raises."""
    name = f"{USER}{file.stem}"
    while name in sys.modules:  # another file of that name, in another folder
        name += "_"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ArenaError(f"{file.name}: can't be imported: no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        raw = file.read_bytes()
        setattr(module, SOURCE, hashlib.sha256(raw).hexdigest())
        exec(compile(raw, str(file), "exec", dont_inherit=True), vars(module))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        sys.modules.pop(name, None)
        raise ArenaError(f"{file.name}: can't be imported: {in_words(error)}") from None
    return module


def _module_called(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ArenaError(f"{name}: can't be imported: {in_words(error)}") from None


def source_of(module: Any, home: Path) -> str:
    """SHA-256 of a user's module as it was imported; where it imports others from `home` or from its own package, of it
    and of those together. ArenaError where there is no file."""
    place = getattr(module, "__file__", None)
    if not isinstance(place, str):
        raise ArenaError(f"{getattr(module, '__name__', 'it')}: is in no file")
    file = Path(place).resolve()
    own = getattr(module, SOURCE, "") or file_hash(file)
    others = sorted(map(file_hash, _imported(file, home.resolve(), _packages(module, file))))
    return hashlib.sha256("\n".join([own, *others]).encode()).hexdigest() if others else own


def _packages(module: Any, file: Path) -> Sequence[Path]:
    """The folders of the packages that a module is in, the outermost last."""
    depth = module.__name__.count(".") + (file.stem == "__init__")
    return [] if module.__name__.startswith(USER) else file.parents[:depth]


def _imported(file: Path, home: Path, packages: Sequence[Path]) -> set[Path]:
    """The files in a folder or a package that a Python file imports, and that those import, as their text says."""
    within, roots = [home, *packages[-1:]], [home, *(package.parent for package in packages[-1:])]
    found = {init for package in packages if (init := package / "__init__.py").is_file()} - {file}
    ahead = [file, *found]
    while ahead:
        fresh = {path for path in _targets(ahead.pop(), roots) if any(map(path.is_relative_to, within))}
        fresh -= found | {file}
        found |= fresh
        ahead += fresh
    return found


def _targets(file: Path, roots: Sequence[Path]) -> Iterator[Path]:
    """The files that a Python file's imports may mean."""
    for places, words in _imports(file, roots):
        stems = [place.joinpath(*words[: n + 1]) for place in places for n in range(len(words))]
        yield from (path.resolve() for stem in stems for path in (stem / "__init__.py", stem.parent / f"{stem.name}.py")
                    if path.is_file())


def _imports(file: Path, roots: Sequence[Path]) -> Iterator[tuple[Sequence[Path], list[str]]]:
    """(folders, words of a dotted name beneath them) of what a file imports, in whatever place; the arena's own parts
    aside."""
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return
    for node in nodes:
        level = getattr(node, "level", 0)
        places = [file.parents[level - 1]] if 0 < level <= len(file.parents) else roots
        for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
            words = [*(getattr(node, "module", None) or "").split("."), *alias.name.split(".")]
            words = words if words[0] else words[1:]
            if words[0] not in OURS:
                yield places, words
