"""What the lines of a transcript hold: the fields of each kind of entry and their types.

The writer takes nothing else, and the reader believes nothing else: whoever looks at an entry of a transcript that was
read finds what he expects there. Kinds that are not known here pass as they are: a later arena may have more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from arena.game.ledger import check_spending

DEEPEST, GREATEST = 100, 2**63
SEALED = {"entry": "sealed"}
"""What stands for a private entry while a match is played."""


def _text(value: Any) -> bool:
    return type(value) is str


def _number(value: Any) -> bool:
    return type(value) is int and -GREATEST < value < GREATEST


def _mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _body(value: Any) -> bool:
    return isinstance(value, dict) and _text(value.get("kind"))


def _scenario(value: Any) -> bool:
    return isinstance(value, dict) and _mapping(value.get("agents")) and all(map(_mapping, value["agents"].values()))


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _seed(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**128


def _spent(value: Any) -> bool:
    try:
        check_spending(value)
    except ValueError:
        return False
    return True


def _anything(value: Any) -> bool:
    return True


Fields = Mapping[str, Callable[[Any], bool]]
WHO: Fields = {"turn": _number, "agent": _text}
KINDS: Mapping[str, Fields] = {
    "head": {"scenario": _scenario, "cast": _texts, "device": _text, "threads": _number},
    "message": {"number": _number, "turn": _number, "sender": _text, "to": _text, "body": _body},
    "note": {**WHO, "topic": _text, "data": _anything},
    "turn": {**WHO, "spent": _spent},
    "curtain": {"agent": _text, "about": _number, "by": _text, "evidence": _mapping},
    "fault": {**WHO, "text": _text},
    "left": {**WHO, "reason": _text},
    "end": {"status": _text},
    "sealed": {},
}
SOMETIMES: Fields = {"spent": _spent, "seed": _seed}
"""Fields that an entry may have or lack."""


def wrong_with(entry: Any) -> str:
    """What is wrong with an entry; empty when it is one."""
    if not isinstance(entry, dict) or not _text(entry.get("entry")) or "hash" in entry:
        return "this is no entry of a transcript"
    if not shallow(entry):
        return f"the {entry['entry'][:40]} is nested deeper than {DEEPEST}"
    wanted = KINDS.get(entry["entry"], {})
    optional = {name: right for name, right in SOMETIMES.items() if name in entry and wanted}
    fields = {**wanted, **optional}
    wrong = next((name for name, right in fields.items() if name not in entry or not right(entry[name])), "")
    if not wrong and entry["entry"] == "head" and not set(entry["cast"]) <= set(entry["scenario"]["agents"]):
        wrong = "cast"
    return f"the {entry['entry']}'s {wrong} is missing or not what it must be" if wrong else ""


def _inside(outer: Any) -> Iterable[Any]:
    return outer.values() if isinstance(outer, dict) else outer


def shallow(value: Any, deepest: int = DEEPEST) -> bool:
    """Whether lists and mappings are nested no deeper than may be."""
    level = [value]
    for _ in range(deepest):
        level = [inner for outer in level if isinstance(outer, (dict, list, tuple)) for inner in _inside(outer)]
        if not level:
            return True
    return False
