"""What is said arrives as it was said, and nothing else can be said."""

import hashlib
import json
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from arena.base.errors import Malformed
from arena.game import messages
from arena.game.messages import (
    BODIES,
    Body,
    Claim,
    Commitment,
    Demand,
    Departure,
    Deployment,
    Disclosure,
    Envelope,
    Message,
    Opening,
    Query,
    Release,
    Response,
    Verdict,
    canonical,
    check,
    decode,
    decode_body,
    encode,
)

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.binary(max_size=8)
    | arrays.arrays(st.sampled_from([np.uint8, np.int64, np.float32]), arrays.array_shapes(max_side=4),
                    elements=st.integers(0, 9)),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text("abc", min_size=1, max_size=3),
                                                                           inner, max_size=3), max_leaves=8)


def same(a, b):
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


@given(plain)
def test_round_trip(value):
    kept = {}
    encoded = encode(value, kept)
    canonical(encoded)
    assert same(decode(encoded, kept), value)


def test_arrays_come_back_read_only():
    kept = {}
    body = decode_body(encode(Query("s", np.zeros((1, 1, 2, 2), np.uint8), 3), kept), kept)
    with pytest.raises(ValueError, match="read-only"):
        body.images[0] = 1


def test_a_float_that_is_no_number_travels_but_is_not_json():
    assert str(decode(encode({"x": float("nan")}, {}), {})["x"]) == "nan"
    canonical(encode({"x": float("inf")}, {}))


@pytest.mark.parametrize("value", [object(), {1: 2}, {"$array": 1}, np.array([object()]), lambda: 0, {1, 2}])
def test_objects_do_not_travel(value):
    with pytest.raises(TypeError):
        encode({"key": value}, {})


def test_wrong_bodies_are_value_errors():
    for raw in ({"kind": "Nonsense"}, {"kind": "Claim", "who": 1}, {}):
        with pytest.raises(ValueError):
            decode_body(raw, {})
    assert BODIES["Claim"] is Claim


# exactly what is written


def test_the_encoding_is_canonical_json():
    assert canonical({"b": [1, None, True],
                      "a": {"é\u2028": -0.5}}) == '{"a":{"é\u2028":-0.5},"b":[1,null,true]}'.encode()
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(ValueError):
            canonical({"x": wrong})


@pytest.mark.parametrize(("value", "written"), [
    (b"\x01\xff", {"$hex": "01ff"}), (b"", {"$hex": ""}), (float("nan"), {"$float": "nan"}),
    (-float("inf"), {"$float": "-inf"}), (np.float64("inf"), {"$float": "inf"}),
    (np.float32(0.5), 0.5), (np.int64(-3), -3), (np.bool_(True), True), ((1, [2.5, "x"]), [1, [2.5, "x"]]),
    (None, None), (False, False), ({}, {}), ({"a$": b"x"}, {"a$": {"$hex": "78"}}),
    (Demand("shop", 7), {"kind": "Demand", "service": "shop", "about": 7})])
def test_what_is_written(value, written):
    kept = {}
    assert encode(value, kept) == written and type(encode(value, kept)) is type(written) and not kept


def test_an_array_is_named_by_the_hash_of_its_type_shape_and_bytes():
    grid, kept = np.arange(6, dtype=np.int64).reshape(2, 3), {}
    name = hashlib.sha256(b'{"dtype":"<i8","shape":[2,3]}' + grid.tobytes()).hexdigest()
    assert encode(grid, kept) == {"$array": name, "dtype": "<i8", "shape": [2, 3]} and kept.keys() == {name}
    assert encode(np.asfortranarray(grid), {}) == encode(grid.T.copy().T, {}) == encode(grid, {})
    names = [encode(other, {})["$array"] for other in (grid, grid.reshape(3, 2), grid.astype(np.int32), grid + 1)]
    assert len(set(names)) == 4


def test_arrays_are_asked_for_with_all_that_is_known_of_them():
    kept, asked = {}, []
    written = encode({"x": np.ones(2)}, kept)
    back = decode(written, lambda head: asked.append(head) or kept[head["$array"]])
    assert asked == [written["x"]] and back["x"].tolist() == [1, 1] and not back["x"].flags.writeable
    assert kept[asked[0]["$array"]].flags.writeable and decode(written, kept)["x"] is not kept[asked[0]["$array"]]
    assert (decode([1, [{"$hex": "ff"}, "x"]], {}) == (1, (b"\xff", "x"))
            and decode({"$float": "-inf"}, {}) == -float("inf"))


# what may be said


D, IMAGES, LABELS = "ab" * 32, np.zeros((2, 1, 8, 8), np.uint8), np.array([1, 2])
SAID = [Commitment(D), Release(D), Release(D, "digits"), Deployment("shop"), Query("shop", IMAGES),
        Query("shop", IMAGES, 5), Response("shop", LABELS), Response("shop", LABELS, 2), Demand("shop"),
        Disclosure("shop", ""), Disclosure("shop", D, 3), Claim("a", "m", "shop", "rose"),
        Claim("a", "m", "shop", "rose", {"secret": b"x", "images": IMAGES}),
        Verdict(3, "a", "m", True, ("seen",)), Verdict(3, "a", "m", False, ("seen",), {"rarity": True},
                                                       {"rarity": 20.5}), Opening("rose", {"secret": b"x"}),
        Departure("a")]


@pytest.mark.parametrize("body", SAID, ids=lambda b: type(b).__name__)
def test_what_may_be_said_is_frozen_and_comes_back_whole(body):
    check(body)
    kept = {}
    back = decode_body(json.loads(canonical(encode(body, kept))), kept)
    assert type(back) is type(body) and all(same(getattr(back, f.name), getattr(body, f.name)) for f in fields(body))
    for record in (body, Envelope("all", body), Message(0, 1, "a", "all", body)):
        with pytest.raises(FrozenInstanceError):
            setattr(record, fields(record)[0].name, "other")
    assert Message(0, 1, "a", "all", body).kind == type(body).__name__


def test_what_is_left_out_says_nothing():
    assert [body.about for body in (Query("s", IMAGES), Response("s", LABELS), Demand("s"),
                                    Disclosure("s", ""))] == [-1] * 4
    assert Release(D).task == "" and Claim("a", "b", "c", "d").key == {} and Opening("x").key == {}
    verdict = Verdict(1, "a", "b", False, ("x",))
    assert ([getattr(verdict, f.name) for f in fields(verdict)][5:] == [{}, {}]
            and Claim("a", "b", "c", "d") == Claim("a", "b", "c", "d", {}))


def test_who_may_say_what():
    assert {name: kind.senders for name, kind in BODIES.items() if kind.__module__ == "arena.game.messages"} == {
        "Commitment": "anyone", "Release": "anyone", "Deployment": "anyone", "Query": "anyone", "Response": "deployer",
        "Demand": "verifier", "Disclosure": "deployer",
        "Claim": "anyone", "Verdict": "verifier", "Opening": "anyone", "Departure": "arena"}


@pytest.mark.parametrize(("body", "words"), [
    (Commitment("x"), "Commitment: digest must be a SHA-256"), (Release(D, 5), "Release: task must be text"),
    (Query("s", IMAGES, "x"), "Query: about must be a whole number"),
    (Response("s", [1]), "Response: labels must be"), (Disclosure("s", "x"), "Disclosure: model must be"),
    (Claim("a", "m", "s", "r", []), "Claim: key must be a mapping"),
    (Verdict(1, "a", "m", 1, ("x",)), "Verdict: granted must be true or false"),
    (Verdict(1, "a", "m", True, ()), "Verdict: reasons must be"), (5, "not int"), (None, "not NoneType"),
    (Envelope("all", Opening("x")), "not Envelope"), (Claim, "not type")])
def test_what_may_not_be_said(body, words):
    with pytest.raises(Malformed, match=words):
        check(body)


@pytest.mark.parametrize("module", ["agent", __name__])
@pytest.mark.parametrize("name", ["Invention", "Claim"])
def test_a_body_of_ones_own_is_none_whatever_its_name(name, module, monkeypatch):
    monkeypatch.setattr(messages, "BODIES", dict(BODIES))
    own = type(name, (Body,), {"__module__": module})
    assert messages.BODIES[name] is own
    with pytest.raises(Malformed, match=f"not {name}"):
        check(own())
    fake = type(name, (Body,), {"__module__": "arena.game.messages"})
    messages.BODIES[name] = Claim
    with pytest.raises(Malformed, match=f"not {name}"):
        check(fake())


def test_a_wrong_body_is_said_with_its_kind():
    for raw, words in (({"kind": "Nonsense"}, "unknown message kind 'Nonsense'"), ({}, "unknown message kind None"),
                       ({"kind": "Claim", "who": 1}, "^Claim: .*who"),
                       ({"kind": "Departure"}, "^Departure: .*agent")):
        with pytest.raises(ValueError, match=words):
            decode_body(raw, {})
