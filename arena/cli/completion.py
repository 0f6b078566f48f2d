"""Completion in the shell, by argcomplete where it is installed (`pip install 'ownership-arena[completion]'`, then
`eval "$(register-python-argcomplete arena)"`)."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Mapping
from typing import Any

ASKED = "_ARGCOMPLETE"
"""In the environment while a shell asks."""
NAMED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("run", "scenario"): ("scenarios",), ("check", "scenario"): ("scenarios", "tournaments"),
    ("sweep", "scenario"): ("scenarios",), ("forge", "scenario"): ("scenarios",), ("new", "source"): ("scenarios",),
    ("tournament", "file"): ("tournaments",), ("design", "file"): ("tournaments",),
    ("calibrate", "scheme"): ("schemes",), ("reproduce", "paper"): ("reproductions",),
}
"""(command, argument) -> the lists that its names are in; files complete too."""


def complete(top: argparse.ArgumentParser) -> None:
    """Answers a shell that asks, and ends; does nothing otherwise."""
    if ASKED in os.environ:
        try:
            import argcomplete
        except ImportError:
            return
        _tell(top)
        argcomplete.autocomplete(top)


def _tell(top: argparse.ArgumentParser) -> None:
    """Says of each argument what may stand there."""
    commands = next(action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    for command, parser in commands.choices.items():
        for action in parser._actions:
            kinds = _kinds(command, action.dest)
            if kinds:
                action.completer = _Names(kinds)  # type: ignore[attr-defined]


def _kinds(command: str, argument: str) -> tuple[str, ...]:
    from arena.cli.listing import FILES, LISTED

    if (command, argument) == ("show", "name"):
        return tuple(kind for kind in LISTED if kind not in FILES)
    return ("",) if (command, argument) == ("list", "what") else NAMED.get((command, argument), ())


class _Names:
    """Completes by what is listed, and by files."""

    def __init__(self, kinds: Iterable[str]) -> None:
        self.kinds = tuple(kinds)

    def __call__(self, prefix: str, **_: Any) -> list[str]:
        from argcomplete.completers import FilesCompleter

        from arena.cli.listing import LISTED

        if self.kinds == ("",):
            return list(LISTED)
        return [*(name for kind in self.kinds for name in LISTED[kind]()), *FilesCompleter()(prefix)]
