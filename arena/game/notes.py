"""What agents may note for the report: a few topics have a fixed form, everything else is kept as it is and shown
nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from arena.base.errors import Malformed
from arena.game.wire import plain_value, words

STAGE = {"stage": str, "model": str, "from": str, "by": str, "before": float, "after": float}
FORGERY = {"forgery": str, "measured": float}
PLANNED = {"planned": float, "rarity": float, "forger": str}
MARK = {"rarity": float, "text": str}


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) if kind is float else isinstance(value, kind)


def _record(data: Any, wanted: Mapping[str, type], optional: Mapping[str, type] = {}) -> bool:
    return isinstance(data, Mapping) and set(wanted) <= set(data) <= {*wanted, *optional} and all(
        _is(value, {**wanted, **optional}[name]) for name, value in data.items())


def _stage(data: Any) -> bool:
    return _record(data, STAGE) and 0 <= data["before"] <= 1 and 0 <= data["after"] <= 1


def _accuracy(data: Any) -> bool:
    return isinstance(data, Mapping) and all(_is(share, float) and 0 <= share <= 1 for share in data.values())


def _training(data: Any) -> bool:
    def numbers(values: Any) -> bool:
        return isinstance(values, (list, tuple)) and all(_is(value, float) for value in values)

    return (isinstance(data, Mapping) and all(isinstance(h, Mapping) and set(h) == {"loss", "accuracy"}
                                              and all(map(numbers, h.values())) for h in data.values()))


TOPICS: dict[str, Callable[[Any], bool]] = {
    "stage": _stage, "accuracy": _accuracy, "training": _training,
    "forgery": lambda data: _record(data, FORGERY, PLANNED),
    "mark": lambda data: _record(data, MARK)}


def check_note(topic: Any, data: Any) -> None:
    """Malformed unless a note can be kept, and has the form of its topic where that has one."""
    words(topic)
    plain_value(data)
    if topic in TOPICS and not TOPICS[topic](data):
        raise Malformed(f"has not the form of a note on {topic}")
