"""A scenario whose images are a folder of the user's own: said beforehand, checked at its line, played, hashed, and
trained anew when they change."""

import numpy as np
import pytest
from PIL import Image

import arena
from arena.base.errors import ArenaError
from arena.base.files import changed_files, file_hashes
from arena.base.yamlfile import read
from arena.scenario import foreseen, scenario
from tests.conftest import TINY, command

DIGITS = 200


@pytest.fixture(scope="module")
def pictures():
    from arena.hosts.data.sources import embedded

    raw = embedded.read("digits", None)
    return raw["train_images"][:DIGITS, :, :, 0], raw["train_labels"][:DIGITS]


@pytest.fixture
def mine(tmp_path, pictures):
    """A scenario beside a folder with images by class."""
    for number, (image, label) in enumerate(zip(*pictures, strict=True)):
        (place := tmp_path / "photos" / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{number:04}.png")
    path = tmp_path / "mine.yaml"
    path.write_text(TINY.replace("digits", "./photos"))
    return path


def test_it_plays_and_changed_data_are_trained_on_anew(mine, store, tmp_path):
    one = arena.play(mine, out=tmp_path / "one", store=store, threads=1)
    assert one.status == "finished" and len(one.verdicts) == 1
    assert one.files["photos"] == file_hashes(tmp_path, ["photos"])["photos"] != ""
    again = arena.play(mine, out=tmp_path / "again", store=store, threads=1)
    assert again.transcript == one.transcript
    first = next((tmp_path / "photos" / "3").iterdir())
    Image.fromarray(np.asarray(Image.open(first)) ^ 1).save(first)
    assert changed_files(tmp_path, one.files) == ["photos (changed)"]
    other = arena.play(mine, out=tmp_path / "other", store=store, threads=1)
    assert other.transcript != one.transcript and other.files != one.files


def test_what_hugging_face_saved_plays(mine, store, tmp_path, pictures):
    hf = pytest.importorskip("datasets")
    features = hf.Features({"image": hf.Image(), "label": hf.ClassLabel(names=list("0123456789"))})
    images = [Image.fromarray(image) for image in pictures[0]]
    hf.Dataset.from_dict({"image": images, "label": pictures[1]}, features=features).save_to_disk(tmp_path / "saved")
    mine.write_text(mine.read_text().replace("./photos", "./saved"))
    played = arena.play(mine, out=tmp_path / "run", store=store, threads=1)
    assert played.status == "finished" and len(played.verdicts) == 1 and not played.faults
    assert played.files["saved"]


def test_what_is_wrong_is_said_at_its_line(mine, tmp_path):
    (tmp_path / "photos" / "0" / "0000.png").write_bytes(b"\x89PNG")
    done = command("check", mine)
    assert done.returncode == 2 and f"{mine}:3:" in done.stderr and "0/0000.png" in done.stderr
    mine.write_text(mine.read_text().replace("./photos", "./fotos"))
    done = command("check", mine)
    assert done.returncode == 2 and f"{mine}:3:" in done.stderr and "did you mean 'photos'" in done.stderr


def test_its_cost_is_foreseen(mine, tmp_path, monkeypatch):
    monkeypatch.setattr(foreseen, "rate", lambda: 1e6)
    line = foreseen.foreseen(read(mine).data, None, tmp_path)
    assert "of 128 images" in line and "about" in line
    np.savez(tmp_path / "own.npz", train_images=np.zeros((50, 9, 7, 1), np.uint8))
    line = foreseen.foreseen({**read(mine).data, "task": {"dataset": "own.npz"}}, None, tmp_path)
    assert "of 40 images" in line


def test_a_data_set_that_a_strategy_names_is_hashed_too(mine, tmp_path, pictures):
    np.savez(tmp_path / "other.npz", train_images=pictures[0][..., None], train_labels=pictures[1])
    mine.write_text(mine.read_text().replace("{rose: {triggers: 10, oversample: 3}}",
                                             "{unrelated: {dataset: ./other.npz}}"))
    assert set(scenario.load(mine).files) == {"photos", "other.npz"}
    (tmp_path / "other.npz").write_bytes(b"PK")
    with pytest.raises(ArenaError, match=r"mine\.yaml:5:.*other\.npz"):
        scenario.load(mine)
