"""The house stands on numbered floors: no import goes up, floors of one number don't import each other, and nothing
goes in a circle.

Every import counts, those inside functions and under TYPE_CHECKING too. To add a room, add its line.
"""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path

import networkx
import pytest

from tests.conftest import ROOT

FLOORS: Mapping[str, int] = {
    "arena.base": 0,  # errors, units, draws, names, YAML, files, the machine
    "arena.game": 1,  # what is said and counted
    "arena.hosts": 2,  # data, networks, training, the store
    "arena.isolation": 2,  # an agent's process: limits, door, sandbox
    "arena.forging": 3,  # hashing, adversarial images, grinding, what a forgery costs
    "arena.workshop": 4,  # what an agent has at hand
    "arena.strategies": 5,  # what authors of strategies derive from
    "arena.scenario": 6,  # from YAML to a cast
    "arena.executors": 6,  # work spread over processes
    "arena.match": 7,  # one match and its record
    "arena.calibration": 8,  # honest keys against innocent hosts
    "arena.pricing": 8,  # what forging costs on this machine
    "arena.reproduction": 8,  # papers beside ours
    "arena.tournament": 8,  # the game that many matches make
    "arena.report": 9,  # pages and plots
    "arena.reference": 9,  # pages of the docs that schema and docstrings write
    "arena.face": 10,  # play, load, check, replay
    "arena.agent": 10,  # names for authors, which stay whatever the walls do
    "arena.messages": 10,
    "arena.evidence": 10,
    "arena": 11,  # what `import arena` gives, lazily
    "arena.pettingzoo": 11,  # a match as an environment
    "arena.testing": 11,
    "arena.cli": 12,
    "arena.__main__": 13,
    "agents": 14,  # the strategies
}
FORBIDDEN = ("pickle", "dill", "joblib", "cloudpickle", "marshal", "shelve")


def name_of(path: Path, root: Path) -> str:
    dotted = ".".join(path.relative_to(root).with_suffix("").parts)
    return dotted.removesuffix(".__init__")


def sources(root: Path) -> dict[str, Path]:
    return {name_of(path, root): path for package in ("arena", "agents")
            for path in sorted((root / package).rglob("*.py"))}


def imported(module: str, path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules that a file imports, in whatever place; what is no module of ours by its first word."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (full if (full := f"{origin}.{alias.name}") in known else origin for alias in node.names)


def floor(module: str) -> tuple[str, int]:
    """The room that a module is in, and its number."""
    room = max((room for room in FLOORS if module == room or (module.startswith(f"{room}.") and room != "arena")),
               key=len)
    return room, FLOORS[room]


def faults(root: Path) -> list[str]:
    """Every import that goes up, or across to another room of the same floor."""
    known, found = sources(root), []
    for module, path in known.items():
        room, number = floor(module)
        for other in imported(module, path, known):
            if other.split(".")[0] in ("arena", "agents"):
                there, above = floor(other)
                if above > number or (above == number and there != room):
                    found.append(f"{module} ({number}) imports {other} ({above})")
    return found


def circles(root: Path) -> list[list[str]]:
    """Modules that import each other in a circle; a package's own __init__ counts only where it is imported by name."""
    known = sources(root)
    graph = networkx.DiGraph((module, other) for module, path in known.items()
                             for other in imported(module, path, known) if other in known)
    return [sorted(part) for part in networkx.strongly_connected_components(graph) if len(part) > 1]


def test_no_import_goes_up():
    assert len(sources(ROOT)) > 150
    assert not faults(ROOT)


def test_nothing_goes_in_a_circle():
    assert not circles(ROOT)


def test_every_room_is_there():
    assert [room for room in FLOORS if room not in sources(ROOT)] == []


def test_agents_are_never_imported_by_name_and_nothing_is_unpickled():
    known = sources(ROOT)
    assert not [(module, other) for module, path in known.items() for other in imported(module, path, known)
                if other.split(".")[0] in FORBIDDEN or (other.split(".")[0] == "agents"
                                                        and not module.startswith("agents"))]


@pytest.mark.parametrize("line", ["from arena.match import match", "import arena.report.html",
                                  "def late():\n    from arena.cli import main",
                                  "if TYPE_CHECKING:\n    from arena.scenario.scenario import Scenario",
                                  "from ..report import plots", "import agents.roles.owner",
                                  "from arena.isolation.door import Door"])
def test_one_import_turned_round_is_found(tmp_path, line):
    """The floor test's own adversary: an import that goes up, in each of the ways that it may be written."""
    for package in ("arena", "agents"):
        for path in (ROOT / package).rglob("*.py"):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    before = faults(tmp_path)
    victim = tmp_path / "arena" / "hosts" / "training.py"
    victim.write_text(f"{victim.read_text()}\n{line}\n")
    assert len(faults(tmp_path)) == len(before) + 1


def functions(path: Path) -> Iterator[tuple[int, str]]:
    """(lines of its body without the docstring, name) of every function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            yield (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0, node.name


def test_files_functions_and_lines_are_small():
    every = [(lines, name, str(path)) for path in sources(ROOT).values() for lines, name in functions(path)]
    assert len(every) > 1000 and statistics.median(lines for lines, _, _ in every) <= 5
    assert not [entry for entry in every if entry[0] > 40]
    for path in sources(ROOT).values():
        text = path.read_text()
        code = re.sub(r"  # (noqa|type: ignore).*", "", text)
        assert text.count("\n") <= 300 and max(map(len, code.splitlines())) <= 120, f"{path} is too long"
        assert ast.get_docstring(ast.parse(text)), f"{path} needs a docstring that says why it exists"


def test_no_room_hides_a_name_of_the_face():
    """`arena.play` is a function: a package of that name would take its place as soon as it is imported."""
    import arena

    assert not [name for name in arena.__all__ if (ROOT / "arena" / name).exists()
                or (ROOT / "arena" / f"{name}.py").exists()]
