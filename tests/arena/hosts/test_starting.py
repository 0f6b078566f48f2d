"""Weights of the user's own: what fits starts a host, or answers for a service; what doesn't is one line."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from arena.base.errors import ArenaError
from arena.hosts.architecture import Architecture
from arena.hosts.networks import build
from arena.hosts.starting import serving, start_from
from arena.hosts.task import Base
from arena.hosts.weights import to_bytes
from arena.scenario import scenario
from arena.testing import SMALL, small_workshop
from tests.conftest import TINY

SHAPE = (1, 8, 8)


def network(seed=1, name="digits-cnn", classes=10, shape=SHAPE):
    return build(Architecture(name, classes, shape), torch.Generator().manual_seed(seed))


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.fixture
def file(tmp_path):
    def saved(tensors):
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, tmp_path / "w.safetensors")
        return tmp_path / "w.safetensors"
    return saved


def test_all_weights_where_all_fit(file, tmp_path):
    mine, host = network(1), network(2)
    assert start_from(host, file(mine.state_dict())) == "" and same(mine, host)
    (tmp_path / "released.safetensors").write_bytes(to_bytes(mine))
    assert start_from(again := network(3), tmp_path / "released.safetensors") == "" and same(mine, again)


def test_the_features_where_the_classes_are_others(file):
    mine, host, before = network(1, classes=7), network(2), network(2)
    assert start_from(host, file(mine.state_dict())) == "features"
    assert same(mine.features, host.features) and same(before.decision, host.decision)


def test_what_does_not_fit_says_what_is_nearest(file):
    with pytest.raises(ArenaError, match=r"w\.safetensors: .* has shape .*, in (features|digits-cnn) "):
        start_from(network(), file({name: tensor.repeat(2, *[1] * (tensor.dim() - 1)) if tensor.dim() else tensor
                                    for name, tensor in network().state_dict().items()}))
    with pytest.raises(ArenaError, match="tensors of the network are missing"):
        start_from(network(), file(network().decision.state_dict()))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(file, tmp_path, number):
    mine = network()
    next(mine.parameters()).data.view(-1)[3] = number
    for path in (file(mine.state_dict()), tmp_path / "released.safetensors"):
        if not path.exists():
            path.write_bytes(to_bytes(mine))
        with pytest.raises(ArenaError, match="not finite"):
            start_from(network(), path)
        with pytest.raises(ArenaError, match="not finite"):
            serving(path, mine.architecture)


def test_a_pickle_is_never_loaded(tmp_path):
    torch.save(network().state_dict(), tmp_path / "w.pt")
    for what in (lambda path: start_from(network(), path), lambda path: serving(path, network().architecture)):
        with pytest.raises(ArenaError, match="looks like a pickle, which is never loaded"):
            what(tmp_path / "w.pt")
        with pytest.raises(ArenaError, match="no such file"):
            what(tmp_path / "none.safetensors")


def test_a_file_that_says_its_network_serves_as_that(tmp_path):
    other = network(1, "rose-cnn", shape=(1, 28, 28))
    (tmp_path / "w.safetensors").write_bytes(to_bytes(other))
    served = serving(tmp_path / "w.safetensors", Architecture("resnet-8", 10, (1, 28, 28)))
    assert served.architecture.network == "rose-cnn" and same(served, other)
    for shape, classes in (((1, 8, 8), 10), ((1, 28, 28), 9)):
        with pytest.raises(ArenaError, match="is not what was asked for"):
            serving(tmp_path / "w.safetensors", Architecture("rose-cnn", classes, shape))


def test_features_alone_can_not_answer(file):
    with pytest.raises(ArenaError, match="features alone, which can't answer"):
        serving(file(network(1, classes=7).state_dict()), network().architecture)


def test_a_host_starts_from_them_and_others_are_trained_on_anew(file, tmp_path):
    def trained(seed, epochs=1):
        path = file(network(seed).state_dict())
        task = replace(SMALL, epochs=epochs, limit=100, base=Base(weights=path.name))
        return small_workshop(tmp_path / "store", task=task, folder=tmp_path).unmarked_host()

    assert same(trained(1, epochs=0), network(1)) and same(trained(2, epochs=0), network(2))
    one, other = trained(1), trained(2)
    assert not same(one, network(1)) and not same(one, other) and same(one, trained(1))


def test_a_scenario_checks_and_records_them(file, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(TINY.replace("limit: 400", "limit: 400, base: {weights: w.safetensors}"))
    with pytest.raises(ArenaError, match=r"mine\.yaml:3:.*w\.safetensors: no such file"):
        scenario.load(path)
    file(network(1).state_dict())
    before = scenario.load(path).files["w.safetensors"]
    file(network(2).state_dict())
    assert before and scenario.load(path).files["w.safetensors"] not in ("", before)
    file(network(1, shape=(3, 8, 8)).state_dict())
    with pytest.raises(ArenaError, match=r"mine\.yaml:3:.*has shape"):
        scenario.load(path)
