"""What is said arrives as it was said, and nothing else can be said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from arena.game.messages import BODIES, Claim, Query, canonical, decode, decode_body, encode

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=8) | st.binary(max_size=8)
    | arrays.arrays(st.sampled_from([np.uint8, np.int64, np.float32]), arrays.array_shapes(max_side=4), elements=st.integers(0, 9)),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3), max_leaves=8)


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
