"""All that agents can say: frozen, typed records, and the one encoding in which they travel and are kept.

An agent sends a body to a name or to everybody; the arena stamps number, turn and sender, so nobody can speak in
another's name. A body is encoded as canonical JSON with its arrays beside it by SHA-256 (`encode`, `decode`): that is
what crosses between agents' processes, and what the transcript holds.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, Literal, get_type_hints

import numpy as np

from arena.base.errors import Malformed
from arena.game.wire import Checks, Digest, Digests, Flag, Images, Labels, MaybeDigest, Number, Plain, Reasons, Words
from arena.game.wire import name_of_type as _name

ALL = "all"
ARENA = "arena"
CUSTOMER = "customer"
"""Under this name every question reaches a service, whoever asks."""
BODIES: dict[str, type[Body]] = {}
Senders = Literal["anyone", "verifier", "deployer", "arena"]


class Body:
    """Base of every message body; subclasses are frozen dataclasses and register themselves by name. The fields' types
    say what they may hold (`check`), `senders` who may say it: `deployer` means the one whose service was asked."""

    senders: ClassVar[Senders] = "anyone"

    def __init_subclass__(cls) -> None:
        BODIES[cls.__name__] = cls


@dataclass(frozen=True)
class Commitment(Body):
    """A hash that fixes the sender's key without showing it (hex SHA-256)."""

    digest: Digest


@dataclass(frozen=True)
class Release(Body):
    """A model given away or sold: from now on everybody may hold a copy. `model` names it in the artefact store."""

    model: Digest
    task: Words = ""


@dataclass(frozen=True)
class Deployment(Body):
    """The sender answers queries from now on; `service` is his own name for it."""

    service: Words


@dataclass(frozen=True)
class Query(Body):
    """Images, uint8 (N, C, H, W), to be answered by the service that the receiver deployed. The receiver isn't told who
    asks: it comes from "customer", and `about`, the asker's own reference, is replaced by the number of the message."""

    service: Words
    images: Images
    about: Number = -1


@dataclass(frozen=True)
class Response(Body):
    """The service's answers to the query with number `about`: labels, int64 (N,). The arena brings them to who asked,
    under his reference."""

    senders = "deployer"
    service: Words
    labels: Labels
    about: Number = -1


@dataclass(frozen=True)
class Demand(Body):
    """The Verifier asks the receiver to show the weights behind a service, for claim number `about` (white-box
    evidence)."""

    senders = "verifier"
    service: Words
    about: Number = -1


@dataclass(frozen=True)
class Disclosure(Body):
    """The weights said to be behind a service; `model` names them in the artefact store ("": none). Where several
    networks vote they are all shown: `others` are those beside the first. The Verifier checks them by queries."""

    senders = "deployer"
    service: Words
    model: MaybeDigest
    about: Number = -1
    others: Digests = ()

    @property
    def members(self) -> tuple[str, ...]:
        """All that is shown."""
        return (self.model, *self.others) if self.model else ()


@dataclass(frozen=True)
class Claim(Body):
    """"The model behind `deployer`'s service is mine", with a key of a scheme as proof (its fields are the scheme's
    own)."""

    claimant: Words
    deployer: Words
    service: Words
    scheme: Words
    key: Plain = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict(Body):
    """What the Verifier decided about claim number `about`; every check with its outcome, and the case that it rests on
    (`evidence.Case.as_data`; empty where it never came to one). A later verdict of the same
    Verifier on the same claim takes the place of an earlier one."""

    senders = "verifier"
    about: Number
    claimant: Words
    deployer: Words
    granted: Flag
    reasons: Reasons
    checks: Checks = field(default_factory=dict)
    case: Plain = field(default_factory=dict)


@dataclass(frozen=True)
class Opening(Body):
    """A key shown in public, as in an open court: from now on everybody knows it."""

    scheme: Words
    key: Plain = field(default_factory=dict)


@dataclass(frozen=True)
class Departure(Body):
    """`agent` has left the play: he broke down, or went beyond what a match bears. His service is silent, his claims
    are void."""

    senders = "arena"
    agent: Words


@dataclass(frozen=True)
class Message:
    """A body on its way: number in the match, turn in which it was sent, who sent it and to whom (a name or "all")."""

    number: int
    turn: int
    sender: str
    to: str
    body: Body

    kind: ClassVar[property] = property(lambda self: type(self.body).__name__)  # type: ignore[assignment]


@dataclass(frozen=True)
class Envelope:
    """A body and its address; what an agent's turn gives out. A bare body is addressed to everybody."""

    to: str
    body: Body


@cache
def _fields(kind: type[Body]) -> dict[str, Callable[[Any], None]]:
    hints = get_type_hints(kind, include_extras=True)
    return {f.name: hints[f.name].__metadata__[0] for f in fields(kind)}  # type: ignore[arg-type]


def check(body: Any) -> None:
    """Malformed, with what is wrong, unless `body` is one of the arena's own kinds and every field holds what its type
    says."""
    kind = type(body)
    if BODIES.get(kind.__name__) is not kind or kind.__module__ != __name__:
        raise Malformed(f"a turn gives message bodies or envelopes, not {_name(body)}")
    for name, right in _fields(kind).items():  # type: ignore[arg-type]
        try:
            right(getattr(body, name))
        except Malformed as fault:
            raise Malformed(f"{kind.__name__}: {name} {fault}") from None


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def encode(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """`value` as plain JSON data; arrays go into `arrays` under their hash. TypeError for what no message may carry."""
    if isinstance(value, Body):
        names = [f.name for f in fields(value)]  # type: ignore[arg-type]
        return {"kind": type(value).__name__, **{name: encode(getattr(value, name), arrays) for name in names}}
    if isinstance(value, np.ndarray):
        return _encode_array(value, arrays)
    if isinstance(value, np.generic):
        return encode(value.item(), arrays)
    if isinstance(value, bytes):
        return {"$hex": value.hex()}
    if isinstance(value, Mapping):
        if any(not isinstance(k, str) or k.startswith("$") for k in value):
            raise TypeError("the keys of a message are words")
        return {k: encode(v, arrays) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(v, arrays) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": str(value)}
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise TypeError(f"a message can't carry a {type(value).__name__}; numbers, text, bytes, lists, mappings and numpy "
                    f"arrays can travel")


def _encode_array(array: np.ndarray, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    if array.dtype.hasobject:
        raise TypeError("a message can't carry an array of objects")
    array = np.ascontiguousarray(array)
    head = {"dtype": array.dtype.str, "shape": list(array.shape)}
    name = hashlib.sha256(canonical(head) + array.tobytes()).hexdigest()
    arrays[name] = array
    return {"$array": name, **head}


def decode(value: Any, arrays: Mapping[str, np.ndarray] | Callable[[Mapping[str, Any]], np.ndarray]) -> Any:
    """The inverse of `encode`; arrays come back read-only, sequences as tuples. ValueError for what `encode` can't have
    written.

    `arrays` maps hashes to arrays, or is a function of {"$array": hash, "dtype": ..., "shape": ...}.
    """
    if isinstance(value, list):
        return tuple(decode(v, arrays) for v in value)
    if not isinstance(value, dict):
        return value
    if "$array" in value:
        array = np.array(arrays(value) if callable(arrays) else arrays[value["$array"]])
        array.flags.writeable = False
        return array
    if "$hex" in value:
        return bytes.fromhex(value["$hex"])
    if "$float" in value:
        return float(value["$float"])
    return {k: decode(v, arrays) for k, v in value.items()}


def decode_body(value: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
                | Callable[[Mapping[str, Any]], np.ndarray]) -> Body:
    """The body that `encode` wrote; ValueError for an unknown kind or wrong fields."""
    kind = BODIES.get(str(value.get("kind")))
    if kind is None:
        raise ValueError(f"unknown message kind {value.get('kind')!r}")
    try:
        return kind(**{k: decode(v, arrays) for k, v in value.items() if k != "kind"})
    except TypeError as error:
        raise ValueError(f"{value.get('kind')}: {error}") from None
