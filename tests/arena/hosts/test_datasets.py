"""Data sets: split as ROSE does, checked, and never guessed."""

import gzip
import itertools
import struct

import numpy as np
import pytest
import torch

from arena.base.errors import ArenaError
from arena.hosts import datasets
from arena.hosts.data import archives
from arena.hosts.data.sources import debian
from arena.hosts.task import Task
from arena.scenario.task import Library


def test_digits_are_split_80_10_10_after_the_test_set():
    data = datasets.load("digits", None, 7)
    assert [len(data.parts[p]) for p in datasets.PARTS] == [1150, 144, 144, 288, 71]
    assert data.shape == (1, 8, 8) and data.parts["train"].images.max() == 255
    again, other = datasets.load("digits", None, 7), datasets.load("digits", None, 8)
    assert (again.parts["test"].images.equal(data.parts["test"].images)
            and not other.parts["test"].images.equal(data.parts["test"].images))


def test_real_mnist(real_data):
    data = datasets.load("mnist", real_data, 1)
    assert [len(data.parts[p]) for p in datasets.PARTS] == [48_000, 6_000, 6_000, 9_000, 1_000]
    assert data.shape == (1, 28, 28) and len(data.classes) == 10


def write(path, **changes):
    arrays = {"train_images": np.zeros((20, 4, 4, 1), np.uint8), "train_labels": np.arange(20) % 3,
              "test_images": np.zeros((5, 4, 4, 1), np.uint8),
              "test_labels": np.zeros(5, int), **changes}
    np.savez(path / "own.npz", **{k: v for k, v in arrays.items() if v is not None})


def test_a_set_of_ones_own(tmp_path):
    write(tmp_path)
    data = datasets.load("own", tmp_path, 1)
    assert data.classes == ("0", "1", "2") and len(data.parts["train"]) == 16
    assert len(datasets.load("own", tmp_path, 1, limit=10).parts["train"]) == 8


def sizes(name, folder=None, seed=1, **how):
    return [len(part) for part in datasets.load(name, folder, seed, **how).parts.values()]


@pytest.mark.parametrize("longest", [3, 7, 30])
def test_a_track_that_lies_on_a_cut_stays_whole(tmp_path, longest):
    draw = np.random.default_rng(longest)
    track = np.repeat(np.arange(300), draw.integers(1, longest + 1, 300))[:500]
    images = np.zeros((len(track), 4, 4, 1), np.uint8)
    images[:, 0, 0, 0], images[:, 0, 1, 0] = track % 256, track // 256
    write(tmp_path, train_images=images, train_labels=np.arange(len(track)) % 3, train_track=track)
    parts = datasets.load("own", tmp_path, 4).parts
    sides = [{tuple(image[0, 0, :2].tolist()) for image in parts[p].images}
             for p in ("train", "validation", "fine-tune")]
    assert (not any(a & b for a, b in itertools.combinations(sides, 2))
            and sum(len(side) for side in sides) == len(np.unique(track)))
    assert abs(len(parts["train"]) - 0.8 * len(track)) <= longest / 2 + 1


@pytest.mark.parametrize("lengths", [(1290, 1290, 1290, 130), (40, 40, 10, 10), (5, 90, 5), (30, 30, 40), (1, 1, 98)])
def test_few_long_tracks_leave_no_part_empty(tmp_path, lengths):
    track = np.repeat(np.arange(len(lengths)), lengths)
    for order in itertools.permutations(range(len(lengths))):
        cuts = datasets._between(np.concatenate([track[track == i] for i in order]),
                                 int(0.8 * len(track)), int(0.9 * len(track)))
        ends = np.cumsum([lengths[i] for i in order])[:-1]
        best = min(itertools.combinations(ends, 2),
                   key=lambda pair: abs(pair[0] - int(0.8 * len(track))) + abs(pair[1] - int(0.9 * len(track))))
        wrong = [abs(pair[0] - int(0.8 * len(track))) + abs(pair[1] - int(0.9 * len(track))) for pair in (cuts, best)]
        assert 0 < cuts[0] < cuts[1] < len(track) and wrong[0] == wrong[1]


def test_a_track_stays_on_one_side(tmp_path):
    track = np.repeat(np.arange(10), 10)
    write(tmp_path, train_images=np.arange(1600, dtype=np.int64).astype(np.uint8).reshape(100, 4, 4, 1) * 0
          + track[:, None, None, None].astype(np.uint8),
          train_labels=np.arange(100) % 2, test_labels=np.arange(5) % 2, train_track=track)
    parts = datasets.load("own", tmp_path, 1).parts
    sides = [set(parts[p].images[:, 0, 0, 0].tolist()) for p in ("train", "validation", "fine-tune")]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])


WRONG = [
    ({"train_images": None}, "'train_images' is missing"), ({"train_images": np.zeros((20, 4, 4, 1))}, "must be uint8"),
    ({"train_images": np.zeros((20, 4, 4), np.uint8)}, "must be uint8"),
    ({"train_images": np.zeros((20, 4, 4, 2), np.uint8)}, "must be uint8"),
    ({"train_images": np.zeros((20, 4, 4, 1), np.uint16)}, "must be uint8"),
    ({"train_images": np.zeros((20, 0, 4, 1), np.uint8)}, "train_images are empty"),
    ({"train_images": np.zeros((0, 4, 4, 1), np.uint8), "train_labels": np.zeros(0, int)}, "train_images are empty"),
    ({"test_images": np.zeros((0, 4, 4, 1), np.uint8), "test_labels": np.zeros(0, int)}, "test_images are empty"),
    ({"test_images": None}, "'test_images' is missing"), ({"test_labels": None}, "'test_labels' is missing"),
    ({"test_images": np.zeros((5, 6, 4, 1), np.uint8)}, r"test_images are \(6, 4, 1\), train_images \(4, 4, 1\)"),
    ({"train_labels": np.arange(19)}, "must be 20 integers"),
    ({"train_labels": np.arange(20)[:, None] % 3}, "must be 20 integers"),
    ({"train_labels": np.arange(20) % 3 / 1.0}, "must be 20 integers"),
    ({"train_labels": np.array([None] * 20)}, "train_labels holds Python objects"),
    ({"train_labels": np.arange(20) % 3 - 1}, "train_labels holds -1: they count from 0"),
    ({"test_labels": np.arange(5) - 2}, "test_labels holds -2"),
    ({"test_labels": np.full(5, 3)}, "test_labels holds 3, larger than the number of classes"),
    ({"train_labels": np.zeros(20, int)}, "only one class"),
    ({"train_labels": np.arange(20) % 3 + 1}, r"classes without training images: 0: number them 0 to 2, without gaps"),
    ({"train_labels": np.arange(20) % 2 * 9}, r"classes without training images: 1, 2, 3, 4, 5 and 3 more"),
    ({"train_labels": np.arange(20) % 2 * 10**15},
     r"classes without training images: 1, 2, 3, 4, 5 and 999,999,999,999,994 more"),
    ({"classes": np.array(["cat", "dog"])}, "larger than the number of classes"),
    ({"classes": np.array("three")}, "classes must be a list of names"),
    ({"classes": np.array([["a"], ["b"], ["c"]])}, "classes must be a list of names"),
    ({"classes": np.array([0.5, 1, 2])}, "classes must be a list of names"),
    ({"classes": np.array(["cat", "dog", "cow", "frog"])}, r"classes without training images: 3 \(frog\)"),
    ({"classes": np.array(["a", None, "c"])}, "classes holds Python objects"),
    ({"train_track": np.arange(30)}, "train_track must be 20 integers"),
    ({"train_track": np.arange(20) - 1}, "train_track holds -1"),
    ({"train_track": np.arange(20.0)}, "train_track must be 20 integers"),
    ({"train_track": np.arange(20) // 10},
     "too small to split: 20 training images of few tracks .* leave none for validation"),
    ({"train_images": np.zeros((5, 4, 4, 1), np.uint8), "train_labels": np.arange(5) % 3},
     "too small to split: 5 training images .* leave none for validation"),
    ({"test_images": np.zeros((1, 4, 4, 1), np.uint8), "test_labels": np.zeros(1, int)},
     "too small to split: .* 1 test images leave none for test"),
]


@pytest.mark.parametrize(("changes", "text"), WRONG)
def test_wrong_files_are_one_clear_line(tmp_path, changes, text):
    write(tmp_path, **changes)
    with pytest.raises(ArenaError, match=text) as caught:
        datasets.load("own", tmp_path, 1)
    assert "own" in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 400


@pytest.mark.parametrize(("spoil", "text"), [
    (lambda raw: raw[: len(raw) // 2], "cut off, or damaged"),
    (lambda raw: b"<!DOCTYPE html><html>404</html>", "a web page"), (lambda raw: b"", "something else"),
    (lambda raw: b"\x93NUMPY\x01\x00" + bytes(200), r"one array \(.npy\)"),
    (lambda raw: raw[:400] + bytes(100) + raw[500:], "damaged"),
    (lambda raw: raw[:-40] + bytes(40), "damaged|cut off"),
])
def test_damaged_files_are_one_clear_line(tmp_path, spoil, text):
    write(tmp_path, train_images=np.random.default_rng(1).integers(0, 256, (20, 8, 8, 1), dtype=np.uint8),
          test_images=np.zeros((5, 8, 8, 1), np.uint8))
    file = tmp_path / "own.npz"
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(ArenaError, match=f"own.npz: .*({text})") as caught:
        datasets.load("own", tmp_path, 1)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_any_flipped_byte_is_data_or_one_line(tmp_path, save):
    """Zip, zlib, headers, checksums: every part of the file is hit."""
    draw = np.random.default_rng(3)
    file = tmp_path / "own.npz"
    save(file, train_images=draw.integers(0, 256, (20, 4, 4, 1), dtype=np.uint8), train_labels=np.arange(20) % 3,
         classes=np.array(["a", "b", "c"]))
    raw, refused = file.read_bytes(), 0
    for place in range(0, len(raw), 3):
        file.write_bytes(raw[:place] + bytes([raw[place] ^ int(draw.integers(1, 256))]) + raw[place + 1 :])
        try:
            archives.read(file)
        except ArenaError as error:
            refused += 1
            assert str(error).startswith(f"{file}: ") and "\n" not in str(error)
    assert refused > len(raw) / 6


def test_oddities_that_are_right(tmp_path):
    plain = {"train_images": np.random.default_rng(1).integers(0, 256, (40, 4, 6, 3), dtype=np.uint8),
             "train_labels": np.arange(40) % 3,
             "test_images": np.zeros((5, 4, 6, 3), np.uint8)}
    write(tmp_path, **plain)
    wanted = datasets.load("own", tmp_path, 1)
    odd = tmp_path / "odd"
    odd.mkdir()
    write(odd, **{**plain, "train_images": np.asfortranarray(plain["train_images"]),
                  "train_labels": plain["train_labels"].astype(">i8"),
                  "test_labels": np.zeros(5, np.uint8), "classes": np.array([b"cat", b"dog", b"cow"]),
                  "train_fine_labels": np.array([None] * 3)})
    got = datasets.load("own", odd, 1)
    assert got.classes == ("cat", "dog", "cow") and got.shape == (3, 4, 6)
    assert all(torch.equal(got.parts[p].images, wanted.parts[p].images)
               and torch.equal(got.parts[p].labels, wanted.parts[p].labels) for p in datasets.PARTS)
    write(odd, train_images=plain["train_images"], train_labels=plain["train_labels"], test_images=plain["test_images"],
          train_track=np.arange(40) * 10**15)
    datasets._raw.cache_clear()
    assert sizes("own", odd)[:3] == [32, 4, 4]


@pytest.mark.parametrize(("name", "classes", "shape", "training"), [
    ("mnist", 10, (1, 40, 40), 60_000), ("cifar10", 10, (3, 40, 40), 50_000), ("cifar100", 100, (3, 40, 40), 50_000)])
def test_what_is_to_be_downloaded_is_known_before(tmp_path, monkeypatch, name, classes, shape, training):
    monkeypatch.delenv("ARENA_DATA", raising=False)
    known = Library(tmp_path, Task(dataset=name, pad=40, tests=500))(name)
    assert (len(known.classes), known.shape, known.sizes["test"]) == (classes, shape, 500)
    assert sum(known.sizes[part] for part in ("train", "validation", "fine-tune")) == training
    limited = Library(tmp_path, Task(dataset=name, limit=100))(name).sizes
    assert limited == {"train": 80, "validation": 10, "fine-tune": 10, "test": 10_000}


def test_customers_have_images_that_nobody_else_holds(tmp_path):
    images = np.arange(200, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 1), np.uint8)
    write(tmp_path, train_images=images[:100], train_labels=np.arange(100) % 3, test_images=images[100:],
          test_labels=np.arange(100) % 3)
    for tests, kept, customers in ((0, 80, 20), (30, 30, 70), (99, 99, 1), (100, 80, 20), (500, 80, 20)):
        parts = datasets.load("own", tmp_path, 1, tests=tests).parts
        assert (len(parts["test"]), len(parts["customers"])) == (kept, customers)
        shown = [set(parts[p].images[:, 0, 0, 0].tolist()) for p in datasets.PARTS]
        assert not any(a & b for a, b in itertools.combinations(shown, 2)) and len(shown[4]) == customers
        assert ((parts["customers"].images[:, 0, 0, 0] - 100) % 3).tolist() == parts["customers"].labels.tolist()
    assert sizes("digits", tests=2)[3:] == [2, 357]


@pytest.mark.parametrize(("limit", "parts"), [(6, [4, 1, 1]), (7, [5, 1, 1]), (10, [8, 1, 1]), (22, [17, 2, 3])])
def test_the_smallest_splits(limit, parts):
    assert sizes("digits", limit=limit)[:3] == parts
    with pytest.raises(ArenaError, match=r"'digits' is too small to split: 5 training images \(limit\)"):
        sizes("digits", limit=5)


def test_debians_files_are_checked(tmp_path, monkeypatch):
    def files(count, labels):
        for stem in ("train", "t10k"):
            images = np.zeros((count, 28, 28), np.uint8).tobytes()
            (tmp_path / f"{stem}-images-idx3-ubyte.gz").write_bytes(
                gzip.compress(struct.pack(">4I", 2051, count, 28, 28) + images)
            )
            (tmp_path / f"{stem}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(struct.pack(">2I", 2049, count)
                                                                                  + labels.astype(np.uint8).tobytes()))
        datasets._raw.cache_clear()

    monkeypatch.setattr(debian, "PLACE", tmp_path)
    files(50, np.arange(50) % 10)
    assert sizes("fashion-mnist") == [40, 5, 5, 40, 10]
    files(50, np.arange(50) % 9)
    with pytest.raises(ArenaError, match=r"classes without training images: 9 \(Ankle boot\)"):
        sizes("fashion-mnist")
    files(50, np.arange(50) % 10)
    cut = tmp_path / "train-images-idx3-ubyte.gz"
    cut.write_bytes(cut.read_bytes()[:-20])
    with pytest.raises(ArenaError, match="damaged") as caught:
        sizes("fashion-mnist")
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)
    datasets._raw.cache_clear()


def test_a_missing_set_says_how_to_get_it(tmp_path):
    with pytest.raises(ArenaError, match=r"put gtsrb.npz into the folder of --data or \$ARENA_DATA"):
        datasets.load("gtsrb", tmp_path, 1)
    with pytest.raises(ArenaError, match="did you mean 'cifar10'"):
        datasets.load("cifar11", tmp_path, 1)


def test_fewer_test_images_leave_the_split_alone():
    whole, few = datasets.load("digits", None, 7), datasets.load("digits", None, 7, tests=50)
    assert len(few.parts["test"]) == 50
    assert all(torch.equal(whole.parts[part].images, few.parts[part].images)
               for part in ("train", "validation", "fine-tune"))
    known = {image.numpy().tobytes() for image in whole.parts["test"].images}
    assert all(image.numpy().tobytes() in known for image in few.parts["test"].images)


def test_some_images_are_different_ones_in_a_drawn_order():
    pixels = torch.tensor([0, 1, 2, 3, 0, 1, 2, 3, 4], dtype=torch.uint8).reshape(-1, 1, 1, 1)
    samples = datasets.Samples(pixels, torch.tensor([0, 1, 0, 1, 0, 1, 0, 1, 2]))

    def some(count, seed=0, **how):
        index = datasets.some(samples, count, torch.Generator().manual_seed(seed), "the set", **how)
        assert index.dtype == torch.int64
        return index.tolist()

    order = torch.randperm(9, generator=torch.Generator().manual_seed(3)).tolist()
    firsts = [i for n, i in enumerate(order) if int(pixels[i]) not in {int(pixels[j]) for j in order[:n]}]
    assert ([some(count, 3) for count in (0, 2, 5)] == [[], firsts[:2], firsts]
            and len({tuple(some(5, seed)) for seed in range(9)}) > 3)
    for wanted, how, has in ((6, {}, 5), (5, {}, 5), (9, {"least": 5}, 5), (9, {"least": 6}, 5), (9, {"least": 0}, 5)):
        if has < how.get("least", wanted):
            with pytest.raises(ArenaError,
                               match=f"^{wanted} different images are wanted, but the set has {has} for them$"):
                some(wanted, **how)
        else:
            assert len(some(wanted, **how)) == has
