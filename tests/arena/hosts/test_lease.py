"""Who makes a thing holds its lease: one at a time, for no longer than he lives, and nobody waits for ever."""

import multiprocessing
import os
import signal
import time

import pytest

from arena.hosts.lease import lease
from arena.hosts.store import Store


def make(folder, made):
    """Makes a thing unless it is there: half a second's work."""
    store = Store(folder)
    with store.making({"host": 1}, b"secret"):
        if store.find({"host": 1}, b"secret") is None:
            time.sleep(0.5)
            store.keep({"host": 1}, b"made", b"secret")
            (made / str(os.getpid())).touch()


def hold(path, there):
    with lease(path):
        there.touch()
        time.sleep(60)


@pytest.fixture
def fork():
    return multiprocessing.get_context("fork").Process


def test_the_same_thing_is_made_once_however_many_want_it(tmp_path, fork):
    (tmp_path / "made").mkdir()
    processes = [fork(target=make, args=(tmp_path / "store", tmp_path / "made")) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(20)
    assert len(list((tmp_path / "made").iterdir())) == 1
    assert not [path for path in (tmp_path / "store" / "making").rglob("*") if path.is_file()]


def test_a_lease_expires_with_its_holder(tmp_path, fork):
    holder = fork(target=hold, args=(tmp_path / "lease", tmp_path / "there"))
    holder.start()
    while not (tmp_path / "there").exists():
        time.sleep(0.01)
    beats = []
    os.kill(holder.pid, signal.SIGKILL)
    with lease(tmp_path / "lease", lambda: beats.append(1), patience=30):
        pass
    assert time.monotonic() > 0 and len(beats) < 100
    holder.join(5)


def test_nobody_waits_for_ever_and_who_waits_says_that_he_lives(tmp_path, fork):
    holder = fork(target=hold, args=(tmp_path / "lease", tmp_path / "there"))
    holder.start()
    while not (tmp_path / "there").exists():
        time.sleep(0.01)
    beats, began = [], time.monotonic()
    with lease(tmp_path / "lease", lambda: beats.append(1), patience=0.5):
        assert 0.4 < time.monotonic() - began < 5 and len(beats) >= 3
    assert (tmp_path / "lease").exists()  # it is still the holder's
    holder.kill()
    holder.join(5)


def test_where_nothing_can_be_written_there_is_nothing_to_hold(tmp_path):
    (tmp_path / "file").touch()
    with lease(tmp_path / "file" / "lease"):
        pass
