"""Texts of agents on their way to a person: nothing in them may move the cursor, hide, or run over the arena's own
lines."""

from __future__ import annotations

import unicodedata

SAFE = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
                  "Sm", "Sc", "Sk", "So", "Zs"))
MARKS = str.maketrans({"✓": "v", "✗": "x"})
"""The arena's own signs, which nobody else writes."""


def in_words(error: BaseException, most: int = 200) -> str:
    """An exception in one line, whatever it makes of being asked: `KeyError: 'q'`."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return told(f"{type(error).__name__}: {text}".rstrip(": "), most)


def summary(doc: str | None) -> str:
    """A docstring's first paragraph in one line; empty where there is none."""
    return " ".join((doc or "").strip().split("\n\n")[0].split())


def told(text: object, most: int = 300) -> str:
    """`text` in one line of at most `most` characters, every control, format or unassigned character written as its
    code."""
    safe = "".join(c if unicodedata.category(c) in SAFE else f"\\u{ord(c):04x}"
                   for c in str(text)[: most + 1].translate(MARKS))
    return safe if len(safe) <= most else safe[: most - 3] + "..."
