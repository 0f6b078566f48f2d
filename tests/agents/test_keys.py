"""Keys of the built-in schemes: a right one comes back as it was shown, whatever else a claim holds is Malformed."""

from dataclasses import replace
from fnmatch import fnmatch
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from agents.schemes.triggers import _key_samples as samples
from agents.schemes.triggers import rose
from agents.schemes.weights import negative_correlation as correlation
from agents.schemes.weights import uchida
from arena.base.errors import Malformed
from arena.forging.hashing import MOST_COST, check_cost
from arena.game.evidence import Flaws
from arena.game.messages import decode, encode

SECRET, CLASSES = b"s" * 32, 10
IMAGES = (np.arange(6 * 64) * 7 % 256).astype(np.uint8).reshape(6, 1, 8, 8)
IMAGES[:, 0, 0, 0] = np.arange(6)
TRUTH = np.arange(6)


class Bytes(bytes):
    pass


class Number(int):
    pass


class Words(str):
    pass


HONEST = SimpleNamespace(classes=CLASSES, shape=(1, 8, 8), flaws=Flaws())
FLAWED = SimpleNamespace(classes=CLASSES, shape=(1, 8, 8), flaws=Flaws(chosen_keys=True, trust_floats=True))
PIXELS = np.random.default_rng(0).normal(0, 9, IMAGES.shape).astype(np.float32)
X, B = np.ones((4, 7), np.float32), np.array([0, 1, 1, 0], np.uint8)
NAN, INF = np.float32("nan"), np.float32("inf")
HIS = {"claimant": "alice"}
OF_TASK = {**HIS, "classes": CLASSES}


def roses(level, **more):
    return rose.Key("alice", level, SECRET, IMAGES, CLASSES, **more), OF_TASK


def of_samples(rule):
    given_ = {**OF_TASK, "rule": rule, "scheme": "label-change"}
    return samples.Key(secret=SECRET, images=IMAGES, truth=TRUTH, **given_), given_, HONEST


RECORDS = {  # name -> (key, what a claim does not show, who reads it)
    "rose 0": (*roses(0), HONEST), "rose 1": (*roses(1), HONEST), "rose 2": (*roses(2), HONEST),
    "rose 3": (*roses(3, memory=16), HONEST), "rose with floats": (*roses(2, floats=PIXELS), FLAWED),
    "samples, changed": of_samples("changed"), "samples, target": of_samples("target"),
    "samples, true": of_samples("true"),
    "uchida": (uchida.Key("alice", SECRET, "features.3", 16, "diff"), HIS, HONEST),
    "uchida, coded": (uchida.Key("alice", SECRET, "features.3", 252, code=True), HIS, HONEST),
    "uchida, chosen": (uchida.Key("alice", SECRET, "conv", 4, chosen_projection=X, chosen_message=B), HIS, FLAWED),
    "correlation": (correlation.Key("alice", SECRET, 3, 4, "positive", "simplex"), HIS, HONEST),
    "correlation, chosen": (correlation.Key("alice", SECRET, chosen=X[0]), HIS, FLAWED),
}
ANYTHING = [
    None, True, -1, 10**30, 10**5000, 1.0, float("nan"), float("inf"), "", "\ud800", b"", b"x", [], [1, 2], (1,), {},
    {"a": {"b": 1}}, object(), int, Bytes(SECRET), Number(2), Words("random"), bytearray(32), np.int64(2),
    np.float32(1), np.bool_(True), np.array([object()]), np.zeros(3, complex), np.zeros((1,) * 9), np.ma.array(IMAGES),
    np.zeros(0), np.array(3),
]
SECRETS = [
    b"s" * 31, b"s" * 33, "s" * 32, bytearray(SECRET), np.frombuffer(SECRET, np.uint8), list(SECRET), SECRET.hex(),
]
PICTURES = [
    IMAGES.astype(np.int64), IMAGES.astype(np.float32), IMAGES.astype(np.int8), IMAGES[:0], IMAGES[0],
    IMAGES.reshape(6, 64), IMAGES.reshape(6, 8, 8, 1), IMAGES[:, :, :, :7], IMAGES.repeat(3, 1), IMAGES.tolist(),
    np.concatenate([IMAGES, IMAGES[:1]]), np.zeros((10_001, 1, 8, 8), np.uint8),
]
CLASS_NUMBERS = [
    np.arange(5), np.arange(7), np.arange(6).astype(np.int32), np.arange(6).astype(">i8"), np.arange(6.0),
    np.full(6, CLASSES), np.full(6, -1), np.arange(6)[None], np.arange(6).tolist(), np.full(6, 2**62),
]
WRONG = [  # records, field, what it must not be beside ANYTHING
    ("rose*", "level", [4, 2.0, Number(2), True, "2"]), ("rose*", "secret", SECRETS), ("rose*", "images", PICTURES),
    ("rose*", "labels", [*CLASS_NUMBERS, np.zeros(6, np.int64)]),
    ("rose [012w]*", "memory", [1, 16, 2**20, 2.0, False, Number(0)]),
    ("rose 3", "memory", [0, 1, 2, 8, 15, 17, 24, 2**20 + 1, 2**21, 16.0, Number(16), "16"]),
    ("rose w*", "floats", [PIXELS.astype(float), PIXELS[:5], PIXELS[:, :, :7], PIXELS.ravel(), PIXELS.tolist()]),
    ("rose w*", "floats", [PIXELS + NAN, PIXELS + INF]),
    ("samples*", "secret", SECRETS), ("samples*", "images", PICTURES), ("samples*", "truth", CLASS_NUMBERS),
    ("samples*", "labels", [*CLASS_NUMBERS, np.zeros(6, np.int64)]),
    ("uchida*", "seed", SECRETS), ("uchida*", "layer", ["x" * 201, "\udfff", Words("features.3"), b"features.3", 3]),
    ("uchida*", "bits", [0, -1, 65_537, 16.0, True, Number(16), "16", np.int64(16)]),
    ("uchida*", "kind", ["odd", "", Words("diff"), b"diff", ["diff"], np.array("diff")]),
    ("uchida*", "code", [0, 1, "true", np.bool_(False)]), ("uchida", "code", [True]),
    ("uchida", "projection", [np.ones((16, 7), np.float32)]), ("uchida", "message", [np.zeros(16, np.uint8)]),
    ("uchida, coded", "bits", [251]), ("uchida, coded", "kind", ["direct", "diff"]),
    ("uchida, chosen", "projection", [X[:3], X[0], X.astype(float), X.astype("f2"), X * NAN, X * INF, X.tolist()]),
    ("uchida, chosen", "message", [B[:3], B[None], B.astype(bool), B.astype(np.int64), B + np.uint8(1), B.tolist()]),
    ("uchida, chosen", "bits", [3, 5, 252]), ("uchida, chosen", "code", [True]),
    ("corr*", "seed", SECRETS), ("corr*", "index", [-1, 1024, False, 0.0, Number(3)]),
    ("corr*", "regions", [0, -1, 1025, 4.0, Number(4)]), ("corr*", "sign", ["up", "", Words("positive"), 1, -1]),
    ("corr*", "codebook", ["x", Words("simplex"), ("simplex",)]),
    ("correlation", "sequence", [X[0], np.zeros(0, np.float32)]),
    ("corr*, chosen", "sequence", [X, X[0].astype(float), np.array(1, "f4"), X[0].tolist(), X[0] * NAN, X[0] * INF]),
]
OPTIONAL = {("rose with floats", "floats"), ("correlation, chosen", "sequence")}
SHAPES = arrays.array_shapes(max_dims=4, min_side=0, max_side=8)
ARRAYS = arrays.arrays(st.sampled_from([np.uint8, np.int64, np.float32]), SHAPES)
NUMBERS = st.none() | st.booleans() | st.integers(-3, 300) | st.integers() | st.floats()
PLAIN = NUMBERS | st.text(max_size=5) | st.binary(min_size=32, max_size=32) | ARRAYS


def read(name, shown):
    key, given_, where = RECORDS[name]
    return type(key).read(shown, where, **given_)


def wrong(name, field):
    """What a field of a record must not be; the right value may be among them."""
    special = [values for records, which, values in WRONG if which == field and fnmatch(name, records)]
    return [*ANYTHING, *(value for values in special for value in values)]


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
        assert same(back.fields(), key.fields()) and {field: getattr(back, field) for field in given_} == given_
        assert back.commit(shown, "alice") == key.commit(key.fields(), "alice")

    def test_fields_are_neither_fewer_nor_more(self, name):
        shown = RECORDS[name][0].fields()
        for field in shown.keys() - {"floats"}:
            with pytest.raises(Malformed, match=rf"a key has the fields .*: this one lacks {field}$"):
                read(name, {other: value for other, value in shown.items() if other != field})
        for field in ("x", "claimant", "classes", "chosen", 3, None, (), "x" * 9999):
            with pytest.raises(Malformed, match=r"a key has the fields .*: this one adds "):
                read(name, {**shown, field: 1})
        for nothing in (None, [], b"", "fields", 3, list(shown.items())):
            with pytest.raises(Malformed, match="a key is a mapping of fields, not "):
                read(name, nothing)
        with pytest.raises(Malformed, match="this one lacks"):
            read(name, {})

    def test_whatever_else_a_field_holds_is_malformed(self, name):
        shown = RECORDS[name][0].fields()
        for field, right in shown.items():
            for value in wrong(name, field):
                if (type(value) is type(right) and same(value, right)) or (value is None and (name, field) in OPTIONAL):
                    continue
                with pytest.raises(Malformed) as caught:
                    read(name, {**shown, field: value})
                assert len(str(caught.value)) < 300, (field, type(value))

    @given(data=st.data())
    @settings(max_examples=60, deadline=None)
    def test_what_is_read_is_what_was_shown(self, name, data):
        """A claim with any fields changed is malformed, or a key that shows the very same."""
        shown = dict(RECORDS[name][0].fields())
        for field in data.draw(st.lists(st.sampled_from(sorted(shown)), min_size=1, max_size=3)):
            odd = [value for value in wrong(name, field) if type(value) is not int]
            shown[field] = data.draw(PLAIN | st.sampled_from(odd))
        try:
            back = read(name, shown)
        except Malformed:
            return
        assert same({"floats": None, **back.fields()}, {"floats": None, **shown})

    def test_a_commitment_fixes_what_is_marked_and_the_claimant(self, name):
        key = RECORDS[name][0]
        shown = key.fields()
        digests = {key.commit(shown, who, scheme) for who in ("alice", "eve") for scheme in (None, "adi", "noise")}
        committed = {entry.shown for entry in key.described() if entry.committed}
        changed = {**OTHER, "code": not shown.get("code")}
        digests |= {key.commit({**shown, field: changed[field]}, "alice") for field in committed}
        assert len(digests) == 6 + len(committed) and committed == set(shown) - {"labels", "floats"}
        free = dict.fromkeys(set(shown) - committed, 5)
        assert key.commit({**shown, **free}, "alice") == key.commit(shown, "alice") in digests


OTHER = {
    "level": 9, "secret": b"t" * 32, "images": IMAGES[::-1], "truth": TRUTH[::-1], "seed": b"t" * 32,
    "layer": "features.0", "bits": 9, "kind": "odd", "projection": X + 1, "message": B + 1, "index": 9, "regions": 9,
    "sign": "up",
    "codebook": "x", "sequence": X[0] + 1, "memory": 64,
}


@pytest.mark.parametrize("name", [*(f"rose {level}" for level in range(4)), "samples, changed", "samples, target"])
def test_the_labels_are_the_claimants_own(name):
    key, given_, where = RECORDS[name]
    with pytest.raises(Malformed, match=r"^the labels are not those that the key gives for this claimant$"):
        type(key).read(key.fields(), where, **{**given_, "claimant": "eve"})


def test_changed_labels_need_three_classes():
    two = SimpleNamespace(classes=2, shape=(1, 8, 8), flaws=Flaws())
    for rule, right in (("changed", False), ("target", True), ("true", True)):
        key = samples.Key("alice", SECRET, IMAGES, TRUTH % 2, 2, rule, "label-change")
        assert (key.fault() is None) is right
        given_ = {**HIS, "classes": 2, "rule": rule, "scheme": "label-change"}
        if right:
            assert samples.Key.read(key.fields(), two, **given_).rule == rule
        else:
            with pytest.raises(Malformed, match=r"^changed labels need 3 classes"):
                samples.Key.read(key.fields(), two, **given_)


CHOICE = "of the claimant's own choice proves nothing: it must come from the committed seed"


@pytest.mark.parametrize(("name", "field", "fault"), [
    ("uchida, chosen", "projection", f"a projection {CHOICE}"),
    ("correlation, chosen", "sequence", f"a sequence {CHOICE}"),
    ("rose with floats", "floats", "has the fields images, labels, level, memory, secret: this one adds 'floats'"),
])
def test_what_only_a_flawed_verifier_hears(name, field, fault):
    key, given_, where = RECORDS[name]
    assert read(name, key.fields()).fields()[field] is not None and where is FLAWED
    with pytest.raises(Malformed, match=fault):
        type(key).read(key.fields(), HONEST, **given_)


@pytest.mark.parametrize(("change", "fault"), [
    ({"projection": None}, "a chosen projection and a chosen message go together"),
    ({"message": None}, "a chosen projection and a chosen message go together"),
    ({"code": True}, "a chosen message carries no code"),
])
def test_what_goes_together_in_a_chosen_key(change, fault):
    with pytest.raises(Malformed, match=f"^{fault}$"):
        read("uchida, chosen", {**RECORDS["uchida, chosen"][0].fields(), **change})


def test_the_model_sees_the_hashed_pixels_and_trusted_floats_on_top():
    key, pushed = RECORDS["rose 2"][0], RECORDS["rose with floats"][0]
    assert key.seen is key.images and np.array_equal(pushed.labels(), key.labels())
    assert np.array_equal(pushed.seen, np.clip(np.rint(IMAGES + PIXELS), 0, 255)) and pushed.seen.dtype == np.uint8
    extremes = replace(key, floats=np.where(IMAGES % 2, np.float32(1e30), np.float32(-1e30)))
    assert np.array_equal(extremes.seen, np.where(IMAGES % 2, 255, 0))
    assert rose.Key.read(key.fields(), FLAWED, **OF_TASK).floats is None


@pytest.mark.parametrize(("memory", "right"), [
    (MOST_COST, True), (2 * MOST_COST, False), (16, True), (8, False), (24, False),
])
def test_the_bounds_of_memory_are_scrypts(memory, right):
    fault = roses(3, memory=memory)[0].fault()
    assert (rose.memory_misfit(memory) is None) is (fault is None) is right
    wanted = f"a power of two from 16 to {MOST_COST} at level 3, and 0 below"
    assert right or fault == f"memory must be {wanted}, not {memory}"
    if right:
        check_cost(memory)
