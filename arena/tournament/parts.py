"""What there is below a folder of this floor, by its files: solvers and payoffs; a name becomes the part that it means.

A part is called as its file (`lemke-howson`), one of the user's own as YAML has it (`mine.py:solve`). Lists are read
from the sources: nothing is imported but what is asked for.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError, suggest
from arena.base.told import summary
from arena.base.userfiles import part_called
from arena.tournament.games.bimatrix import Bimatrix
from arena.tournament.games.expression import Expression, compiled
from arena.tournament.games.solution import Solution

HOME = Path(__file__).parent
Solver = Callable[[Bimatrix], Solution]


@cache
def built_in(kind: str) -> Mapping[str, str]:
    """Name -> one line, of the `solvers` or `payoffs`."""
    files = sorted((HOME / kind).glob("[!_]*.py"))
    return {file.stem.replace("_", "-"): _line(file) for file in files}


def _line(file: Path) -> str:
    return summary(ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))))


def module(kind: str, name: str) -> Any:
    """The module of a built-in part; ArenaError for a name that means none."""
    if name not in built_in(kind):
        raise ArenaError(f"unknown {kind.removesuffix('s')} {name!r:.80}{suggest(name, built_in(kind))}")
    return importlib.import_module(f"{__package__}.{kind}.{name.replace('-', '_')}")


def solver(name: str, beside: Path | None = None) -> Solver:
    """The solver that a name means; a user's own file is taken relative to `beside`. ArenaError when there is none."""
    found = part_called(name, beside) if ":" in name else module("solvers", name).solve
    if not callable(found):
        raise ArenaError(f"{name} is no solver: a function of a game is wanted")
    return found


def payoff(name: str) -> Expression:
    """The built-in payoff of a name; ArenaError when there is none."""
    return compiled(module("payoffs", name).EXPRESSION)
