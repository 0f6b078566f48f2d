"""Which networks of our own there are, read off their files: torch, which the networks need, is seconds away."""

from __future__ import annotations

import ast
from pathlib import Path

from arena.base.told import summary

LIBRARY = Path(__file__).parent / "networks" / "library"
NETWORKS = tuple(file.stem.replace("_", "-") for file in sorted(LIBRARY.glob("*.py")) if not file.stem.startswith("_"))
"""The names of our own."""


def known_networks() -> dict[str, str]:
    """Name -> one line, of our own networks (torchvision's come on top)."""
    return {name: _line(LIBRARY / f"{name.replace('-', '_')}.py") for name in NETWORKS}


def _line(file: Path) -> str:
    """What a network's file says of it, without importing it."""
    functions = [node for node in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]
    return summary(next((ast.get_docstring(node) for node in functions if node.name == "make"), ""))
