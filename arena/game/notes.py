"""What agents note for the record: a type for each topic that it reads. Anything else noted is kept as it is and shown
nowhere.

    turn.note(MarkNote(rarity=64.0, text="hits 40 of 40"))        # or, on a topic of one's own,
    turn.note("looked", ["here", "there"])

A new topic is a subclass of `Note`; its fields' types say what they may hold, None stands for what isn't known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import Annotated, Any, ClassVar, Self, get_args, get_type_hints

from arena.base.errors import Malformed
from arena.game.wire import plain_value, words

NOTES: dict[str, type[Note]] = {}


def _text(value: Any) -> None:
    if not isinstance(value, str):
        raise Malformed("must be text")


def _real(value: Any) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise Malformed("must be a number")


def _share(value: Any) -> None:
    _real(value)
    if not 0 <= value <= 1:
        raise Malformed("must lie in 0..1")


def _reals(value: Any) -> None:
    if not isinstance(value, (list, tuple)):
        raise Malformed("must be numbers, one an epoch")
    for each in value:
        _real(each)


def _curves(value: Any) -> None:
    if not isinstance(value, Mapping):
        raise Malformed("must map purposes to curves")
    for history in value.values():
        if not isinstance(history, Mapping) or set(history) != {"loss", "accuracy"}:
            raise Malformed("must be curves of loss and accuracy")
        for each in history.values():
            _reals(each)


Text = Annotated[str, _text]
Real = Annotated[float, _real]
Share = Annotated[float, _share]


class Note:
    """Base of what is noted for the record: frozen dataclasses, known by their topic."""

    topic: ClassVar[str]

    def __init_subclass__(cls) -> None:
        NOTES[cls.topic] = cls

    def data(self) -> Any:
        """As it is kept: what is known, by name."""
        values = {name: getattr(self, each.name) for name, each in _described(type(self)).items()}  # type: ignore[arg-type]
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def read(cls, data: Any) -> Self:
        """The note that `data` shows; Malformed when it shows none."""
        described = _described(cls)  # type: ignore[arg-type]
        needed = {name for name, each in described.items() if each.default is MISSING}
        if not isinstance(data, Mapping) or not needed <= set(data) <= set(described):
            raise Malformed(f"has not the form of a note on {cls.topic}")
        for name, value in data.items():
            try:
                _checks(cls)[described[name].name](value)  # type: ignore[arg-type]
            except Malformed as fault:
                raise Malformed(f"on {cls.topic}: {name} {fault}") from None
        return cls(**{described[name].name: value for name, value in data.items()})


@cache
def _described(kind: type[Note]) -> dict[str, Field[Any]]:
    """The fields of a topic by the names that they are kept under."""
    return {each.metadata.get("name", each.name): each for each in fields(kind)}  # type: ignore[arg-type]


@cache
def _checks(kind: type[Note]) -> dict[str, Callable[[Any], None]]:
    hints = get_type_hints(kind, include_extras=True)
    return {each.name: _check(hints[each.name]) for each in fields(kind)}  # type: ignore[arg-type]


def _check(hint: Any) -> Callable[[Any], None]:
    """The check of a field's type, or of the type that it is when it is known."""
    known = hint if hasattr(hint, "__metadata__") else get_args(hint)[0]
    check: Callable[[Any], None] = known.__metadata__[0]
    return check


@dataclass(frozen=True)
class StageNote(Note):
    """A stage of a deployment: its name, its model's fingerprint, from which model and by what it was made ("": from
    none), test accuracy before and after."""

    topic = "stage"
    stage: Text
    model: Text
    source: Text = field(metadata={"name": "from"})
    by: Text
    before: Share
    after: Share


@dataclass(frozen=True)
class AccuracyNote(Note):
    """Test accuracy of an owner's host, marked and (None: not trained) unmarked."""

    topic = "accuracy"
    marked: Share
    unmarked: Share | None = None


@dataclass(frozen=True)
class MarkNote(Note):
    """What an owner's key scores on what he is about to release: bits, and the evidence in words."""

    topic = "mark"
    rarity: Real
    text: Text


@dataclass(frozen=True)
class ForgeryNote(Note):
    """A forged key: with what, the bits of work that it took; what the cost model planned for its rarity, and which
    forger it reckons with."""

    topic = "forgery"
    forgery: Text
    measured: Real
    planned: Real | None = None
    rarity: Real | None = None
    forger: Text | None = None


@dataclass(frozen=True)
class TrainingNote(Note):
    """How trainings went: purpose -> {"loss": after each epoch, "accuracy": after each epoch}."""

    topic = "training"
    curves: Annotated[Mapping[str, Mapping[str, Sequence[float]]], _curves]

    def data(self) -> Any:
        return self.curves

    @classmethod
    def read(cls, data: Any) -> Self:
        try:
            _curves(data)
        except Malformed as fault:
            raise Malformed(f"on training {fault}") from None
        return cls(data)


def as_entry(what: str | Note, data: Any = None) -> tuple[str, Any]:
    """(topic, data) of a note, or of what is noted on a topic of one's own."""
    return (what.topic, what.data()) if isinstance(what, Note) else (what, data)


def check_note(topic: Any, data: Any) -> None:
    """Malformed unless a note can be kept, and has the form of its topic where that has one."""
    words(topic)
    plain_value(data)
    if topic in NOTES:
        NOTES[topic].read(data)
