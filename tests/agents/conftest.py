"""What tests of several strategies share."""

import numpy as np
import pytest

from arena.hosts import datasets
from arena.testing import small_host, small_workshop
from arena.workshop.loot import Loot


@pytest.fixture(scope="session")
def turned(tmp_path_factory):
    """A folder with a second data set: digits upside down."""
    folder, raw = tmp_path_factory.mktemp("turned"), datasets._raw("digits", None)
    images, labels = np.ascontiguousarray(raw["train_images"][:, ::-1]), raw["train_labels"]
    np.savez(folder / "turned.npz", train_images=images[:1500], train_labels=labels[:1500],
             test_images=images[1500:], test_labels=labels[1500:])
    return folder


@pytest.fixture
def loot(store):
    return Loot(small_workshop(store, "mallory"), "attack 1")


@pytest.fixture
def host(store):
    return small_host(store)
