"""The store: by content, verified, atomic."""

import pytest
import torch

from arena.errors import ArenaError
from arena.hosts import weights
from arena.hosts.networks import Spec, build
from arena.hosts.store import Store
from arena.testing import small_workshop


def only_object(store):
    return next(path for path in (store.folder / "objects").rglob("*") if path.is_file())


def test_put_and_get(tmp_path):
    store = Store(tmp_path)
    name = store.put(b"something")
    assert store.get(name) == b"something" and store.put(b"something") == name
    assert store.get("0" * 64) is None
    only_object(store).write_bytes(b"s0mething")
    assert store.put(b"something") == name and store.get(name) == b"something"


def test_a_damaged_object_is_dropped_and_its_recipe_forgotten(tmp_path):
    store = Store(tmp_path)
    store.keep({"make": 1}, b"something", cost=3)
    assert store.find({"make": 1})[1]["cost"] == 3
    only_object(store).write_bytes(b"somethinG")
    assert store.find({"make": 1}) is None
    store.keep({"make": 1}, b"something")
    assert store.find({"make": 1})[0] == b"something"


def test_a_damaged_host_is_trained_again_to_the_same_bits(tmp_path):
    def train():
        shop = small_workshop(tmp_path)
        return weights.fingerprint(shop.host(shop.dataset.parts["train"], "host"))

    first = train()
    file = only_object(Store(tmp_path))
    file.write_bytes(file.read_bytes()[:-1])
    assert train() == first


def test_what_the_store_had_is_charged_all_the_same(tmp_path):
    from arena.ledger import meter

    def cost():
        meter().lap()
        shop = small_workshop(tmp_path)
        shop.host(shop.dataset.parts["train"], "host")
        return meter().lap()[0]

    meter().watch_networks()
    cold, warm = cost(), cost()
    assert cold == warm and cold.gradients > 3000


def test_weights_survive_the_way_and_pickles_are_refused(tmp_path):
    network = build(Spec("digits-cnn", 10, (1, 8, 8)), torch.Generator().manual_seed(3))
    raw = weights.to_bytes(network)
    assert raw == weights.to_bytes(network)
    assert weights.fingerprint(weights.from_bytes(raw)) == weights.fingerprint(network)
    torch.save(network.state_dict(), tmp_path / "evil.pt")
    with pytest.raises(ArenaError, match="pickle, which is never loaded"):
        weights.from_bytes((tmp_path / "evil.pt").read_bytes(), "evil.pt")
    with pytest.raises(ArenaError, match="which network"):
        weights.from_bytes(weights.tensors_to_bytes(network))
