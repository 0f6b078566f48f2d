"""The store: by content, sealed, verified, atomic."""

import errno
import json
import os
import subprocess
import sys
import time

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from arena.base.errors import ArenaError
from arena.base.files import write_atomically
from arena.hosts import weights
from arena.hosts.architecture import Architecture
from arena.hosts.networks import build
from arena.hosts.sealed import seal, unseal
from arena.hosts.store import Store
from arena.testing import small_workshop

ALICE, MALLORY = b"a" * 32, b"m" * 32
RECIPE = {"make": 1, "of": ["a", 2.5, None]}
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
                    max_leaves=8)


def files(store, part):
    return [path for path in (store.folder / part).rglob("*") if path.is_file()]


def entry(store, recipe=RECIPE, raw=b"something", secret=ALICE, **facts):
    """Keeps an entry; gives its file."""
    before = set(files(store, "recipes"))
    store.keep(recipe, raw, secret, **facts)
    [path] = set(files(store, "recipes")) - before
    return path


def test_put_and_get(tmp_path):
    store = Store(tmp_path)
    name = store.put(b"something")
    assert store.get(name) == b"something" and store.put(b"something") == name
    assert store.get("0" * 64) is None
    files(store, "objects")[0].write_bytes(b"s0mething")
    assert store.get(name) is None
    assert store.put(b"something") == name and store.get(name) == b"something"


@pytest.mark.parametrize("name", [5, None, "", "../" * 20 + "etc/passwd", "nonsense", "0" * 63 + "\n", b"0" * 64,
                                  ["a"]])
def test_what_is_no_name_names_nothing(tmp_path, name):
    assert Store(tmp_path).get(name) is None


@given(raw=st.binary(), secret=st.binary(), facts=st.dictionaries(st.sampled_from(["history", "spent", "right", "é"]),
                                                                  JSON))
@settings(max_examples=60, deadline=None)
def test_what_was_kept_comes_back_as_it_was(tmp_path_factory, raw, secret, facts):
    store = Store(tmp_path_factory.mktemp("store"))
    store.keep(RECIPE, raw, secret, **facts)
    assert store.find(RECIPE, secret) == (raw, facts)
    assert store.find(RECIPE, secret + b"x") is None and store.find({**RECIPE, "make": 2}, secret) is None


def test_what_diverged_comes_back_too(tmp_path):
    store = Store(tmp_path)
    store.keep(RECIPE, b"", ALICE, loss=[1.5, float("inf"), float("nan")])
    loss = store.find(RECIPE, ALICE)[1]["loss"]
    assert loss[:2] == [1.5, float("inf")] and loss[2] != loss[2]


def test_nothing_of_a_secret_recipe_can_be_read_or_guessed(tmp_path):
    store = Store(tmp_path)
    store.keep({"purpose": "marked host of alice"}, b"weights" * 1000, ALICE, history="accuracy of alice")
    assert store.find({"purpose": "marked host of alice"}, MALLORY) is None
    everything = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(everything) == 1
    assert not any(word in everything[0].read_bytes() for word in (b"weights", b"alice", b"purpose", b"accuracy"))
    other = Store(tmp_path / "other")
    assert entry(other, {"purpose": "marked host of alice"}, b"weights" * 1000, MALLORY).name != everything[0].name


def test_two_contents_under_one_name_share_no_stream():
    one, two = (seal(ALICE, "name", bytes([value]) * 500)[32:] for value in (0, 255))
    assert sum(a ^ b == 255 for a, b in zip(one, two, strict=True)) < 20  # a shared stream: all 500; none: 2 on average


def test_a_seal_longer_than_a_chunk_opens():
    content = os.urandom((1 << 20) * 2 + 17)
    assert unseal(ALICE, "name", seal(ALICE, "name", content)) == content


DAMAGES = {
    "empty": lambda raw, other: b"",
    "cut": lambda raw, other: raw[:-1],
    "cut in the seal": lambda raw, other: raw[:20],
    "longer": lambda raw, other: raw + b"x",
    "first byte": lambda raw, other: bytes([raw[0] ^ 1]) + raw[1:],
    "middle byte": lambda raw, other: raw[:40] + bytes([raw[40] ^ 1]) + raw[41:],
    "last byte": lambda raw, other: raw[:-1] + bytes([raw[-1] ^ 128]),
    "another entry": lambda raw, other: other,
    "in clear": lambda raw, other: b'{"object":"' + b"0" * 64 + b'","spent":{}}',
    "old": lambda raw, other: json.dumps({"object": "0" * 64, "recipe": RECIPE}).encode(),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_as_if_missing_and_heals(tmp_path, damage):
    store = Store(tmp_path)
    path, other = entry(store, cost=3), entry(store, {"make": 2}, b"something else", cost=4)
    path.write_bytes(damage(path.read_bytes(), other.read_bytes()))
    assert store.find(RECIPE, ALICE) is None and store.find({"make": 2}, ALICE) == (b"something else", {"cost": 4})
    store.keep(RECIPE, b"something", ALICE, cost=3)
    assert store.find(RECIPE, ALICE) == (b"something", {"cost": 3})


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=50, deadline=None)
def test_no_flipped_bit_goes_unseen(place, bit):
    sealed = bytearray(seal(ALICE, "name", b"content" * 10))
    sealed[place % len(sealed)] ^= 1 << bit
    assert unseal(ALICE, "name", bytes(sealed)) is None


def folder_there(path):
    path.unlink()
    (path / "in it").mkdir(parents=True)


def pipe_there(path):
    path.unlink()
    os.mkfifo(path)


def link_there(target):
    def put(path):
        path.unlink()
        path.symlink_to(target(path) if callable(target) else target)
    return put


def file_for_its_folder(path):
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("x")


@pytest.mark.parametrize("put", [folder_there, pipe_there, link_there("nowhere"), link_there("/dev/zero"),
                                 link_there(lambda path: path), link_there("/"),
                                 file_for_its_folder, lambda path: path.chmod(0)])
def test_what_stands_in_an_entrys_place_gives_way(tmp_path, put):
    store = Store(tmp_path)
    put(entry(store, cost=3))
    assert store.find(RECIPE, ALICE) in (None, (b"something", {"cost": 3}))  # root reads what has no rights
    store.keep(RECIPE, b"something new", ALICE, cost=5)
    assert store.find(RECIPE, ALICE) == (b"something new", {"cost": 5})


@pytest.mark.parametrize("facts", [b"", b"\x00" * 8 + b"[]", (2).to_bytes(8, "big") + b"[]", b"\xff" * 8 + b"{}",
                                   (3).to_bytes(8, "big") + b"{}",
                                   (200_000).to_bytes(8, "big") + b"[" * 200_000])
def test_well_sealed_nonsense_is_as_if_missing(tmp_path, facts):
    store = Store(tmp_path)
    path = entry(store, secret=b"public")
    path.write_bytes(seal(b"public", path.parent.name + path.name, facts))
    assert store.find(RECIPE, b"public") is None


WRITER = """
import sys
from pathlib import Path
from arena.hosts.store import Store
store = Store(Path(sys.argv[1]))
for n in range(150):
    store.keep({"make": n % 3}, b"x" * 100_000, b"public", n=n % 3)
    assert store.find({"make": n % 3}, b"public") == (b"x" * 100_000, {"n": n % 3})
"""


def test_two_processes_that_keep_the_same_both_succeed(tmp_path):
    both = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stderr=subprocess.PIPE, text=True)
            for _ in range(2)]
    assert ([process.communicate(timeout=120)[1] for process in both] == ["", ""]
            and all(process.returncode == 0 for process in both))
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 3


def test_the_store_is_tried(tmp_path):
    Store(tmp_path / "new").check_writable()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("place", ["file/store", "file", "null\0byte", "x" * 300])
def test_a_store_that_cant_be_written_is_said_in_one_line(tmp_path, place):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArenaError, match=r"the store can't be written to: .*; give another --store") as caught:
        Store(tmp_path / place).check_writable()
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize("part", ["objects", "recipes"])
def test_both_parts_of_the_store_are_tried(tmp_path, part):
    (tmp_path / part).write_text("x")
    with pytest.raises(ArenaError, match="can't be written"):
        Store(tmp_path).check_writable()


def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("broken", ["replace", "chmod", "fdopen"])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, monkeypatch, broken):
    monkeypatch.setattr(os, broken, full)
    with pytest.raises(ArenaError, match=r"file: can't be written: No space left on device$"):
        write_atomically(tmp_path / "file", b"x")
    with pytest.raises(ArenaError, match="the store can't be written to: No space left on device"):
        Store(tmp_path / "store").check_writable()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["x" * 300, "x" * 256 + "/y", "null\0byte", "\ud800"])
def test_a_name_that_no_file_can_have_is_one_line(tmp_path, name):
    with pytest.raises(ArenaError, match="can't be written"):
        write_atomically(tmp_path / name, b"x")
    assert not list(tmp_path.iterdir())


def test_leftovers_of_killed_writers_are_swept(tmp_path):
    store = Store(tmp_path)
    path, name = entry(store), store.put(b"object")
    old, new, top = path.with_name(".part-old"), path.with_name(".part-new"), tmp_path / "objects" / ".part-top"
    for part in (old, new, top):
        part.write_text("x")
    for part in (old, top, path):
        os.utime(part, (time.time() - 4000,) * 2)
    store.sweep()
    assert not old.exists() and not top.exists() and new.exists()
    assert store.find(RECIPE, ALICE) and store.get(name)
    Store(tmp_path / "none").sweep()


def test_a_damaged_host_is_trained_again_to_the_same_bits(tmp_path):
    def train():
        shop = small_workshop(tmp_path)
        return weights.fingerprint(shop.host(shop.dataset.parts["train"], "host"))

    first = train()
    [file] = files(Store(tmp_path), "recipes")
    file.write_bytes(file.read_bytes()[:-1])
    assert train() == first


def test_what_the_store_had_is_charged_all_the_same(tmp_path):
    from arena.game.ledger import meter

    def cost():
        meter().lap()
        shop = small_workshop(tmp_path)
        shop.host(shop.dataset.parts["train"], "host")
        return meter().lap()[0]

    meter().watch_networks()
    cold, warm = cost(), cost()
    assert cold == warm and cold.gradients > 3000


def test_weights_survive_the_way_and_pickles_are_refused(tmp_path):
    network = build(Architecture("digits-cnn", 10, (1, 8, 8)), torch.Generator().manual_seed(3))
    raw = weights.to_bytes(network)
    assert raw == weights.to_bytes(network)
    assert weights.fingerprint(weights.from_bytes(raw)) == weights.fingerprint(network)
    torch.save(network.state_dict(), tmp_path / "evil.pt")
    with pytest.raises(ArenaError, match="pickle, which is never loaded"):
        weights.from_bytes((tmp_path / "evil.pt").read_bytes(), "evil.pt")
    with pytest.raises(ArenaError, match="which network"):
        weights.from_bytes(weights.tensors_to_bytes(network))
