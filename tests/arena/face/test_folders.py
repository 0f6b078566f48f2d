"""Folders of many matches: whose they are is found out before anything is played."""

import json

import pytest

from arena.base.errors import ArenaError
from arena.face.folders import check_folder, folder_of, save_lines

OWN = {"file": "/who.yaml"}


def check(folder):
    check_folder(folder, "record.json", "sweep", OWN, "{file} was swept there")


def test_one_that_is_empty_or_ones_own_is_taken(tmp_path):
    check(tmp_path / "nowhere")
    check(tmp_path)
    (tmp_path / "record.json").write_text(json.dumps({**OWN, "more": 1}))
    check(tmp_path)


def test_anothers_is_refused_in_words(tmp_path):
    (tmp_path / "record.json").write_text('{"file": "/other.yaml"}')
    with pytest.raises(ArenaError, match=r"/other\.yaml was swept there$"):
        check(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"title": "x"}'])
def test_a_damaged_record_is_one_line(tmp_path, text):
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(ArenaError, match=r"record\.json: this is no sweep's record$"):
        check(tmp_path)


def test_something_else_is_refused(tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(ArenaError, match=r"holds something else than a sweep$"):
        check(tmp_path)


def test_without_a_folder_nothing_is_left_behind(tmp_path):
    folder, kept = folder_of(None, "sweep")
    assert folder.is_dir()
    kept.cleanup()
    assert not folder.exists() and folder_of(tmp_path, "sweep") == (tmp_path, None)


def test_no_lines_are_no_file(tmp_path):
    save_lines(tmp_path / "rows.csv", [])
    assert not (tmp_path / "rows.csv").exists()
    save_lines(tmp_path / "rows.csv", [{"a": 1, "b": "x,y"}])
    assert (tmp_path / "rows.csv").read_text().splitlines() == ["a,b", '1,"x,y"']
