"""What was committed to once must be found again: digests, labels and draws of keys stay as they were, bit for bit."""

import hashlib

import numpy as np
import pytest
from torch import nn

from agents.schemes.patterns.content import Content
from agents.schemes.patterns.noise import Noise
from agents.schemes.triggers import _key_samples as samples
from agents.schemes.triggers import rose
from agents.schemes.triggers.adi import Adi
from agents.schemes.triggers.deepsigns import Deepsigns
from agents.schemes.triggers.exponential_weighting import ExponentialWeighting
from agents.schemes.triggers.label_change import LabelChange
from agents.schemes.weights import negative_correlation as correlation
from agents.schemes.weights import uchida
from arena.testing import small_workshop
from arena.workshop.specimen import Specimen

SECRET, CLASSES = b"s" * 32, 10
IMAGES = (np.arange(6 * 64) * 7 % 256).astype(np.uint8).reshape(6, 1, 8, 8)
IMAGES[:, 0, 0, 0] = np.arange(6)
TRUTH = np.arange(6)


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


@pytest.mark.parametrize(("level", "commitment", "labels"), [
    (0, "f8e5999f137d389f46f7c95ad25607fe", [0, 2, 4, 7, 4, 0]),
    (1, "1ae61eddc3edcb1ec89bfdfad5e2e136", [1, 0, 7, 7, 6, 0]),
    (2, "e5dd6ffebef89c58ff12c941088c69e4", [3, 2, 3, 9, 9, 6]),
    (3, "87308e51fbe729e1a10dd91a2cbaafd9", [6, 7, 1, 0, 9, 2]),
])
def test_rose(level, commitment, labels):
    key = rose.Key("alice", level, SECRET, IMAGES, CLASSES, 16 if level == 3 else 0)
    assert rose.Rose.commitment(key.fields(), "alice").startswith(commitment) and key.labels().tolist() == labels


def test_rose_cut_short():
    assert rose.Key("alice", 2, SECRET, IMAGES, CLASSES, seed_bits=12).labels().tolist() == [5, 6, 3, 5, 9, 9]


@pytest.mark.parametrize(("rule", "scheme", "commitment", "labels"), [
    ("changed", LabelChange, "0cffb44444f19251ddff0e7052159a61", [3, 6, 0, 8, 9, 6]),
    ("target", Content, "96833dcd3f3f0b845fb09dc5b489c6a3", [8, 3, 1, 5, 0, 7]),
    ("true", Adi, "9e7154b9394b496d154885a92058f31b", [0, 1, 2, 3, 4, 5]),
])
def test_key_samples(rule, scheme, commitment, labels):
    key = samples.Key("alice", SECRET, IMAGES, TRUTH, CLASSES, rule, "label-change")
    assert scheme.commitment(key.fields(), "alice").startswith(commitment) and key.labels.tolist() == labels


@pytest.mark.parametrize(("more", "commitment", "message", "projection"), [
    ({"bits": 16}, "119d7cd9f1ec024c05c77ee74697cb50", "955392d65490f8f5", "b09307e608fb4b5a"),
    ({"bits": 16, "kind": "diff"}, "44f2582d17d61f436ac1d714e065d039", "fb3a07694b516626", "b9a69da5f2ba914c"),
    ({"bits": 256, "code": True}, "a7318a9a1ec81f10f7086d3f45dd471a", "70323f45fc3265b5", "382ac0d93927423c"),
])
def test_uchida(more, commitment, message, projection):
    key = uchida.Key("alice", SECRET, "features.3", **more)
    assert uchida.Uchida.commitment(key.fields(), "alice").startswith(commitment)
    assert (digest(key.message), digest(key.projection(20))) == (message, projection)


def test_uchida_chosen():
    own = {"projection": np.arange(8, dtype=np.float32).reshape(4, 2), "message": np.array([0, 1, 1, 0], np.uint8)}
    fields = {**uchida.Key("alice", SECRET, "features.3", 4).fields(), **own}
    assert uchida.Uchida.commitment(fields, "alice").startswith("2d30b53de1b41c87070cbfd34fb8e149")


@pytest.mark.parametrize(("more", "commitment", "sequence"), [
    ({}, "8f2bf0fb3c5ac5f4ce1882f87f7f74c1", "de84085619cccff8"),
    ({"codebook": "simplex", "index": 3, "sign": "positive"}, "9ceddbbfa2ef630fbaad40bb4df5208c", "b065bf7c8debbe0a"),
    ({"chosen": np.arange(5, dtype=np.float32)}, "94863693142b1f243bd7bc5452c64957", "8deb90668ea3a684"),
])
def test_negative_correlation(more, commitment, sequence):
    key = correlation.Key("alice", SECRET, **more)
    assert correlation.NegativeCorrelation.commitment(key.fields(), "alice").startswith(commitment)
    assert digest(key.sequence(1, 50)) == sequence


@pytest.mark.parametrize(("scheme", "commitment", "labels"), [
    (rose.Rose(20), "fa1eb1cb8fb449d545fd57317a74759b", "f2e5178e9f3b78d4"),
    (rose.Rose(20, 3, memory=16), "baed1197b26e4dcd015e96ea3e922262", "15fd841e64fb365b"),
    (LabelChange(20), "61c200d52922ab89292892f3da751104", "8f3d533f3e09a420"),
    (ExponentialWeighting(20), "37176b3c51fba4b1e30aa281b068bb01", "479f4f9c1a346cc9"),
    (Adi(20), "c19f818f7e747537f983e111cfeb17fc", "71407ff74f95b057"),
    (Deepsigns(20), "6735006e879e453cedc13c34b2ac8804", "0047b8d14b51b6ba"),
    (Content(20, overlay="heart-grey"), "2ef2d522d6cf5ecdf73141adea76575d", "43dcf6950a51760b"),
    (Noise(20), "4995532ff2cf8b75c95cb37a7b9bed76", "915dc3d38866932b"),
    (uchida.Uchida(64), "2ee6d7b7702c83d6ccc5499552920c5f", None),
    (correlation.NegativeCorrelation(2), "402b42ffc24654719707a0951d845c07", None),
], ids=str)
def test_what_is_drawn(scheme, commitment, labels, store):
    fields = scheme.open_key(scheme.draw_key(small_workshop(store, "alice")))
    assert scheme.commitment(fields, "alice").startswith(commitment)
    assert digest(fields["labels"]) == labels if labels else "labels" not in fields


def test_what_a_forger_takes(store):
    images, labels = Specimen("eve", nn.Identity(), small_workshop(store, "eve")).some_images(9)
    assert digest(images) == "ed16f5f2ad724b19" and labels.tolist() == [5, 0, 3, 6, 0, 6, 6, 8, 4]
