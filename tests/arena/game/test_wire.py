"""The limits of what a message may hold, on both sides of each: the last that passes and the first that doesn't."""

import numpy as np
import pytest

from arena.base.errors import Malformed
from arena.game import wire


class Text(str):
    """Text that isn't plain text: a subclass may lie about itself."""


class Whole(int):
    """Likewise."""


def nested(depth, inner=0):
    """Lists around `inner`."""
    for _ in range(depth):
        inner = [inner]
    return inner


HEX = "0123456789abcdef" * 4
AT_THE_LIMIT = [
    (wire.words, ["", "x" * 200, "é漢", "\ud7ff", "\ue000"], ["x" * 201, 5, None, b"x", Text("x"), "\ud800", "a\udfff",
                                                             "\udbffb"]),
    (wire.digest, [HEX, "0" * 64], [HEX[:-1], HEX + "0", HEX.upper(), HEX[:-1] + "g", HEX[:-1] + "\n", HEX + "\n", "",
                                    None, Text(HEX), HEX.encode()]),
    (wire.maybe_digest, ["", HEX], ["0", Text(""), Text(HEX), None, b""]),
    (wire.number, [0, -1, 2**63 - 1, 1 - 2**63], [2**63, 2**63 + 1, -(2**63), -(2**63) - 1, 1.0, True, None, "1",
                                                  Whole(1), np.int64(1)]),
    (wire.flag, [True, False], [1, 0, None, "true", np.True_]),
    (wire.images, [np.zeros((1, 1, 2, 2), np.uint8), np.zeros((100_000, 1, 1, 1), np.uint8),
                   np.zeros((2, 0, 1, 1), np.uint8)],
     [np.zeros((0, 1, 2, 2), np.uint8), np.zeros((100_001, 1, 1, 1), np.uint8), np.zeros((1, 2, 2), np.uint8),
      np.zeros((1, 1, 1, 2, 2), np.uint8),
      np.zeros((1, 1, 2, 2), np.int8), np.zeros((1, 1, 2, 2), bool), np.zeros((1, 1, 2, 2), np.float32), [[[[0]]]],
      None]),
    (wire.labels, [np.array([], np.int64), np.array([0, 1_000_000])],
     [np.array([-1, 5]), np.array([5, -1]), np.array([0, 1_000_001]), np.array([1_000_001, 0]), np.array([[1]]),
      np.array(1), np.array([1], np.int32), np.array([1.0]), [1], None]),
    (wire.plain_array, [np.zeros((1,) * 8), np.array(True), np.array([2**64 - 1], np.uint64),
                        np.array([1.5], np.float16), np.zeros(0)],
     [np.zeros((1,) * 9), np.array([1j]), np.array([1], np.longdouble), np.array(["x"]), np.array([object()]),
      np.array([np.nan]), np.array([0, np.inf]),
      np.array([-np.inf], np.float32), np.ma.array([1]), np.array(["2020"], "M8[D]"), [1.0], None]),
    (wire.reasons, [("x",), ["x"] * 100, ("x" * 10_000,), ("",)],
     [(), [], ("x",) * 101, ("x" * 10_001,), ("fine", 5), ("\ud800",), (Text("x"),), "x", {"x": 1}, {"x"}, None]),
    (wire.checks, [{}, {"x" * 200: True}, {str(n): False for n in range(100)}],
     [{str(n): False for n in range(101)}, {"x" * 201: True}, {"x": 1}, {5: True}, {"fine": True, "x": None},
      [("x", True)], None]),
    (wire.plain, [{}, {"x": None}, {"x" * 200: 1}, {"a$": 1}],
     [{"$x": 1}, {"$": 1}, {1: 2}, {"x" * 201: 1}, {"x": {"$array": 1}}, {"x": [{3: 1}]}, [], None, "x"]),
    (wire.plain_value, ["x" * 10_000, bytes(1 << 20), nested(8), nested(7, {"x": 1}), [0] * 19_999,
                        {str(n): 0 for n in range(19_999)}, None, True, np.True_, 0.5, np.float32(0.5),
                        2**63 - 1, 1 - 2**63, np.int64(5), np.uint64(2**63 - 1), np.zeros(3), ("a", [b"b"]), "\ud7ff"],
     ["x" * 10_001, bytes((1 << 20) + 1), nested(9), nested(8, {"x": 1}), [0] * 20_000,
      {str(n): 0 for n in range(20_000)}, [[0] * 9_999, [0] * 9_999], 2**63, 2**63 + 1, -(2**63), -(2**63) - 1,
      np.uint64(2**63), float("nan"), float("inf"), -float("inf"), np.float32("nan"), "\udc00", object(), {1, 2}, 1j,
      np.complex64(1), np.array([np.nan]), bytearray(b"x")]),
]


@pytest.mark.parametrize(("check", "value"), [(check, value) for check, fine, _ in AT_THE_LIMIT for value in fine],
                         ids=lambda x: getattr(x, "__name__", "value"))
def test_what_lies_within_the_limits_passes(check, value):
    assert check(value) is None


@pytest.mark.parametrize(("check", "value"), [(check, value) for check, _, wrong in AT_THE_LIMIT for value in wrong],
                         ids=lambda x: getattr(x, "__name__", "value"))
def test_what_lies_beyond_is_malformed(check, value):
    with pytest.raises(Malformed):
        check(value)


def test_what_is_wrong_is_said_with_the_type():
    for check, value, words in ((wire.plain, [1], "must be a mapping, not list"),
                                (wire.plain_array, [1], "must be an array of plain numbers, not list"),
                                (wire.plain_value, {1}, "can't carry a set")):
        with pytest.raises(Malformed, match=words):
            check(value)


@pytest.mark.parametrize(("value", "size"), [
    (np.zeros((3, 5), np.float32), 60), (np.zeros(0), 0), ("four", 4), (b"12345", 5), ("", 0),
    ({"key": "four", "other": b"12"}, 6), ({}, 0), (["four", ("12", b"1")], 7), ([], 0),
    (5, 8), (0.5, 8), (None, 8), (True, 8), ({"a": [1, 2], "b": np.zeros(2)}, 32)])
def test_size_is_that_of_arrays_bytes_and_texts(value, size):
    assert wire.size_of(value) == size


ODD = [
    None,
    True,
    1,
    1.5,
    "",
    "x",
    b"",
    b"x",
    [],
    (),
    {},
    {"a": 1},
    np.zeros(3),
    np.zeros((2, 2), np.uint8),
    np.zeros(0),
    np.array("x"),
    np.array([None]),
    np.float32(1),
    np.str_("x"),
    float("nan"),
    object(),
    type,
    lambda: 1,
    2**100,
    "\ud800",
    [np.zeros(2)],
    {1: 2},
    {"a": np.zeros(3)},
]


@pytest.mark.parametrize(
    "right",
    [
        wire.words,
        wire.digest,
        wire.maybe_digest,
        wire.number,
        wire.flag,
        wire.images,
        wire.labels,
        wire.plain_array,
        wire.reasons,
        wire.checks,
        wire.plain,
        wire.plain_value,
    ],
    ids=lambda f: f.__name__,
)
def test_whatever_a_field_holds_it_is_right_or_malformed(right):
    """No comparison of an array, no missing attribute: nothing else is raised, by any check, of any value."""
    passed = 0
    for value in ODD:
        try:
            right(value)
            passed += 1
        except Malformed:
            pass
    assert passed < len(ODD)
