"""How a keyed message is cut into a problem: HMAC and the padding of SHA-256 (FIPS 180-4, 5.1.1) say where, and what is
refused has its limit on both sides."""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from arena.forging.engine.code.sha import chain, unwords
from arena.forging.engine.problem import Problem, key_blocks, make_problem

WANTED = np.arange(8) % 5


def cut(length: int, byte: int, secret: bytes = b"k", s: int = 8, **changes: object) -> Problem:
    """A message of so many bytes, none of them 0, with all bits of one byte free."""
    return replace(make_problem(secret, b"\xff" * length, range(8 * byte, 8 * byte + 8), np.arange(s) % 5, 5,
                                -(-s // 5)), **changes)


@pytest.mark.parametrize("length", [0, 1, 20, 63, 64, 65, 100, 128, 200])
def test_key_blocks_are_those_of_hmac(length: int) -> None:
    secret = bytes(range(1, 1 + length)) if length < 255 else b""
    inner, outer = key_blocks(secret)
    assert len(inner) == len(outer) == 64
    assert (
        hashlib.sha256(outer + hashlib.sha256(inner + b"message").digest()).digest()
        == hmac.new(secret, b"message", hashlib.sha256).digest()
    )


@pytest.mark.parametrize(("length", "byte", "blocks", "flippable"), [
    (1, 0, 1, 1), (55, 0, 1, 55), (55, 54, 1, 55), (56, 0, 2, 56), (56, 55, 2, 56), (63, 62, 2, 63), (64, 63, 2, 64),
    (65, 64, 1, 1), (119, 118, 1, 55), (120, 100, 2, 56), (100, 10, 2, 64),
    (119, 0, 2, 64), (119, 63, 2, 64), (128, 64, 2, 64), (247, 192, 1, 55)])
@pytest.mark.parametrize("fill", [b"\xff", b"\0", b"\x80"])
def test_the_tail_begins_at_the_block_of_the_free_bits(length: int, byte: int, blocks: int, flippable: int,
                                                       fill: bytes) -> None:
    message, start = fill * length, byte // 64 * 64
    problem = make_problem(b"k", message, [8 * byte + 7, 8 * byte], WANTED, 5, 3)
    padded = message + b"\x80" + b"\0" * ((55 - length) % 64) + struct.pack(">Q", 8 * (64 + length))
    assert (type(problem.tail_blocks) is int and (problem.tail, problem.tail_blocks,
                                                  problem.flippable) == (padded[start:], blocks, flippable))
    assert problem.free == (8 * (byte - start) + 7, 8 * (byte - start)) and problem.tries == 4
    inner, outer = key_blocks(b"k")
    assert problem.before == inner + padded[:start] and problem.before_outer == outer
    digest = hmac.new(b"k", message, hashlib.sha256).digest()
    assert unwords(chain(problem.inner, problem.tail)) == hashlib.sha256(inner + message).digest()
    assert unwords(chain(problem.outer, hashlib.sha256(inner + message).digest() + b"\x80" + bytes(23)
                         + struct.pack(">Q", 8 * 96))) == digest


def test_each_bit_of_the_counter_flips_its_own() -> None:
    problem = make_problem(b"k", bytes(10), [3, 79, 8], WANTED, 5, 3)
    tails = [problem.flipped(counter)[:10] for counter in range(8)]
    assert tails == [bytes([8 * (n & 1), n >> 2 & 1, *[0] * 7, 128 * (n >> 1 & 1)]) for n in range(8)]
    assert problem.flipped(0) == problem.tail and problem.flipped(5)[10:] == problem.tail[10:]


@pytest.mark.parametrize(("length", "free", "words"), [
    (10, [-1], "must lie in the message"), (10, [80], "must lie in the message"), (10, [89], "must lie in the message"),
    (10, [10_000], "must lie in the message"), (10, [0, 80], "must lie in the message"),
    (10, [], "must lie in the message"), (66, [8 * 63 + 7, 8 * 64], "more than one block"),
    (120, [7], "last two blocks"), (184, [8 * 63], "last two blocks")])
def test_bits_that_cant_be_flipped(length: int, free: list[int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make_problem(b"k", bytes(length), free, WANTED, 5, 3)


def test_labels_and_table_are_whole_numbers_and_without_a_table_nothing_is_given_up_early() -> None:
    problem = make_problem(b"k", bytes(10), [0], [1, 2] * 10, 5, 18)  # type: ignore[arg-type]
    assert (problem.wanted.dtype == np.int64 == problem.thresholds.dtype and problem.thresholds.tolist() == [6, 14, 18]
            and problem.classes == 5)
    given = make_problem(b"k", bytes(10), [0], [1, 2] * 10, 5, 18, [1, 2, 18])  # type: ignore[arg-type]
    assert given.thresholds.tolist() == [1, 2, 18] and given.thresholds.dtype == np.int64
    for wrong in ([1, 2, 17], [1, 2, 19], [18, 2, 1]):
        with pytest.raises(ValueError, match=f"the table ends with {wrong[-1]}, not with m = 18"):
            make_problem(b"k", bytes(10), [0], [1, 2] * 10, 5, 18, wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(("s", "blocks"), [(1, 1), (7, 1), (8, 1), (9, 2), (16, 2), (17, 3), (40, 5), (3000, 375)])
def test_labels_come_in_blocks_of_eight(s: int, blocks: int) -> None:
    assert cut(100, 90, s=s).blocks == blocks


FINE = cut(100, 90)
PADDED = bytes(range(1, 51)) + b"\x80" + bytes(11) + b"\x03\x90"


@pytest.mark.parametrize("changes", [
    {"classes": 2, "wanted": np.array([0, 1])}, {"classes": 1 << 31}, {"classes": 5, "wanted": np.array([4] * 8)},
    {"wanted": np.array([0])}, {"free": ()}, {"free": (0,)},
    {"tail": PADDED, "free": (0, 399)}, {"tail": b"\1" * 64 + PADDED, "free": (0, 511)},
    {"tail": b"\1" * 64 + PADDED, "free": tuple(range(62))}])
def test_what_can_be_searched(changes: dict[str, object]) -> None:
    assert replace(FINE, **changes).classes >= 2


@pytest.mark.parametrize(("changes", "words"), [
    ({"tail": b""}, "two states"), ({"tail": PADDED[1:]}, "two states"), ({"tail": b"\1" + PADDED}, "two states"),
    ({"tail": b"\1" * 63 + PADDED}, "two states"),
    ({"tail": b"\1" * 65 + PADDED}, "two states"), ({"tail": b"\1" * 128 + PADDED}, "two states"),
    ({"tail": b"\1" * 32}, "two states"), ({"tail": b"\1" * 66}, "two states"),
    ({"inner": (0,) * 7}, "two states"), ({"inner": (0,) * 9}, "two states"),
    ({"outer": (0,) * 7}, "two states"), ({"outer": (0,) * 9}, "two states"), ({"free": (0, 0)}, "differ"),
    ({"free": (-1,)}, "differ"), ({"free": (5, -1)}, "differ"),
    ({"tail": PADDED, "free": (400,)}, "0..49 "), ({"tail": PADDED, "free": (0, 400)}, "differ"),
    ({"tail": b"\1" * 64 + PADDED, "free": (512,)}, "0..63 "),
    ({"tail": bytes(64), "free": (0,)}, "differ"), ({"tail": b"\1" * 64 + PADDED, "free": tuple(range(63))},
                                                    "62 free bits"),
                                                    ({"classes": 1, "wanted": np.zeros(8, int)}, "2 to 2"),
    ({"classes": 0, "wanted": np.zeros(8, int)}, "2 to 2"), ({"classes": (1 << 31) + 1}, "2 to 2"),
    ({"wanted": np.array([], int)}, "at least one label"),
    ({"wanted": np.array([-1, *[0] * 7])}, "no class"), ({"wanted": np.array([6, *[0] * 7])}, "no class"),
    ({"wanted": np.array([0, 5, 0, 0, 0, 0, 0, 0])}, "no class"),
    ({"wanted": np.zeros(9, int)}, "9 labels come in 2 blocks, the table has 1"),
    ({"thresholds": np.array([0, 3])}, "blocks"), ({"thresholds": np.array([], int)}, "blocks")])
def test_what_cant_be_searched(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(FINE, **changes)


def test_a_problem_is_one_thing_that_nobody_changes() -> None:
    with pytest.raises(FrozenInstanceError):
        FINE.classes = 3  # type: ignore[misc]
    assert FINE == FINE and cut(100, 90) != FINE and hash(FINE) == hash(FINE)  # by identity: arrays can't be compared
    assert (repr(FINE.tail) not in repr(FINE) and repr(FINE.before)[:40] not in repr(FINE)
            and repr(FINE.before_outer)[:40] not in repr(FINE))
    bare = Problem(FINE.inner, FINE.tail, FINE.free, FINE.outer, FINE.wanted, FINE.classes, FINE.thresholds)
    assert bare.before == bare.before_outer == b""
