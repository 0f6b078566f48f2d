"""Errors that are the user's to mend: one line that says where, what is wrong and what would be right; never a
traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ArenaError(Exception):
    """A mistake in what the user gave us. The command line prints it as one line and exits with code 2."""


class Malformed(Exception):
    """A claim (or a message) that breaks the rules of the game; in the game it becomes a verdict, not an error."""


def suggest(wrong: str, options: Iterable[str]) -> str:
    """`; did you mean ...? options: ...` for an unknown name (empty when there are no options)."""
    names = sorted(str(option) for option in options)
    near = difflib.get_close_matches(str(wrong), names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ";"
    return f"{hint} options: {', '.join(names)}" if names else ""
