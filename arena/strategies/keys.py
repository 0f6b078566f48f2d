"""Keys as records: one description of a field says how a Claim shows it, what it must be, and if it was committed to.

    @dataclass(frozen=True)
    class Key(KeyRecord):
        domain = "mine/commitment/1"
        claimant: Given[str]
        secret: Annotated[bytes, Exactly(32), Committed()]
        images: Annotated[np.ndarray, Images(most=100), Committed(image_bytes)]
        kind: Literal["odd", "even"] = "odd"

`key.fields()` is what a Claim carries, `Key.read(claim.key, setting, claimant=claim.claimant)` the key that it shows.
Claims come from agents that nobody trusts: whatever is no key is `Malformed`, with the field and its fault. What a
field must be is said by a mark (`arena.strategies.marks`); bool and Literal say it themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from types import NoneType
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from arena.base.errors import Malformed
from arena.forging.hashing import frame, sha256
from arena.game.evidence import Setting
from arena.strategies.marks import At, Mark, OneOf, told

T = TypeVar("T")
_GIVEN = object()
Given = Annotated[T, _GIVEN]
"""A field that no claim shows: `KeyRecord.read` is told it (whose claim it is, the classes of the task)."""


@dataclass(frozen=True)
class Named:
    """The name of a field in a Claim, where it has another one there."""

    name: str


@dataclass(frozen=True)
class Flawed:
    """What a claimant may choose (not None) only before a Verifier with a flaw (`Policy.flaws`); `why` says why not.
    Without a reason no honest claim has such a field at all, and it is shown only where it is not None."""

    flaw: str
    why: str = ""


CHOSEN = Flawed("chosen_keys", "it must come from the committed seed")
"""What white-box keys derive, and a Verifier who hears `chosen_keys` takes as the claimant chose it."""


def as_it_is(value: Any) -> tuple[bytes | str | int, ...]:
    """A value as it is committed to: an array by its bytes, None by no bytes."""
    return (b"" if value is None else value.tobytes() if isinstance(value, np.ndarray) else value,)


@dataclass(frozen=True)
class Committed:
    """A field that the commitment fixes, by these fields of the canonical encoding (`forging.hashing.frame`)."""

    encode: Callable[[Any], Iterable[bytes | str | int]] = as_it_is


@dataclass(frozen=True)
class Entry:
    """A described field: its name in the record and in a claim, what it must be, whether None will do, and the rest."""

    name: str
    shown: str
    mark: Mark
    optional: bool
    committed: Committed | None
    flawed: Flawed | None

    @property
    def hidden(self) -> bool:
        """Whether honest claims have no such field."""
        return self.flawed is not None and not self.flawed.why

    def parts(self, shown: Mapping[str, Any]) -> Iterable[bytes | str | int]:
        """What a commitment says of it."""
        if self.committed is None:
            return ()
        return self.committed.encode(shown.get(self.shown) if self.optional else shown[self.shown])

    def taken(self, where: Setting) -> bool:
        """Whether the Verifier takes it from the claimant."""
        return self.flawed is None or bool(getattr(where.flaws, self.flawed.flaw))

    def right(self, value: Any, at: At) -> Any:
        """The value that a claim shows, if it is what it must be."""
        if value is None and self.optional:
            return None
        if self.flawed is not None and not self.taken(at.where):
            raise Malformed(f"a {self.shown} of the claimant's own choice proves nothing: {self.flawed.why}")
        return _right(self.shown, value, self.mark, at)


class KeyRecord:
    """Base of keys; subclasses are frozen dataclasses whose fields say what they must be.

    `domain` begins what is committed to, and the committed fields follow in the order of the record. `derived` names
    attributes or methods that follow from the key and are shown with it, and says what they must be.
    """

    domain: ClassVar[str]
    derived: ClassVar[Mapping[str, Mark]] = {}

    def fields(self) -> dict[str, Any]:
        """The key as a Claim carries it."""
        values = {entry: getattr(self, entry.name) for entry in self.described()}
        own = {entry.shown: value for entry, value in values.items() if value is not None or not entry.hidden}
        return {**own, **{name: self._follows(name) for name in self.derived}}

    def fault(self) -> str | None:
        """What is wrong with fields that are right each by itself; None: nothing."""
        return None

    @classmethod
    def described(cls) -> tuple[Entry, ...]:
        """The fields that claims show. TypeError where one doesn't say what it must be."""
        return _entries(cls)  # type: ignore[arg-type]

    @classmethod
    def read(cls, shown: Mapping[str, Any], where: Setting, **given: Any) -> Self:
        """The key that a claim shows; `given` are the fields that it does not show. Malformed for whatever is none."""
        entries = [entry for entry in cls.described() if not entry.hidden or entry.taken(where)]
        certain = [entry.shown for entry in entries if not entry.hidden]
        _same_names(shown, [*certain, *cls.derived], [entry.shown for entry in entries])
        values: dict[str, Any] = {}
        at = At(where, values)
        for entry in entries:
            values[entry.name] = entry.right(shown.get(entry.shown), at)
        for name, mark in cls.derived.items():
            _right(name, shown[name], mark, at)
        return cls(**values, **given)._confirmed(shown)

    @classmethod
    def commit(cls, shown: Mapping[str, Any], claimant: str, scheme: str | None = None) -> str:
        """A hex digest that fixes the committed fields of a claim and its claimant, and hides them; `scheme` is bound
        too where several share a record."""
        parts = [part for entry in cls.described() for part in entry.parts(shown)]
        return sha256(frame(cls.domain, *([] if scheme is None else [scheme]), claimant, *parts)).hex()

    def _confirmed(self, shown: Mapping[str, Any]) -> Self:
        """Itself, if its fields go together and what follows from them is what was shown."""
        if (fault := self.fault()) is not None:
            raise Malformed(fault)
        for name in self.derived:
            if not np.array_equal(shown[name], self._follows(name)):
                raise Malformed(f"the {name} are not those that the key gives for this claimant")
        return self

    def _follows(self, name: str) -> Any:
        value = getattr(self, name)
        return value() if callable(value) else value


@cache
def _entries(record: type[KeyRecord]) -> tuple[Entry, ...]:
    hints = get_type_hints(record, include_extras=True)
    entries = (_entry(record, f.name, hints[f.name]) for f in fields(record))  # type: ignore[arg-type]
    return tuple(entry for entry in entries if entry is not None)


def _entry(record: type, name: str, hint: Any) -> Entry | None:
    inner, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if _GIVEN in notes:
        return None
    marks = [note for note in notes if not isinstance(note, (Named, Committed, Flawed))] or _implied(inner)
    if len(marks) != 1:
        raise TypeError(f"{record.__qualname__}.{name}: say what it must be: Annotated[..., Exactly(32)], or "
                        "Given[...]")
    shown = getattr(_first(notes, Named), "name", name)
    return Entry(name, shown, marks[0], NoneType in get_args(inner), _first(notes, Committed), _first(notes, Flawed))


def _implied(kind: Any) -> list[Mark]:
    """What a type says by itself."""
    return [OneOf((False, True))] if kind is bool else [OneOf(get_args(kind))] if get_origin(kind) is Literal else []


def _first(notes: Sequence[Any], kind: type[T]) -> T | None:
    return next((note for note in notes if isinstance(note, kind)), None)


def _same_names(shown: Any, wanted: Sequence[str], possible: Sequence[str]) -> None:
    """Malformed unless all `wanted` fields are there, and beside them none that is not `possible`."""
    if not isinstance(shown, Mapping):
        raise Malformed(f"a key is a mapping of fields, not {told(shown)}")
    lacking = sorted(name for name in wanted if name not in shown)
    added = [name for name in shown if name not in wanted and name not in possible]
    if lacking or added:
        fault = f"lacks {', '.join(lacking)}" if lacking else f"adds {told(added[0])}"
        raise Malformed(f"a key has the fields {', '.join(sorted(wanted))}: this one {fault}")


def _right(name: str, value: Any, mark: Mark, at: At) -> Any:
    """The value, if it is what it must be."""
    if (fault := mark.fault(value, at)) is not None:
        raise Malformed(f"{name} {fault}")
    return value
