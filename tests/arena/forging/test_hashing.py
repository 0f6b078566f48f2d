"""The hash primitive against hashlib and hmac, and its labels against uniformity."""

import hashlib
import hmac

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from arena.forging import hashing
from arena.game.ledger import meter


@given(st.binary(max_size=300), st.binary(min_size=32, max_size=32))
def test_keyed_hash_is_hmac_and_is_counted(message, secret):
    before = meter().total.compressions
    assert hashing.keyed_hash(secret, message) == hmac.new(secret, message, hashlib.sha256).digest()
    assert meter().total.compressions - before == (64 + len(message) + 8) // 64 + 1 + 2


@given(st.lists(st.binary(max_size=20)), st.lists(st.binary(max_size=20)))
def test_frames_are_unambiguous(a, b):
    assert (hashing.frame(*a) == hashing.frame(*b)) == (a == b)


@pytest.mark.parametrize("classes", [2, 3, 10, 43, 101])
def test_labels_are_uniform(classes):
    drawn = hashing.labels(b"\1" * 32, 20_000, classes)
    assert drawn.min() >= 0 and drawn.max() < classes
    assert chisquare(np.bincount(drawn, minlength=classes)).pvalue > 1e-4


def test_words_beyond_the_last_whole_multiple_are_skipped():
    """With 3 * 2^30 classes a quarter of the words is rejected; none of them may show."""
    classes = 3 * 2**30
    words = [int.from_bytes(hashlib.sha256(b"k" * 32 + n.to_bytes(8, "big")).digest()[i : i + 4], "big")
             for n in range(8) for i in range(0, 32, 4)]
    kept = [word for word in words if word < classes]
    assert len(kept) < len(words)
    assert hashing.labels(b"k" * 32, len(kept), classes).tolist() == kept


def test_floats_are_not_hashed():
    with pytest.raises(TypeError, match="uint8"):
        hashing.image_bytes(np.zeros((1, 1, 8, 8), np.float32))
