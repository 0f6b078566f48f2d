"""Keys: what is committed to and drawn stays what it was, bit for bit; whatever a claim holds is the key that it shows, or Malformed."""

import hashlib
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from types import SimpleNamespace
from typing import Annotated, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import nn

from agents.schemes import _key_samples as samples
from agents.schemes import negative_correlation, rose, uchida
from agents.schemes.adi import Adi
from agents.schemes.content import Content
from agents.schemes.deepsigns import Deepsigns
from agents.schemes.exponential_weighting import ExponentialWeighting
from agents.schemes.label_change import LabelChange
from agents.schemes.noise import Noise
from arena.base.errors import Malformed
from arena.forging.hashing import MOST_COST, check_cost, frame, sha256
from arena.game.messages import decode, encode
from arena.strategies.keys import Committed, Flawed, Given, KeyRecord, Named
from arena.strategies.marks import Array, Exactly, Images, Labels, Text, Whole
from arena.testing import small_workshop
from arena.workshop.loot import Copy

SECRET, CLASSES = b"s" * 32, 10
IMAGES = (np.arange(6 * 64) * 7 % 256).astype(np.uint8).reshape(6, 1, 8, 8)
IMAGES[:, 0, 0, 0] = np.arange(6)
TRUTH = np.arange(6)


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


class TestPinned:
    """What was committed to once must be found again: digests, labels and draws as they were before keys were described."""

    @pytest.mark.parametrize(("level", "commitment", "labels"), [
        (0, "f8e5999f137d389f46f7c95ad25607fe", [0, 2, 4, 7, 4, 0]), (1, "1ae61eddc3edcb1ec89bfdfad5e2e136", [1, 0, 7, 7, 6, 0]),
        (2, "e5dd6ffebef89c58ff12c941088c69e4", [3, 2, 3, 9, 9, 6]), (3, "b276078ea090a12c632925669e95d5fd", [7, 4, 8, 8, 2, 0])])
    def test_rose(self, level, commitment, labels):
        key = rose.Key("alice", level, SECRET, IMAGES, CLASSES, 16 if level == 3 else 0)
        assert rose.Rose.commitment(key.fields(), "alice").startswith(commitment) and key.labels().tolist() == labels

    def test_rose_cut_short(self):
        assert rose.Key("alice", 2, SECRET, IMAGES, CLASSES, seed_bits=12).labels().tolist() == [5, 6, 3, 5, 9, 9]

    @pytest.mark.parametrize(("rule", "scheme", "commitment", "labels"), [
        ("changed", LabelChange, "0cffb44444f19251ddff0e7052159a61", [3, 6, 0, 8, 9, 6]), ("target", Content, "96833dcd3f3f0b845fb09dc5b489c6a3", [8] * 6),
        ("true", Adi, "9e7154b9394b496d154885a92058f31b", [0, 1, 2, 3, 4, 5])])
    def test_key_samples(self, rule, scheme, commitment, labels):
        key = samples.Key("alice", SECRET, IMAGES, TRUTH, CLASSES, rule, "label-change")
        assert scheme.commitment(key.fields(), "alice").startswith(commitment) and key.labels.tolist() == labels

    @pytest.mark.parametrize(("more", "commitment", "message", "projection"), [
        ({"bits": 16}, "119d7cd9f1ec024c05c77ee74697cb50", "955392d65490f8f5", "b09307e608fb4b5a"),
        ({"bits": 16, "kind": "diff"}, "44f2582d17d61f436ac1d714e065d039", "fb3a07694b516626", "b9a69da5f2ba914c"),
        ({"bits": 256, "code": True}, "a7318a9a1ec81f10f7086d3f45dd471a", "70323f45fc3265b5", "382ac0d93927423c")])
    def test_uchida(self, more, commitment, message, projection):
        key = uchida.Key("alice", SECRET, "features.3", **more)
        assert uchida.Uchida.commitment(key.fields(), "alice").startswith(commitment)
        assert (digest(key.message), digest(key.projection(20))) == (message, projection)

    def test_uchida_chosen(self):
        fields = {**uchida.Key("alice", SECRET, "features.3", 4).fields(), "projection": np.arange(8, dtype=np.float32).reshape(4, 2),
                  "message": np.array([0, 1, 1, 0], np.uint8)}
        assert uchida.Uchida.commitment(fields, "alice").startswith("2d30b53de1b41c87070cbfd34fb8e149")

    @pytest.mark.parametrize(("more", "commitment", "sequence"), [
        ({}, "8f2bf0fb3c5ac5f4ce1882f87f7f74c1", "de84085619cccff8"),
        ({"codebook": "simplex", "index": 3, "sign": "positive"}, "9ceddbbfa2ef630fbaad40bb4df5208c", "b065bf7c8debbe0a"),
        ({"chosen": np.arange(5, dtype=np.float32)}, "94863693142b1f243bd7bc5452c64957", "8deb90668ea3a684")])
    def test_negative_correlation(self, more, commitment, sequence):
        key = negative_correlation.Key("alice", SECRET, **more)
        assert negative_correlation.NegativeCorrelation.commitment(key.fields(), "alice").startswith(commitment)
        assert digest(key.sequence(1, 50)) == sequence

    @pytest.mark.parametrize(("scheme", "commitment", "labels"), [
        (rose.Rose(20), "fa1eb1cb8fb449d545fd57317a74759b", "f2e5178e9f3b78d4"),
        (rose.Rose(20, 3, memory=16), "0a4c0afec3fef2daacf6d431c9dff655", "bb3d2903e8b1c324"),
        (LabelChange(20), "61c200d52922ab89292892f3da751104", "8f3d533f3e09a420"),
        (ExponentialWeighting(20), "37176b3c51fba4b1e30aa281b068bb01", "479f4f9c1a346cc9"),
        (Adi(20), "c19f818f7e747537f983e111cfeb17fc", "71407ff74f95b057"), (Deepsigns(20), "6735006e879e453cedc13c34b2ac8804", "0047b8d14b51b6ba"),
        (Content(20, overlay="heart-grey"), "e873deec0ae47508f0f7efa37147b137", "24234870b8aa4c95"),
        (Noise(20), "432c7b6926d3691f0000f68f5284aa33", "24234870b8aa4c95"), (uchida.Uchida(64), "2ee6d7b7702c83d6ccc5499552920c5f", None),
        (negative_correlation.NegativeCorrelation(2), "402b42ffc24654719707a0951d845c07", None)], ids=str)
    def test_what_is_drawn(self, scheme, commitment, labels, store):
        fields = scheme.open_key(scheme.draw_key(small_workshop(store, "alice")))
        assert scheme.commitment(fields, "alice").startswith(commitment) and (labels is None or digest(fields["labels"]) == labels)

    def test_what_a_forger_takes(self, store):
        images, labels = Copy("eve", nn.Identity(), small_workshop(store, "eve")).some_images(9)
        assert digest(images) == "ed16f5f2ad724b19" and labels.tolist() == [5, 0, 3, 6, 0, 6, 6, 8, 4]


class Bytes(bytes):
    pass


class Number(int):
    pass


class Words(str):
    pass


HONEST = SimpleNamespace(classes=CLASSES, shape=(1, 8, 8), flaws={})
FLAWED = SimpleNamespace(classes=CLASSES, shape=(1, 8, 8), flaws={"chosen-keys": 1, "trust-floats": 1})
PIXELS = np.random.default_rng(0).normal(0, 9, IMAGES.shape).astype(np.float32)
SAMPLES = {"claimant": "alice", "classes": CLASSES, "scheme": "label-change"}
X, B = np.ones((4, 7), np.float32), np.array([0, 1, 1, 0], np.uint8)
RECORDS = {  # name -> (key, what a claim does not show, who reads it)
    **{f"rose {level}": (rose.Key("alice", level, SECRET, IMAGES, CLASSES, 16 if level == 3 else 0), {"claimant": "alice", "classes": CLASSES}, HONEST)
       for level in range(4)},
    "rose with floats": (rose.Key("alice", 2, SECRET, IMAGES, CLASSES, floats=PIXELS), {"claimant": "alice", "classes": CLASSES}, FLAWED),
    **{f"key samples, {rule}": (samples.Key("alice", SECRET, IMAGES, TRUTH, CLASSES, rule, "label-change"), {**SAMPLES, "rule": rule}, HONEST)
       for rule in ("changed", "target", "true")},
    "uchida": (uchida.Key("alice", SECRET, "features.3", 16, "diff"), {"claimant": "alice"}, HONEST),
    "uchida, coded": (uchida.Key("alice", SECRET, "features.3", 252, code=True), {"claimant": "alice"}, HONEST),
    "uchida, chosen": (uchida.Key("alice", SECRET, "features.3", 4, chosen_projection=X, chosen_message=B), {"claimant": "alice"}, FLAWED),
    "negative correlation": (negative_correlation.Key("alice", SECRET, 3, 4, "positive", "simplex"), {"claimant": "alice"}, HONEST),
    "negative correlation, chosen": (negative_correlation.Key("alice", SECRET, chosen=X[0]), {"claimant": "alice"}, FLAWED),
}
ANYTHING = [
    None, True, -1, 10**30, 10**5000, 1.0, float("nan"), float("inf"), "", "\ud800", b"", b"x", [], [1, 2], (1,), {}, {"a": {"b": 1}}, object(), int,
    Bytes(SECRET), Number(2), Words("random"), bytearray(32), np.int64(2), np.float32(1), np.bool_(True), np.array([object()]), np.zeros(3, complex),
    np.zeros((1,) * 9), np.ma.array(IMAGES), np.zeros(0), np.array(3),
]
SECRETS = [b"s" * 31, b"s" * 33, "s" * 32, bytearray(SECRET), np.frombuffer(SECRET, np.uint8), list(SECRET), SECRET.hex()]
PICTURES = [
    IMAGES.astype(np.int64), IMAGES.astype(np.float32), IMAGES.astype(np.int8), IMAGES[:0], IMAGES[0], IMAGES.reshape(6, 64), IMAGES.reshape(6, 8, 8, 1),
    IMAGES[:, :, :, :7], IMAGES.repeat(3, 1), np.concatenate([IMAGES, IMAGES[:1]]), np.zeros((10_001, 1, 8, 8), np.uint8), IMAGES.tolist(),
]
CLASS_NUMBERS = [
    np.arange(5), np.arange(7), np.arange(6).astype(np.int32), np.arange(6).astype(">i8"), np.arange(6.0), np.full(6, CLASSES), np.full(6, -1),
    np.arange(6)[None], np.arange(6).tolist(), np.full(6, 2**62),
]
WRONG = [  # records, field, what it must not be beside ANYTHING
    ("rose*", "level", [4, 2.0, Number(2), True, "2"]), ("rose*", "secret", SECRETS), ("rose*", "images", PICTURES),
    ("rose*", "labels", [*CLASS_NUMBERS, np.zeros(6, np.int64)]), ("rose [012w]*", "memory", [1, 16, 2**20, 2.0, False, Number(0)]),
    ("rose 3", "memory", [0, 1, 2, 8, 15, 17, 24, 2**20 + 1, 2**21, 16.0, Number(16), "16"]),
    ("rose w*", "floats", [PIXELS.astype(float), PIXELS[:5], PIXELS[:, :, :7], PIXELS.ravel(), PIXELS + np.float32("nan"), PIXELS + np.float32("inf"),
                           PIXELS.tolist()]),
    ("key*", "secret", SECRETS), ("key*", "images", PICTURES), ("key*", "truth", CLASS_NUMBERS),
    ("key*", "labels", [*CLASS_NUMBERS, np.zeros(6, np.int64)]),
    ("uchida*", "seed", SECRETS), ("uchida*", "layer", ["x" * 201, "\udfff", Words("features.3"), b"features.3", 3]),
    ("uchida*", "bits", [0, -1, 65_537, 16.0, True, Number(16), "16", np.int64(16)]),
    ("uchida*", "kind", ["odd", "", Words("diff"), b"diff", ["diff"], np.array("diff")]), ("uchida*", "code", [0, 1, "true", np.bool_(False)]),
    ("uchida", "code", [True]), ("uchida", "projection", [np.ones((16, 7), np.float32)]), ("uchida", "message", [np.zeros(16, np.uint8)]),
    ("uchida, coded", "bits", [251]), ("uchida, coded", "kind", ["direct", "diff"]),
    ("uchida, chosen", "projection", [X[:3], X[0], X.astype(float), X.astype(np.float16), X * np.float32("nan"), X * np.float32("inf"), X.tolist()]),
    ("uchida, chosen", "message", [B[:3], B[None], B.astype(bool), B.astype(np.int64), B + np.uint8(1), B.tolist()]),
    ("uchida, chosen", "bits", [3, 5, 252]), ("uchida, chosen", "code", [True]),
    ("neg*", "seed", SECRETS), ("neg*", "index", [-1, 1024, False, 0.0, Number(3)]), ("neg*", "regions", [0, -1, 1025, 4.0, Number(4)]),
    ("neg*", "sign", ["up", "", Words("positive"), 1, -1]), ("neg*", "codebook", ["x", Words("simplex"), ("simplex",)]),
    ("negative correlation", "sequence", [X[0], np.zeros(0, np.float32)]),
    ("neg*, chosen", "sequence", [X, X[0].astype(float), np.array(1, np.float32), X[0].tolist(), X[0] * np.float32("nan"), X[0] * np.float32("inf")]),
]
plain = st.none() | st.booleans() | st.integers(-3, 300) | st.integers() | st.floats() | st.text(max_size=5) | st.binary(min_size=32, max_size=32) | arrays.arrays(
    st.sampled_from([np.uint8, np.int64, np.float32]), arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=8))
OPTIONAL = {("rose with floats", "floats"), ("negative correlation, chosen", "sequence")}


def read(name, shown):
    key, given_, where = RECORDS[name]
    return type(key).read(shown, where, **given_)


def wrong(name, field):
    """What a field of a record must not be; the right value may be among them."""
    return [*ANYTHING, *(value for records, which, values in WRONG if which == field and fnmatch(name, records) for value in values)]


def same(one, two):
    """Whether two values are encoded alike; what no message can carry is like nothing."""
    try:
        return encode(one, {}) == encode(two, {})
    except (TypeError, ValueError):
        return False


@pytest.mark.parametrize("name", RECORDS)
class TestEveryRecord:
    def test_a_right_one_comes_back(self, name):
        key, given_, where = RECORDS[name]
        kept = {}
        shown = decode(encode(key.fields(), kept), kept)
        back = type(key).read(shown, where, **given_)
        assert same(back.fields(), key.fields()) and vars(back).keys() >= given_.keys()
        assert all(getattr(back, field) == value for field, value in given_.items())
        assert back.commit(shown, "alice") == key.commit(key.fields(), "alice")

    def test_fields_are_neither_fewer_nor_more(self, name):
        shown = RECORDS[name][0].fields()
        for field in shown.keys() - {"floats"}:
            with pytest.raises(Malformed, match=rf"such a key has the fields .*: this one lacks {field}$"):
                read(name, {other: value for other, value in shown.items() if other != field})
        for field in ("x", "claimant", "classes", "chosen", 3, None, (), "x" * 9999):
            with pytest.raises(Malformed, match=r"such a key has the fields .*: this one adds "):
                read(name, {**shown, field: 1})
        for nothing in (None, [], b"", "fields", 3, list(shown.items())):
            with pytest.raises(Malformed, match="a key is a mapping of fields, not "):
                read(name, nothing)
        with pytest.raises(Malformed, match="this one lacks"):
            read(name, {})

    def test_whatever_else_a_field_holds_is_malformed(self, name):
        """Every kind of wrong value in every field: one that passes must be the right one after all."""
        shown = RECORDS[name][0].fields()
        for field, right in shown.items():
            for value in wrong(name, field):
                if (type(value) is type(right) and same(value, right)) or (value is None and (name, field) in OPTIONAL):
                    continue
                with pytest.raises(Malformed) as caught:
                    read(name, {**shown, field: value})
                assert len(str(caught.value)) < 300, (field, value)

    @given(data=st.data())
    @settings(max_examples=60, deadline=None)
    def test_what_is_read_is_what_was_shown(self, name, data):
        """A claim with any fields changed is malformed, or a key that shows the very same."""
        shown = dict(RECORDS[name][0].fields())
        for field in data.draw(st.lists(st.sampled_from(sorted(shown)), min_size=1, max_size=3)):
            odd = [value for value in wrong(name, field) if type(value) is not int]
            shown[field] = data.draw(plain | st.sampled_from(odd))
        try:
            back = read(name, shown)
        except Malformed:
            return
        assert same({"floats": None, **back.fields()}, {"floats": None, **shown})


@pytest.mark.parametrize("name", [name for name, (key, given_, _) in RECORDS.items() if key.derived and given_.get("rule") != "true"])
def test_the_labels_are_the_claimants_own(name):
    key, given_, where = RECORDS[name]
    with pytest.raises(Malformed, match=r"^the labels are not those that the key gives for this claimant$"):
        type(key).read(key.fields(), where, **{**given_, "claimant": "eve"})


def test_what_only_a_flawed_verifier_hears():
    """A field of the claimant's own choice is refused by its name, and pixels beside the hashed ones are not even a field."""
    for name, field, fault in (("uchida, chosen", "projection", "projection is not for the claimant to choose: X and b must come from the committed seed"),
                               ("negative correlation, chosen", "sequence", "sequence is not for the claimant to choose: it must come from the committed seed"),
                               ("rose with floats", "floats", "has the fields images, labels, level, memory, secret: this one adds 'floats'")):
        key, given_, where = RECORDS[name]
        assert type(key).read(key.fields(), where, **given_).fields()[field] is not None
        with pytest.raises(Malformed, match=fault):
            type(key).read(key.fields(), HONEST, **given_)
    key = RECORDS["rose 2"][0]
    assert rose.Key.read(key.fields(), FLAWED, claimant="alice", classes=CLASSES).seen is not None  # floats may be left out
    with pytest.raises(Malformed, match="this one adds 'floats'"):
        rose.Key.read({**key.fields(), "floats": None}, HONEST, claimant="alice", classes=CLASSES)


def test_the_model_sees_the_hashed_pixels_and_trusted_floats_on_top():
    key, pushed = RECORDS["rose 2"][0], RECORDS["rose with floats"][0]
    assert key.seen is key.images and np.array_equal(pushed.labels(), key.labels())
    assert np.array_equal(pushed.seen, np.clip(np.rint(IMAGES + PIXELS), 0, 255)) and pushed.seen.dtype == np.uint8
    extremes = replace(key, floats=np.where(IMAGES % 2, np.float32(1e30), np.float32(-1e30)))
    assert np.array_equal(extremes.seen, np.where(IMAGES % 2, 255, 0))


@pytest.mark.parametrize("name", RECORDS)
def test_a_commitment_fixes_what_is_marked_and_the_claimant(name):
    key = RECORDS[name][0]
    shown = key.fields()
    digests = {key.commit(shown, "alice"), key.commit(shown, "eve"), key.commit(shown, "alice", "adi"), key.commit(shown, "alice", "noise")}
    other = {"level": 9, "secret": b"t" * 32, "images": IMAGES[::-1], "truth": TRUTH[::-1], "seed": b"t" * 32, "layer": "features.0", "bits": 9, "kind": "odd",
             "code": not shown.get("code"), "projection": X[::-1] + 1, "message": B[::-1] + 1, "index": 9, "regions": 9, "sign": "up", "codebook": "x", "sequence": X[0] + 1}
    committed = {entry.shown for entry in key.described() if entry.committed}
    digests |= {key.commit({**shown, field: other[field]}, "alice") for field in committed}
    assert len(digests) == 4 + len(committed) and committed == set(shown) - {"labels", "memory", "floats"}
    free = dict.fromkeys(set(shown) - committed, 5)
    assert key.commit({**shown, **free}, "alice") == key.commit(shown, "alice") and all(len(digest) == 64 for digest in digests)


def test_the_bounds_of_memory_are_scrypts():
    for memory, right in ((MOST_COST, True), (2 * MOST_COST, False), (rose.LEAST_MEMORY, True), (rose.LEAST_MEMORY // 2, False), (24, False)):
        assert (rose.memory_misfit(memory) is None) is (rose.Key("alice", 3, SECRET, IMAGES, CLASSES, memory).fault() is None) is right, memory
    check_cost(MOST_COST)


@dataclass(frozen=True)
class Own(KeyRecord):
    """What a key type of one's own costs."""

    domain = "tests/own/1"
    derived = {"labels": Labels("images")}  # noqa: RUF012

    claimant: Given[str]
    secret: Annotated[bytes, Exactly(4), Committed()]
    images: Annotated[np.ndarray, Images(most=3), Committed(lambda images: (len(images), images.tobytes()))]
    words: Annotated[str | None, Text(5), Named("text"), Committed()] = None
    mode: Literal[1, "two"] = 1
    loud: bool = False
    number: Annotated[int, Whole(-2, 2), Committed()] = 0
    weights: Annotated[np.ndarray | None, Array("float32", ("images", "number", 3, None), -1, 1)] = None
    hint: Annotated[int | None, Whole(0, 9), Flawed("chatty")] = None

    @property
    def labels(self):
        return np.full(len(self.images), self.number % 10)


OWN = Own("alice", b"abcd", IMAGES[:2], "hey", "two", True, 2, np.ones((2, 2, 3, 5), np.float32))


class TestAKeyOfOnesOwn:
    def test_is_shown_read_and_committed(self):
        shown = OWN.fields()
        assert shown.keys() == {"secret", "images", "text", "mode", "loud", "number", "weights", "labels"} and shown["text"] == "hey"
        assert same(Own.read(shown, HONEST, claimant="alice").fields(), shown)
        assert Own.commit(shown, "alice") == sha256(frame("tests/own/1", "alice", b"abcd", 2, IMAGES[:2].tobytes(), "hey", 2)).hex()
        assert Own.commit({**shown, "text": None}, "alice", "own") == sha256(frame("tests/own/1", "own", "alice", b"abcd", 2, IMAGES[:2].tobytes(), b"", 2)).hex()

    @pytest.mark.parametrize(("change", "fault"), [
        ({"secret": b"abc"}, "secret must be 4 bytes, not 3 bytes"), ({"images": IMAGES[:4]}, "images must be uint8 images (1..3, 1, 8, 8), not uint8 (4, 1, 8, 8)"),
        ({"images": IMAGES[[0, 0]]}, "images must be different from each other"), ({"text": "longer"}, "text must be text of 1 to 5 characters, not 'longer'"),
        ({"text": ""}, "text must be text of 1 to 5 characters, not ''"), ({"mode": 2}, "mode must be 1 or two, not 2"), ({"mode": True}, "mode must be 1 or two, not True"),
        ({"loud": 1}, "loud must be False or True, not 1"), ({"number": 3}, "number must be a whole number from -2 to 2, not 3"),
        ({"number": -3}, "number must be a whole number from -2 to 2, not -3"), ({"number": 10**5000}, "number must be a whole number from -2 to 2, not a number beyond 64 bits"),
        ({"number": None}, "number must be a whole number from -2 to 2, not None"), ({"number": 1}, "weights must be float32 (2, 1, 3, any), not float32 (2, 2, 3, 5)"),
        ({"weights": np.ones((2, 2, 3), np.float32)}, "weights must be float32 (2, 2, 3, any), not float32 (2, 2, 3)"),
        ({"weights": np.full((2, 2, 3, 1), 2, np.float32)}, "weights must lie in -1..1, not in 2.0..2.0"),
        ({"weights": np.full((2, 2, 3, 1), -2, np.float32)}, "weights must lie in -1..1, not in -2.0..-2.0"),
        ({"weights": np.full((2, 2, 3, 1), np.nan, np.float32)}, "weights must hold finite numbers"), ({"weights": 10**5000}, "weights must be float32 (2, 2, 3, any), not a number beyond 64 bits"),
        ({"weights": "x" * 300}, "weights must be float32 (2, 2, 3, any), not str"), ({"labels": np.array([1, 2, 2])}, "labels must be int64 (2,), not int64 (3,)"),
        ({"labels": np.array([10, 2])}, "labels must lie in 0..9, not in 2..10"), ({"labels": np.array([2, 3])}, "the labels are not those that the key gives for this claimant"),
        ({"hint": 3}, "such a key has the fields images, labels, loud, mode, number, secret, text, weights: this one adds 'hint'"),
        ({"words": "hey"}, "such a key has the fields images, labels, loud, mode, number, secret, text, weights: this one adds 'words'"),
    ])
    def test_says_what_is_wrong(self, change, fault):
        with pytest.raises(Malformed) as caught:
            Own.read({**OWN.fields(), **change}, HONEST, claimant="alice")
        assert str(caught.value) == fault

    def test_may_leave_out_what_is_optional(self):
        assert Own.read({**OWN.fields(), "text": None, "weights": None}, HONEST, claimant="alice").words is None
        empty = Own.read({**OWN.fields(), "weights": np.zeros((2, 2, 3, 0), np.float32)}, HONEST, claimant="alice")
        assert empty.weights.size == 0

    def test_shows_a_hidden_field_to_who_has_the_flaw(self):
        chatty = SimpleNamespace(classes=CLASSES, shape=(1, 8, 8), flaws={"chatty": 1})
        assert Own.read(replace(OWN, hint=3).fields(), chatty, claimant="alice").hint == 3
        assert Own.read(OWN.fields(), chatty, claimant="alice").hint is None
        with pytest.raises(Malformed, match=r"^hint must be a whole number from 0 to 9, not 10$"):
            Own.read(replace(OWN, hint=10).fields(), chatty, claimant="alice")
        with pytest.raises(Malformed, match="this one adds 'hint'"):
            Own.read(OWN.fields() | {"hint": None}, SimpleNamespace(classes=CLASSES, shape=(1, 8, 8), flaws={"chatty": 0}), claimant="alice")

    @pytest.mark.parametrize("hint", ["int", "bytes", "Annotated[int, Committed()]", "Annotated[int, Whole(0, 1), Whole(0, 2)]"])
    def test_must_say_what_each_field_is(self, hint):
        kind = dataclass(frozen=True)(type("Vague", (KeyRecord,), {"__annotations__": {"claimant": "Given[str]", "odd": hint}, "__module__": __name__}))
        with pytest.raises(TypeError, match=r"Vague\.odd: say what it must be"):
            kind.read({"odd": 3}, HONEST, claimant="alice")

