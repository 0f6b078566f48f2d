"""Who may say what, who hears it, and what crosses the door: piece by piece, without processes."""

import json
import os
import socket
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.base.errors import Malformed
from arena.base.told import told
from arena.game.ledger import Meter, Spending
from arena.game.messages import (
    CUSTOMER,
    Claim,
    Commitment,
    Demand,
    Departure,
    Deployment,
    Disclosure,
    Opening,
    Query,
    Release,
    Response,
    Verdict,
    check,
    encode,
)
from arena.game.notes import (
    NOTES,
    AccuracyNote,
    ForgeryNote,
    MarkNote,
    StageNote,
    TrainingNote,
    as_entry,
    check_note,
)
from arena.game.rules import Rules, delivered
from arena.isolation.door import Closed, Door, Late, frame, unframe

IMAGES = np.zeros((2, 1, 8, 8), np.uint8)
LABELS = np.array([1, 2])


def rules():
    out = Rules(["alice", "mallory", "eve", "victor"], ["victor"], shape=(1, 8, 8))
    out.take(0, "mallory", "all", Deployment("shop"))
    out.take(1, "victor", "mallory", Query("shop", IMAGES, 77))
    out.take(2, "alice", "victor", Claim("alice", "mallory", "shop", "rose"))
    out.take(3, "victor", "mallory", Demand("shop", 2))
    return out


def test_answers_go_to_who_asked_under_his_own_reference():
    to, body = rules().address("mallory", CUSTOMER, Response("anything", LABELS, 1))
    assert (to, body.about, body.service) == ("victor", 77, "shop") and body.labels is LABELS


@pytest.mark.parametrize(("sender", "to", "body", "reason"), [
    ("eve", "all", Response("shop", LABELS, 1), "nobody asked eve"),
    ("mallory", "all", Response("shop", LABELS, 2), "nobody asked mallory"),
    ("mallory", "all", Response("shop", LABELS[:1], 1), "1 labels for 2 images"),
    ("eve", "all", Verdict(2, "alice", "mallory", True, ("x",)), "can't say Verdict"),
    ("victor", "all", Verdict(1, "alice", "mallory", True, ("x",)), "heard no claim"),
    ("victor", "all", Verdict(2, "eve", "mallory", True, ("x",)), "another one"),
    ("victor", "alice", Verdict(2, "alice", "mallory", True, ("x",)), "doesn't tell all"),
    ("victor", "all", Departure("alice"), "can't say Departure"),
    ("victor", "eve", Demand("shop", 2), "heard no claim"), ("eve", "victor", Disclosure("shop", "", 2),
                                                             "demanded nothing of eve"),
    ("mallory", "alice", Disclosure("shop", "", 2), "'alice' demanded nothing"),
    ("eve", "mallory", Query("other", IMAGES), "deployed no service 'other'"),
    ("eve", "mallory", Query("shop", IMAGES[:, :, :4]), "shape"), ("eve", "bob", Opening("x"), "does not play"),
    ("eve", "all", Claim("eve", "mallory", "shop", "rose"), "for a verifier"),
])
def test_what_is_refused(sender, to, body, reason):
    with pytest.raises(Malformed, match=reason):
        rules().address(sender, to, body)


def test_what_passes():
    for sender, to, body in [("victor", "all", Verdict(2, "alice", "mallory", True, ("x",))),
                             ("mallory", "victor", Disclosure("shop", "", 2)),
                             ("eve", "mallory", Query("shop", IMAGES)), ("eve", "all", Deployment("another")),
                             ("alice", "all", Commitment("ab" * 32))]:
        assert rules().address(sender, to, body) == (to, body)


def test_an_answer_is_given_once():
    book = rules()
    book.address("mallory", "all", Response("shop", LABELS, 1))
    with pytest.raises(Malformed, match="nobody asked"):
        book.address("mallory", "all", Response("shop", LABELS, 1))


def test_a_released_model_is_looked_at():
    def looked(name):
        raise Malformed(f"bad {name[:3]}")

    book = Rules(["a", "v"], ["v"], looked)
    with pytest.raises(Malformed, match="bad abc"):
        book.address("a", "all", Release("abc" + "0" * 61))


def test_a_question_is_delivered_without_the_askers_name():
    entry = {"number": 9, "turn": 3, "sender": "victor", "to": "mallory", "body": encode(Query("shop", IMAGES, 2), {})}
    got = delivered(entry)
    assert got["sender"] == CUSTOMER and got["body"]["about"] == 9 and "victor" not in json.dumps(got)
    assert delivered({**entry, "body": encode(Opening("x"), {})})["sender"] == "victor"


@given(st.binary(max_size=300))
def test_rubbish_in_a_frame_is_malformed(raw):
    try:
        unframe(raw)
    except Malformed:
        return


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=4),
       st.lists(st.sampled_from([np.uint8, np.int64, np.float32]), max_size=3))
def test_a_frame_comes_back(value, kinds):
    arrays = {str(n): np.arange(6, dtype=kind).reshape(2, 3) for n, kind in enumerate(kinds)}
    back, got = unframe(frame(value, arrays)[8:])
    assert back == value and sorted(a.dtype.str for a in got.values()) == sorted({np.dtype(k).str for k in kinds})
    assert all(len(name) == 64 for name in got)


def test_the_arenas_side_never_waits_for_ever():
    ours, theirs = socket.socketpair()
    door = Door(os.dup(ours.fileno()), polls=True)
    assert door.receive() is None
    theirs.send(struct.pack(">Q", 10) + b"half")
    assert door.receive() is None
    with pytest.raises(Late):
        door.send({"x": "y" * 10_000_000}, until=0.0)
    theirs.close()
    with pytest.raises(Closed):
        door.receive()


def test_a_frame_is_no_longer_than_allowed():
    ours, theirs = socket.socketpair()
    door = Door(os.dup(ours.fileno()), polls=True)
    theirs.send(struct.pack(">Q", 1 << 60))
    with pytest.raises(Malformed, match="where 100 are the most"):
        door.receive(100)


def test_texts_of_agents_do_no_harm():
    assert told("a\x1b[2Jb\n\u2028\u202e\u2713") == "a\\u001b[2Jb\\u000a\\u2028\\u202ev"
    assert len(told("x" * 9999, 100)) == 100 and told("é ü 漢字 $%") == "é ü 漢字 $%"


@pytest.mark.parametrize("spending", [Spending(operations=-1), Spending(forwards=2**300), Spending(queries=0.5)])
def test_nobody_gets_work_back(spending):
    with pytest.raises(ValueError, match="whole numbers"):
        Meter().add(spending)


@pytest.mark.parametrize(
    ("topic", "data", "fine"),
    [
        ("stage", {"stage": "s", "model": "m", "from": "", "by": "b", "before": 0.5, "after": 1}, True),
        ("stage", {}, False),
        ("stage", 5, False),
        ("stage", {"stage": "s", "model": "m", "from": "", "by": "b", "before": 0.5, "after": 1.5}, False),
        ("stage", {"stage": "s", "model": "m", "from": "", "by": "b", "before": True, "after": 1}, False),
        ("stage", {"stage": "s", "model": "m", "source": "", "by": "b", "before": 0.5, "after": 1}, False),
        ("accuracy", {"marked": 0.9}, True),
        ("accuracy", {"marked": "x"}, False),
        ("accuracy", {"unmarked": 0.9}, False),
        ("accuracy", {"marked": 0.9, "other": 0.9}, False),
        ("accuracy", {"marked": 0.9, "unmarked": 1.1}, False),
        ("forgery", {"forgery": "f", "measured": 1.0}, True),
        ("forgery", {"forgery": "f", "measured": 1.0, "planned": "x"}, False),
        ("training", {"host": {"loss": (1.0,)}}, False),
        ("training", {"host": {"loss": (True,), "accuracy": ()}}, False),
        ("training", {"host": {"loss": (1.0,), "accuracy": ()}}, True),
        ("training", 5, False),
        ("training", {"host": {"loss": "x", "accuracy": ()}}, False),
        ("anything", {"a": [1, None, b"x"]}, True),
        ("x" * 500, 1, False),
        ("anything", float("nan"), False),
        ("mark", {"rarity": 3.0, "text": "t"}, True),
        ("mark", {}, False),
    ],
)
def test_notes(topic, data, fine):
    if fine:
        check_note(topic, data)
    else:
        with pytest.raises(Malformed):
            check_note(topic, data)


@pytest.mark.parametrize("note", [
    StageNote("s", "m", "", "b", 0.5, 1.0), AccuracyNote(0.9), AccuracyNote(0.9, 0.8), MarkNote(3.0, "t"),
    ForgeryNote("f", 1.0), ForgeryNote("f", 1.0, 2.0, 3.0, "g"),
    TrainingNote({"host": {"loss": [1.0], "accuracy": [0.5]}}),
])
def test_a_note_is_read_as_it_was_written(note):
    topic, data = as_entry(note)
    check_note(topic, data)
    assert NOTES[topic].read(data) == note


anything = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
                        | st.binary(max_size=40) | st.just(IMAGES) | st.just(LABELS)
                        | st.just(np.array([object()])) | st.just(np.full(3, np.nan)),
                        lambda inner: st.lists(inner, max_size=3)
                        | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=6)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([Commitment, Release, Deployment, Opening, Query, Response, Demand, Disclosure, Claim, Verdict]),
       st.data())
def test_any_body_is_malformed_or_can_be_sent(kind, data):
    from dataclasses import fields

    body = kind(**{f.name: data.draw(anything) for f in fields(kind)})
    try:
        check(body)
    except Malformed:
        return
    frame(encode(body, arrays := {}), arrays)
