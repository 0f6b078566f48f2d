"""Key records: as a field is described it is shown, read back and committed to, and a fault names the field."""

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Annotated, ClassVar, Literal

import numpy as np
import pytest

from arena.base.errors import Malformed
from arena.base.userfiles import part_called
from arena.forging.hashing import frame, sha256
from arena.game.messages import encode
from arena.strategies.keys import Committed, Flawed, Given, KeyRecord, Named
from arena.strategies.marks import Array, Exactly, Images, Labels, Text, Whole

IMAGES = np.arange(5 * 64).astype(np.uint8).reshape(5, 1, 8, 8)
IMAGES[:, 0, 0, 0] = np.arange(5)
HONEST = SimpleNamespace(classes=10, shape=(1, 8, 8), flaws=SimpleNamespace(chatty=False))
CHATTY = SimpleNamespace(classes=10, shape=(1, 8, 8), flaws=SimpleNamespace(chatty=True))


@dataclass(frozen=True)
class Own(KeyRecord):
    """A key type with a field of every kind."""

    domain = "tests/own/1"
    derived: ClassVar = {"labels": Labels("images")}

    claimant: Given[str]
    secret: Annotated[bytes, Exactly(4), Committed()]
    images: Annotated[np.ndarray, Images(most=3), Committed(lambda images: (len(images), images.tobytes()))]
    words: Annotated[str | None, Text(5), Named("text"), Committed()] = None
    mode: Literal[1, "two"] = 1
    loud: bool = False
    number: Annotated[int, Whole(-2, 2), Committed()] = 0
    weights: Annotated[np.ndarray | None, Array("float32", ("images", "number", 3, None), -1, 1)] = None
    hint: Annotated[int | None, Whole(0, 9), Flawed("chatty")] = None
    more: Annotated[np.ndarray | None, Array("int64", "images"), Flawed("chatty", "the judge does"), Committed()] = None

    @property
    def labels(self):
        return np.full(len(self.images), self.number % 10)

    def fault(self):
        return "a loud key has mode two" if self.loud and self.mode == 1 else None


OWN = Own("alice", b"abcd", IMAGES[:2], "hey", "two", True, 2, np.ones((2, 2, 3, 5), np.float32))
NAMES = "images, labels, loud, mode, more, number, secret, text, weights"


def read(where=HONEST, **changes):
    return Own.read({**OWN.fields(), **changes}, where, claimant="alice")


def filled(value, *shape):
    return np.full(shape, value, np.float32)


def test_it_is_shown_and_read():
    shown = OWN.fields()
    assert ", ".join(sorted(shown)) == NAMES and shown["text"] == "hey" and shown["more"] is None
    assert encode(read().fields(), {}) == encode(shown, {}) and read().claimant == "alice"


def test_it_is_committed_to():
    rest = (b"abcd", 2, IMAGES[:2].tobytes())
    assert OWN.commit(OWN.fields(), "alice") == sha256(frame("tests/own/1", "alice", *rest, "hey", 2, b"")).hex()
    without = {**OWN.fields(), "text": None, "more": np.arange(3)}
    more = np.arange(3).tobytes()
    bound = frame("tests/own/1", "scheme", "eve", *rest, b"", 2, more)
    assert Own.commit(without, "eve", "scheme") == sha256(bound).hex()
    del without["text"], without["weights"]
    assert Own.commit(without, "eve", "") == sha256(frame("tests/own/1", "", "eve", *rest, b"", 2, more)).hex()
    with pytest.raises(KeyError):
        Own.commit({"images": IMAGES}, "alice")


@pytest.mark.parametrize(("change", "fault"), [
    ({"secret": b"abc"}, "secret must be 4 bytes, not 3 bytes"),
    ({"secret": "abcd"}, "secret must be 4 bytes, not 'abcd'"),
    ({"images": IMAGES[:4]}, "images must be uint8 images (1..3, 1, 8, 8), not uint8 (4, 1, 8, 8)"),
    ({"images": IMAGES[:0]}, "images must be uint8 images (1..3, 1, 8, 8), not uint8 (0, 1, 8, 8)"),
    ({"images": np.ma.array(IMAGES[:2])},
     "images must be uint8 images (1..3, 1, 8, 8), not uint8 (2, 1, 8, 8) (MaskedArray)"),
    ({"images": IMAGES[[0, 0]]}, "images must be different from each other"),
    ({"text": "longer"}, "text must be text of 1 to 5 characters, not 'longer'"),
    ({"text": ""}, "text must be text of 1 to 5 characters, not ''"),
    ({"text": "\ud800"}, r"text must be text of 1 to 5 characters, not '\ud800'"),
    ({"text": "x" * 200}, f"text must be text of 1 to 5 characters, not '{'x' * 39}"),
    ({"text": "x" * 201}, "text must be text of 1 to 5 characters, not str"),
    ({"mode": 2}, "mode must be 1 or two, not 2"), ({"mode": True}, "mode must be 1 or two, not True"),
    ({"mode": 1.0}, "mode must be 1 or two, not 1.0"), ({"loud": 1}, "loud must be False or True, not 1"),
    ({"mode": 1}, "a loud key has mode two"), ({"number": 3}, "number must be a whole number from -2 to 2, not 3"),
    ({"number": -3}, "number must be a whole number from -2 to 2, not -3"),
    ({"number": True}, "number must be a whole number from -2 to 2, not True"),
    ({"number": None}, "number must be a whole number from -2 to 2, not None"),
    ({"number": 2**63 - 1}, f"number must be a whole number from -2 to 2, not {2**63 - 1}"),
    ({"number": -(2**63)}, "number must be a whole number from -2 to 2, not a number beyond 64 bits"),
    ({"number": 10**5000}, "number must be a whole number from -2 to 2, not a number beyond 64 bits"),
    ({"number": 1}, "weights must be float32 (2, 1, 3, any), not float32 (2, 2, 3, 5)"),
    ({"images": IMAGES[:1]}, "weights must be float32 (1, 2, 3, any), not float32 (2, 2, 3, 5)"),
    ({"weights": filled(1, 2, 2, 4, 5)}, "weights must be float32 (2, 2, 3, any), not float32 (2, 2, 4, 5)"),
    ({"weights": filled(1, 2, 2, 3)}, "weights must be float32 (2, 2, 3, any), not float32 (2, 2, 3)"),
    ({"weights": filled(1, 2, 2, 3, 5, 1)},
     "weights must be float32 (2, 2, 3, any), not float32 (2, 2, 3, 5, 1)"),
    ({"weights": np.ones((2, 2, 3, 5))}, "weights must be float32 (2, 2, 3, any), not float64 (2, 2, 3, 5)"),
    ({"weights": [1.0]}, "weights must be float32 (2, 2, 3, any), not list"),
    ({"weights": filled(2, 2, 2, 3, 1)}, "weights must lie in -1..1, not in 2.0..2.0"),
    ({"weights": filled(-2, 2, 2, 3, 1)}, "weights must lie in -1..1, not in -2.0..-2.0"),
    ({"weights": filled(np.nan, 2, 2, 3, 1)}, "weights must hold finite numbers"),
    ({"weights": filled(-np.inf, 2, 2, 3, 1)}, "weights must hold finite numbers"),
    ({"labels": np.array([1, 2, 2])}, "labels must be int64 (2,), not int64 (3,)"),
    ({"labels": np.array([10, 2])}, "labels must lie in 0..9, not in 2..10"),
    ({"labels": np.array([2, 3])}, "the labels are not those that the key gives for this claimant"),
    ({"more": IMAGES[:2].astype(np.int64)}, "a more of the claimant's own choice proves nothing: the judge does"),
    ({"hint": 3}, f"a key has the fields {NAMES}: this one adds 'hint'"),
    ({"hint": None}, f"a key has the fields {NAMES}: this one adds 'hint'"),
    ({"words": "hey"}, f"a key has the fields {NAMES}: this one adds 'words'"),
    ({"claimant": "alice"}, f"a key has the fields {NAMES}: this one adds 'claimant'"),
])
def test_what_is_wrong_is_told_by_the_fields_name(change, fault):
    with pytest.raises(Malformed) as caught:
        read(**change)
    assert str(caught.value) == fault


def test_fields_that_are_lacking_are_told_together():
    with pytest.raises(Malformed, match=f"^a key has the fields {NAMES}: this one lacks labels, more, text$"):
        kept = {name: value for name, value in OWN.fields().items() if name not in ("labels", "more", "text")}
        Own.read(kept, HONEST)
    with pytest.raises(Malformed, match=r"^a key is a mapping of fields, not list$"):
        Own.read([], HONEST)


@pytest.mark.parametrize("change", [
    {"words": "h"}, {"words": "hello"}, {"number": -2}, {"number": 2}, {"number": 0}, {"images": IMAGES[:1]},
    {"images": IMAGES[:3]}, {"loud": False, "mode": 1}, {"loud": False},
])
def test_bounds_are_right_themselves(change):
    key = replace(OWN, weights=None, **change)
    assert encode(Own.read(key.fields(), HONEST, claimant="alice").fields(), {}) == encode(key.fields(), {})


def test_what_is_optional_may_be_none():
    assert read(text=None, weights=None).words is None and read(weights=None).weights is None
    assert read(weights=filled(0, 2, 2, 3, 0)).weights.size == 0
    assert read(weights=filled(-1, 2, 2, 3, 1)).weights.min() == -1


def test_what_only_a_flawed_verifier_takes():
    own = IMAGES[:2].astype(np.int64)
    assert read(CHATTY, hint=3, more=own).hint == 3 and np.array_equal(read(CHATTY, more=own).more, own)
    assert read(CHATTY).hint is read(CHATTY, hint=None).hint is read(CHATTY).more is None
    assert replace(OWN, hint=3).fields()["hint"] == 3 and "hint" not in OWN.fields()
    for change, fault in (({"hint": 10}, "hint must be a whole number from 0 to 9, not 10"),
                          ({"more": own[:1]}, r"more must be int64 \(2, 1, 8, 8\), not int64 \(1, 1, 8, 8\)"),
                          ({"x": 1}, f"a key has the fields {NAMES}: this one adds 'x'")):
        with pytest.raises(Malformed, match=f"^{fault}$"):
            read(CHATTY, **change)


@pytest.mark.parametrize("hint", [
    "int", "bytes", "Annotated[int, Committed()]", "Annotated[int, Whole(0, 1), Whole(0, 2)]",
])
def test_a_record_must_say_what_each_field_is(hint):
    body = {"__annotations__": {"claimant": "Given[str]", "odd": hint}, "__module__": __name__}
    vague = dataclass(frozen=True)(type("Vague", (KeyRecord,), body))
    with pytest.raises(TypeError, match=r"^Vague\.odd: say what it must be"):
        vague.read({"odd": 3}, HONEST, claimant="alice")


MINE = '''
from dataclasses import dataclass
from typing import Annotated, Literal
from arena.strategies import Scheme
from arena.strategies.keys import Committed, Given, KeyRecord
from arena.strategies.marks import Exactly

@dataclass(frozen=True)
class Key(KeyRecord):
    domain = "mine/1"
    claimant: Given[str]
    seed: Annotated[bytes, Exactly(32), Committed()]
    kind: Annotated[Literal["odd", "even"], Committed()] = "odd"

@dataclass(frozen=True)
class Mine(Scheme):
    """a scheme whose key costs five lines"""
    record = Key

    def draw_key(self, workshop):
        return Key("alice", bytes(32))
'''


def test_a_key_type_of_ones_own_costs_its_own_lines(tmp_path):
    """From a user's file: shown, committed to and read without another line."""
    (tmp_path / "mine.py").write_text(MINE)
    mine = part_called("mine.py:Mine", tmp_path)
    shown = mine().open_key(mine().draw_key(None))
    assert shown == {"seed": bytes(32), "kind": "odd"}
    assert mine.commitment(shown, "alice") != mine.commitment(shown, "eve")
    assert mine.record.read(shown, HONEST, claimant="alice") == mine().draw_key(None)
    with pytest.raises(Malformed, match=r"^kind must be odd or even, not 'both'$"):
        mine.record.read({**shown, "kind": "both"}, HONEST, claimant="alice")
