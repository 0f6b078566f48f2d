"""What Hugging Face's library saved on disk: the same images, and nothing that isn't in the folder."""

import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from arena.base.errors import ArenaError
from arena.hosts import datasets
from arena.hosts.data.finding import source_of

hf = pytest.importorskip("datasets")


def picture(number, shape=(6, 5)):
    return np.random.default_rng(number).integers(0, 256, shape, np.uint8)


def cell(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return {"bytes": out.getvalue(), "path": None}


def table(first=0, count=24, label="label", **more):
    cells = [cell(picture(first + number)) for number in range(count)]
    columns = {"image": hf.Image(), label: hf.ClassLabel(names=["cat", "dog"])}
    data = {"image": cells, label: [number % 2 for number in range(count)], **{n: c for n, (c, _) in more.items()}}
    return hf.Dataset.from_dict(data, features=hf.Features({**columns, **{n: f for n, (_, f) in more.items()}}))


@pytest.fixture
def saved(tmp_path):
    hf.DatasetDict({"train": table(), "test": table(500)}).save_to_disk(str(tmp_path / "pets"))
    return tmp_path


def load(home, name="./pets"):
    return datasets.load(name, None, 1, beside=home)


def test_pixels_and_labels_are_those_that_were_saved(saved):
    data = load(saved)
    assert data.classes == ("cat", "dog") and data.shape == (1, 6, 5)
    found = {(image.numpy().tobytes(), int(label)) for part in ("train", "validation", "fine-tune")
             for image, label in zip(data.parts[part].images, data.parts[part].labels, strict=True)}
    assert found == {(picture(number).tobytes(), number % 2) for number in range(24)}
    place = str(saved / "pets")
    assert source_of(place, None).size(place, None) == (24, 30)


def test_one_part_alone_is_split_and_colour_counts_for_all(tmp_path):
    one = table(count=40).to_dict() | {}
    one["image"][3] = cell(picture(3, (6, 5, 3)))
    features = table(count=2).features
    hf.Dataset.from_dict(one, features=features).save_to_disk(str(tmp_path / "pets"))
    data = load(tmp_path)
    assert data.shape == (3, 6, 5) and sum(map(len, data.parts.values())) == 40
    place = str(tmp_path / "pets")
    assert source_of(place, None).size(place, None) == (32, 30)


@pytest.mark.parametrize("path", ["secret.png", "https://example.org/x.png"])
def test_an_image_that_is_elsewhere_is_not_fetched(tmp_path, path):
    Image.fromarray(picture(1)).save(tmp_path / "secret.png")
    there = str(tmp_path / path) if path == "secret.png" else path
    cells = [{"bytes": None, "path": there}, *(cell(picture(number)) for number in range(20))]
    features = hf.Features({"image": {"bytes": hf.Value("binary"), "path": hf.Value("string")},
                            "label": hf.ClassLabel(names=["cat", "dog"])})
    hf.Dataset.from_dict({"image": cells, "label": [n % 2 for n in range(21)]},
                         features=features).save_to_disk(str(tmp_path / "pets"))
    info = tmp_path / "pets" / "dataset_info.json"
    told = json.loads(info.read_text())
    told["features"]["image"] = {"_type": "Image"}
    info.write_text(json.dumps(told))
    with pytest.raises(ArenaError, match=r"elsewhere are not fetched|damaged"):
        load(tmp_path)


def other_file(home):
    state = home / "pets" / "train" / "state.json"
    told = json.loads(state.read_text())
    told["_data_files"][0]["filename"] = "../../../outside.arrow"
    state.write_text(json.dumps(told))


def a_link(home):
    file = next((home / "pets" / "train").glob("*.arrow"))
    file.rename(home / "outside.arrow")
    file.symlink_to(home / "outside.arrow")


def cut_off(home):
    file = next((home / "pets" / "train").glob("*.arrow"))
    file.write_bytes(file.read_bytes()[:200])


def another_image(home):
    train = table()
    changed = train.to_dict()
    changed["image"][5] = cell(picture(5, (7, 7)))
    hf.DatasetDict({"train": hf.Dataset.from_dict(changed, features=train.features)}).save_to_disk(str(home / "pets"))


def two_labels(home):
    train = table(label="one", two=([n % 2 for n in range(24)], hf.ClassLabel(names=["cat", "dog"])))
    hf.DatasetDict({"train": train}).save_to_disk(str(home / "pets"))


def unlabelled(home):
    train = table()
    changed = {**train.to_dict(), "label": [None] * 24}
    hf.DatasetDict({"train": hf.Dataset.from_dict(changed, features=train.features)}).save_to_disk(str(home / "pets"))


WRONG = {
    "another file": (other_file, "is no name of a file in it"), "a link": (a_link, "a link that leads out"),
    "cut off": (cut_off, "damaged"),
    "no JSON": (lambda home: (home / "pets" / "train" / "state.json").write_text("{"), "damaged"),
    "another size": (another_image, "all must have one size"),
    "two labels": (two_labels, "one column of the kind Class"),
    "no labels": (unlabelled, "train_labels holds -1"),
    "no train": (lambda home: hf.DatasetDict({"all": table()}).save_to_disk(str(home / "pets")), "has no part 'train'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_line(saved, case):
    spoil, said = WRONG[case]
    if spoil in (another_image, two_labels, unlabelled) or case == "no train":
        shutil.rmtree(saved / "pets")
    spoil(saved)
    with pytest.raises(ArenaError, match=said) as error:
        load(saved)
    assert "\n" not in str(error.value)


def test_where_the_library_is_missing_one_line_says_so(saved, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(ArenaError, match=r"pip install 'ownership-arena\[datasets\]'"):
        load(saved)
