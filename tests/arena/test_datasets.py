"""Data sets: split as ROSE does, checked, and never guessed."""

import numpy as np
import pytest
import torch

from arena.errors import ArenaError
from arena.hosts import datasets


def test_digits_are_split_80_10_10_after_the_test_set():
    data = datasets.load("digits", None, 7)
    assert [len(data.parts[p]) for p in datasets.PARTS] == [1150, 144, 144, 359]
    assert data.shape == (1, 8, 8) and data.parts["train"].images.max() == 255
    again, other = datasets.load("digits", None, 7), datasets.load("digits", None, 8)
    assert again.parts["test"].images.equal(data.parts["test"].images) and not other.parts["test"].images.equal(data.parts["test"].images)


def test_real_mnist(real_data):
    data = datasets.load("mnist", real_data, 1)
    assert [len(data.parts[p]) for p in datasets.PARTS] == [48_000, 6_000, 6_000, 10_000]
    assert data.shape == (1, 28, 28) and len(data.classes) == 10


def write(path, **changes):
    arrays = {"train_images": np.zeros((20, 4, 4, 1), np.uint8), "train_labels": np.arange(20) % 3, "test_images": np.zeros((5, 4, 4, 1), np.uint8),
              "test_labels": np.zeros(5, int), **changes}
    np.savez(path / "own.npz", **{k: v for k, v in arrays.items() if v is not None})


def test_a_set_of_ones_own(tmp_path):
    write(tmp_path)
    data = datasets.load("own", tmp_path, 1)
    assert data.classes == ("0", "1", "2") and len(data.parts["train"]) == 16
    assert len(datasets.load("own", tmp_path, 1, limit=10).parts["train"]) == 8


def test_a_track_stays_on_one_side(tmp_path):
    track = np.repeat(np.arange(10), 10)
    write(tmp_path, train_images=np.arange(1600, dtype=np.int64).astype(np.uint8).reshape(100, 4, 4, 1) * 0 + track[:, None, None, None].astype(np.uint8),
          train_labels=np.zeros(100, int), train_track=track)
    parts = datasets.load("own", tmp_path, 1).parts
    sides = [set(parts[p].images[:, 0, 0, 0].tolist()) for p in ("train", "validation", "fine-tune")]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])


@pytest.mark.parametrize(("changes", "text"), [
    ({"train_images": None}, "'train_images' is missing"), ({"train_images": np.zeros((20, 4, 4, 1))}, "must be uint8"),
    ({"train_images": np.zeros((20, 4, 4), np.uint8)}, "must be uint8"), ({"train_labels": np.arange(19)}, "must be 20 integers"),
    ({"train_labels": np.arange(20) % 3, "classes": np.array(["a", "b"])}, "larger than the number of classes"),
    ({"train_labels": np.array([None] * 20)}, "not an .npz of plain arrays"),
])
def test_wrong_files_are_one_clear_line(tmp_path, changes, text):
    write(tmp_path, **changes)
    with pytest.raises(ArenaError, match=text) as caught:
        datasets.load("own", tmp_path, 1)
    assert "own.npz" in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_set_says_how_to_get_it(tmp_path):
    with pytest.raises(ArenaError, match=r"put gtsrb.npz into the folder of --data or \$ARENA_DATA"):
        datasets.load("gtsrb", tmp_path, 1)
    with pytest.raises(ArenaError, match="did you mean 'cifar10'"):
        datasets.load("cifar11", tmp_path, 1)


def test_fewer_test_images_leave_the_split_alone():
    whole, few = datasets.load("digits", None, 7), datasets.load("digits", None, 7, tests=50)
    assert len(few.parts["test"]) == 50
    assert all(torch.equal(whole.parts[part].images, few.parts[part].images) for part in ("train", "validation", "fine-tune"))
    known = {image.numpy().tobytes() for image in whole.parts["test"].images}
    assert all(image.numpy().tobytes() in known for image in few.parts["test"].images)
