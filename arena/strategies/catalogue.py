"""What there is: the built-in parts by kind, read from their sources, and the scenarios of a folder; nothing is imported."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from arena.base.errors import ArenaError
from arena.base.names import HOME, class_name
from arena.base.told import told

KINDS = {"roles": "", "schemes": "schemes", "attacks": "attacks", "forgeries": "forgeries", "policies": "policies", "reproductions": "reproductions"}


@cache
def built_in(kind: str) -> Mapping[str, str]:
    """Name -> first line of the docstring, of the built-in strategies of a kind."""
    names = {file: file.stem.replace("_", "-") for file in sorted((home() / KINDS[kind]).glob("*.py")) if not file.stem.startswith("_")}
    return {name: _first_line(file, class_name(name)) for file, name in names.items()}


def home() -> Path:
    """The folder of the built-in strategies; ArenaError when another installed package shadows it."""
    spec = importlib.util.find_spec(HOME)
    place = Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None
    if place is None or not (place / "schemes" / "rose.py").is_file():
        raise ArenaError(f"the package {HOME!r} that Python finds ({place or 'none'}) is not Arena's: another installed package shadows it; "
                         f"remove that package or install ownership-arena in an environment of its own")
    return place


def _first_line(file: Path, wanted: str) -> str:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == wanted:
            return (ast.get_docstring(node) or "").split("\n")[0]
    return ""


def scenarios(folder: Path) -> dict[str, str]:
    """File -> title, of the scenarios beneath a folder; what can't be read says why, what is some other YAML is left out."""
    return dict(_titles(sorted(folder.rglob("*.yaml"))))


def _titles(files: list[Path]) -> Iterator[tuple[str, str]]:
    from arena.base.yamlfile import read

    for file in files:
        try:
            data = read(file).data
        except ArenaError as error:
            yield str(file), told(f"can't be read: {str(error).removeprefix(f'{file}:')}")
            continue
        if isinstance(data, dict) and "agents" in data:
            yield str(file), told(data.get("title") or "")
