"""The one rule above all: agents imports arena, never the reverse."""

import ast

from tests.conftest import ROOT


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_arena_never_imports_agents():
    files = list((ROOT / "arena").rglob("*.py"))
    assert len(files) > 20
    assert not [(file.name, name) for file in files for name in imported(file) if name.split(".")[0] in ("agents", "pickle", "dill", "joblib")]


def test_files_are_small():
    for file in [*(ROOT / "arena").rglob("*.py"), *(ROOT / "agents").rglob("*.py")]:
        assert file.read_text().count("\n") <= 320, f"{file} is too long"
        assert ast.get_docstring(ast.parse(file.read_text())) or file.name == "__init__.py", f"{file} needs a docstring that says why it exists"
