"""Python files of the user's own: found beside the scenario, imported, and what goes wrong with them said in one line
that names the file.

They are imported in agents' processes and in those that check a cast (`arena.scenario.casting`), never in the arena's
own.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.base.names import PLACE, place_of, split
from arena.base.told import in_words

USER = "arena_user_"
"""The modules of users' own files are called so, and then as their file."""


def part_called(name: str, beside: Path | None = None) -> Any:
    """What `path/file.py:Class` or `package.module:Class` means, None where the file has nothing of that name;
    ArenaError when it can't be imported."""
    where, wanted = split(name)
    return getattr(_file_called(where, beside or Path.cwd()) if where.endswith(".py") else _module_called(where),
                   wanted, None)


def _file_called(path: str, beside: Path) -> Any:
    try:
        file = (beside / path).resolve()
        there = file.is_file()
    except (OSError, RuntimeError, ValueError):
        there = False
    if not there:
        raise ArenaError(f"{path}: no such file in {beside}")
    module = load_file(file)
    setattr(module, PLACE, place_of(file, beside))
    return module


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
        spec.loader.exec_module(module)
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
