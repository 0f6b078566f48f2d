"""Images by class in a folder: read as they are, one line for whatever is wrong, nothing from outside."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from arena.base.errors import ArenaError
from arena.hosts import datasets
from arena.hosts.data.finding import source_of


def picture(number, shape=(6, 5)):
    return np.random.default_rng(number).integers(0, 256, shape, np.uint8)


def folder_of(home, parts=("train", "test"), each=12, shape=(6, 5), ending="png"):
    """A folder with two classes; gives it."""
    for part in parts:
        for number, name in enumerate(("cat", "dog")):
            (home / part / name).mkdir(parents=True)
            for image in range(each):
                file = home / part / name / f"{image:02}.{ending}"
                Image.fromarray(picture(1000 * number + image + 500 * (part == "test"), shape)).save(file)
    return home


def load(home, name="./photos", **how):
    return datasets.load(name, None, 1, beside=home, **how)


def test_pixels_and_labels_are_those_of_the_files(tmp_path):
    folder_of(tmp_path / "photos")
    data = load(tmp_path)
    assert data.classes == ("cat", "dog") and data.shape == (1, 6, 5)
    parts = [data.parts[part] for part in ("train", "validation", "fine-tune")]
    found = {(image.numpy().tobytes(), int(label)) for part in parts
             for image, label in zip(part.images, part.labels, strict=True)}
    assert found == {(picture(1000 * label + image).tobytes(), label) for label in (0, 1) for image in range(12)}
    assert sum(len(data.parts[part]) for part in ("test", "customers")) == 24


def test_without_a_test_set_one_is_split_off_the_same_way_each_time(tmp_path):
    folder_of(tmp_path / "photos", parts=("",), each=30)
    one, other = load(tmp_path), load(tmp_path, "photos/")
    assert sum(map(len, one.parts.values())) == 60
    assert one.parts["test"].images.equal(load(tmp_path).parts["test"].images)
    assert one.classes == other.classes == ("cat", "dog")


def test_the_place_of_the_folder_does_not_change_the_split(tmp_path):
    for place in ("here", "there"):
        folder_of(tmp_path / place / "photos")
    one, other = (load(tmp_path / place) for place in ("here", "there"))
    assert all(one.parts[part].images.equal(other.parts[part].images) for part in datasets.PARTS)


def test_one_image_in_colour_makes_all_colour(tmp_path):
    home = folder_of(tmp_path / "photos")
    Image.fromarray(picture(1, (6, 5, 3))).save(home / "train" / "cat" / "00.png")
    assert load(tmp_path).shape == (3, 6, 5)


def test_jpeg_is_read_too(tmp_path):
    folder_of(tmp_path / "photos", ending="JPEG")
    assert load(tmp_path).shape == (1, 6, 5)


def test_what_systems_leave_behind_is_no_image(tmp_path):
    home = folder_of(tmp_path / "photos")
    (home / ".DS_Store").write_bytes(b"x")
    (home / "train" / "cat" / "Thumbs.db").write_bytes(b"x")
    assert load(tmp_path).shape == (1, 6, 5)


def test_the_size_is_known_without_decoding(tmp_path):
    home = folder_of(tmp_path / "photos")
    assert source_of(str(home), None).size(str(home), None) == (24, 30)
    bare = folder_of(tmp_path / "bare", parts=("",))
    assert source_of(str(bare), None).size(str(bare), None) == (20, 30)


def test_a_changed_image_is_read_again(tmp_path):
    home = folder_of(tmp_path / "photos")
    before = load(tmp_path)
    for file in (home / "test").rglob("*.png"):
        Image.fromarray(picture(9)).save(file)
    assert not load(tmp_path).parts["test"].images.equal(before.parts["test"].images)


def bomb(side):
    """The header of a PNG of so many pixels a side, with hardly anything behind it."""
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(data)) + kind + data
                                           + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)


def mode(kind):
    return lambda file: Image.new(kind, (5, 6)).save(file)


DAMAGED = {
    "empty": (lambda file: file.write_bytes(b""), "no PNG or JPEG, whatever its name says"),
    "text": (lambda file: file.write_text("<html>"), "no PNG or JPEG, whatever its name says"),
    "gif": (lambda file: Image.fromarray(picture(1)).save(file, "GIF"), "no PNG or JPEG, whatever its name says"),
    "cut off": (lambda file: file.write_bytes(file.read_bytes()[:50]), "can't be read as an image"),
    "another size": (lambda file: Image.fromarray(picture(1, (6, 6))).save(file),
                     "6 x 6 pixels, where the first image has 5 x 6: all must have one size"),
    "large": (lambda file: file.write_bytes(bomb(5000)), "5000 x 5000 pixels, where 4096 a side are the most"),
    "a bomb": (lambda file: file.write_bytes(bomb(60_000)), "can't be read as an image"),
    "16 bits": (mode("I;16"), "8 bits, grey or RGB"),
    "seen through": (mode("RGBA"), "can be seen through"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_image_is_one_line_that_names_it(tmp_path, case):
    damage, said = DAMAGED[case]
    damage(folder_of(tmp_path / "photos") / "train" / "dog" / "03.png")
    with pytest.raises(ArenaError, match=said) as error:
        load(tmp_path)
    assert "dog/03.png" in str(error.value) and "\n" not in str(error.value)


def out_of_it(home):
    (home / "train" / "cat" / "00.png").unlink()
    (home.parent / "secret.png").write_bytes((home / "train" / "cat" / "01.png").read_bytes())
    (home / "train" / "cat" / "00.png").symlink_to(home.parent / "secret.png")


def a_class_out_of_it(home):
    (home / "train" / "cow").symlink_to(folder_of(home.parent / "other") / "train" / "cat")


def emptied(home):
    for file in (home / "train" / "cat").iterdir():
        file.unlink()


def only(home):
    (home / "train" / "dog").rename(home.parent / "dog")


WRONG = {
    "a link to a file": (out_of_it, r"cat/00.png: a link that leads out"),
    "a link to a class": (a_class_out_of_it, r"train/cow: a link that leads out"),
    "an empty class": (emptied, "cat: a class without images"),
    "one class": (only, "cat: is the only class"),
    "a class in one part": (lambda home: (home / "test" / "dog").rename(home / "test" / "cow"), "has no class"),
    "something beside": (lambda home: (home / "more").mkdir(), "beside photos/train only"),
    "no class": (lambda home: (home / "train" / "00.png").write_bytes(b""), "a folder for each class"),
    "a deeper folder": (lambda home: (home / "train" / "cat" / "more").mkdir(), "cat/more: no PNG or JPEG"),
    "another kind": (lambda home: (home / "train" / "cat" / "x.txt").write_text(""), "x.txt: no PNG or JPEG"),
    "nothing": (lambda home: [each.rename(home.parent / each.name) for each in list(home.iterdir())],
                "has no folders with images"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_folder_is_one_line(tmp_path, case):
    spoil, said = WRONG[case]
    spoil(folder_of(tmp_path / "photos"))
    with pytest.raises(ArenaError, match=said):
        load(tmp_path)


def test_what_is_not_there(tmp_path):
    folder_of(tmp_path / "photos")
    with pytest.raises(ArenaError, match=r"no such file or folder in .*did you mean 'photos'"):
        load(tmp_path, "./fotos")
    with pytest.raises(ArenaError, match="no such file or folder"):
        load(tmp_path, "nowhere/photos")
    (tmp_path / "photos.tar").write_bytes(b"")
    with pytest.raises(ArenaError, match="neither a folder of images"):
        load(tmp_path, "./photos.tar")


def test_more_than_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    from arena.hosts.data.sources import images

    folder_of(tmp_path / "photos")
    monkeypatch.setattr(images, "MOST_BYTES", 100)
    with pytest.raises(ArenaError, match="48 images of 6 x 5 pixels, more than"):
        load(tmp_path)


def test_an_npz_at_a_path_is_checked_like_one_with_a_name(tmp_path):
    arrays = {"train_images": np.zeros((20, 4, 4, 1), np.uint8), "train_labels": np.arange(20) % 3}
    np.savez(tmp_path / "own.npz", **arrays)
    data = load(tmp_path, "own.npz")
    assert data.classes == ("0", "1", "2") and source_of(str(tmp_path / "own.npz"), None).size(
        str(tmp_path / "own.npz"), None) == (20, 16)
    (tmp_path / "cut.npz").write_bytes((tmp_path / "own.npz").read_bytes()[:300])
    with pytest.raises(ArenaError, match=r"cut\.npz"):
        load(tmp_path, "./cut.npz")
    np.savez(tmp_path / "objects.npz", **{**arrays, "train_labels": np.array([{}] * 20)})
    with pytest.raises(ArenaError, match="Python objects"):
        load(tmp_path, "objects.npz")
