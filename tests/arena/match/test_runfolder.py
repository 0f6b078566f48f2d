"""The folder of a run: one arena at a time, names that keep variants apart, hashes of the user's files."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from arena.base.errors import ArenaError
from arena.base.files import changed_files, file_hashes
from arena.match import runfolder
from arena.match.runfolder import default_run, locked

HOLDER = """
import sys, time
from pathlib import Path
from arena.match.runfolder import locked
with locked(Path(sys.argv[1])):
    print("in", flush=True)
    time.sleep(60)
"""
FORKER = HOLDER.replace("    print(", "    import os\n    if os.fork() == 0:\n        time.sleep(60)\n    print(")
needs_flock = pytest.mark.skipif(runfolder.fcntl is None, reason="no flock here")


@pytest.fixture
def holder(tmp_path):
    started = []

    def hold(text=HOLDER):
        process = subprocess.Popen([sys.executable, "-c", text, str(tmp_path / "run")], stdout=subprocess.PIPE,
                                   text=True, start_new_session=True)
        started.append(process)
        assert process.stdout.readline() == "in\n"
        return process

    yield hold
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_one_arena_a_folder(tmp_path):
    run = tmp_path / "deep" / "run"
    with locked(run):
        with pytest.raises(ArenaError, match=r"run: another arena is playing into this folder$"), locked(run):
            pass
        with locked(tmp_path / "another"):
            pass
    with locked(run), pytest.raises(ArenaError), locked(run):
        pass
    assert list(run.iterdir()) == []


@needs_flock
@pytest.mark.parametrize("text", [HOLDER, FORKER])
def test_a_killed_arena_holds_nothing(tmp_path, holder, text):
    process = holder(text)
    with pytest.raises(ArenaError, match="another arena"), locked(tmp_path / "run"):
        pass
    process.kill()
    process.wait()
    deadline = time.time() + 10
    while time.time() < deadline:
        try:
            with locked(tmp_path / "run"):
                return
        except ArenaError:
            time.sleep(0.05)
    raise AssertionError("the lock outlived its process")


@needs_flock
def test_what_was_removed_in_between_is_no_lock(tmp_path):
    with contextlib.ExitStack() as first, locked(tmp_path / "other"):
        first.enter_context(locked(tmp_path))
        (tmp_path / ".lock").unlink()
        with locked(tmp_path):
            first.close()
            with pytest.raises(ArenaError), locked(tmp_path):
                pass


def test_without_flock_a_file_is_the_lock(tmp_path, monkeypatch):
    monkeypatch.setattr(runfolder, "fcntl", None)
    with locked(tmp_path), pytest.raises(ArenaError,
                                         match=r"another arena is playing into this folder \(if none is, remove "
                                               r".*\.lock\)"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_a_place_that_is_no_folder_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "run" / ".lock").mkdir(parents=True)
    for place in ("file", "file/run", "run", "null\0byte", "x" * 300):
        with pytest.raises(ArenaError,
                           match=f"{place.strip()[-3:]}: (can't be written|is no folder)"), locked(tmp_path / place):
            pass


def test_the_lock_ends_when_the_match_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        raise ZeroDivisionError
    with locked(tmp_path):
        pass


def test_variants_have_names_of_their_own():
    plain = default_run(Path("scenarios/rose/game.yaml"), "7", [])
    assert plain == Path("runs/game-seed7")
    variants = [default_run(Path("game.yaml"), "7", changes)
                for changes in (["a=1"], ["a=2"], ["a=1", "b=2"], ["b=2", "a=1"], ["a=1b=2"], ["a=1,", "b"],
                                ["\udcff"])]
    assert len({plain, *variants}) == 8
    assert all(variant.name.startswith("game-seed7-") and len(variant.name) == len("game-seed7-") + 8
               for variant in variants)
    assert default_run(Path("game.yaml"), "7", ["a=1"]) == variants[0]


def test_files_that_changed_or_are_missing_are_named(tmp_path):
    for name in ("same.py", "other.py", "gone.py"):
        (tmp_path / name).write_text(name)
    (tmp_path / "folder").mkdir()
    recorded = file_hashes(tmp_path, ["same.py", "other.py", "gone.py", "never.py", "folder"])
    assert (recorded["same.py"] == hashlib.sha256(b"same.py").hexdigest()
            and recorded["never.py"] == recorded["folder"] == "")
    assert changed_files(tmp_path, recorded) == []
    (tmp_path / "other.py").write_text("else")
    (tmp_path / "gone.py").unlink()
    (tmp_path / "never.py").write_text("now it is")
    assert changed_files(tmp_path, recorded) == ["other.py (changed)", "gone.py (missing)", "never.py (changed)"]
    assert changed_files(tmp_path, {"same.py": 5, "null\0byte": "x"}) == ["same.py (changed)", "null\0byte (missing)"]


def test_a_folder_is_known_by_names_and_contents(tmp_path):
    (tmp_path / "photos" / "cat").mkdir(parents=True)
    for name in ("a.png", "b.png"):
        (tmp_path / "photos" / "cat" / name).write_text(name)
    recorded = file_hashes(tmp_path, ["photos"])
    (tmp_path / "photos" / ".hidden").write_text("nobody reads it")
    assert recorded["photos"] and changed_files(tmp_path, recorded) == []
    (tmp_path / "photos" / "cat" / "b.png").rename(tmp_path / "photos" / "cat" / "c.png")
    assert changed_files(tmp_path, recorded) == ["photos (changed)"]
    (tmp_path / "photos" / "cat" / "c.png").rename(tmp_path / "photos" / "cat" / "b.png")
    assert changed_files(tmp_path, recorded) == []
    (tmp_path / "photos" / "cat" / "b.png").write_text("else")
    assert changed_files(tmp_path, recorded) == ["photos (changed)"]
