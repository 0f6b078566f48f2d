"""Training: the same bits from the same seed, other bits from another, and it learns."""

import numpy as np
import torch

from arena.draws import Draws
from arena.hosts import datasets, networks, training
from arena.hosts.weights import fingerprint


def trained(seed, **settings):
    data = datasets.load("digits", None, 1).parts
    draws = Draws(seed, "alice")
    net = networks.build(networks.Spec("digits-cnn", 10, (1, 8, 8)), draws.torch("weights"))
    history = training.fit(net, data["train"], training.Settings(**{"epochs": 2, **settings}), draws.torch("order"))
    return net, history, training.accuracy(net, data["test"])


def test_same_seed_same_bits_and_global_generators_stay():
    torch.manual_seed(4)
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
    prints = [fingerprint(trained(seed, shift=1, flip=True)[0]) for seed in (1, 1, 2)]
    assert prints[0] == prints[1] != prints[2]
    assert before.equal(torch.get_rng_state()) and np.array_equal(numpy_before, np.random.get_state()[1])


def test_it_learns():
    _, history, accuracy = trained(1, epochs=6, rate=2e-3, schedule="one-cycle")
    assert accuracy > 0.95 and history.loss[-1] < history.loss[0] / 5 and len(history.accuracy) == 6


def test_momentum_sgd_and_only_some_parameters():
    data = datasets.load("digits", None, 1).parts["train"]
    net = networks.build(networks.Spec("digits-cnn", 10, (1, 8, 8)))
    features = fingerprint(net.features[0])
    training.fit(net, data, training.Settings(epochs=1, optimizer="sgd", rate=0.01), torch.Generator(), parameters=list(net.decision.parameters()))
    assert fingerprint(net.features[0]) == features


def test_fixed_samples_are_not_augmented():
    images = torch.randint(0, 256, (50, 1, 8, 8), dtype=torch.uint8)
    fixed = torch.arange(50) < 20
    out = training._augmented(images, training.Settings(shift=2, flip=True), fixed)
    assert out[:20].equal(images[:20]) and not out[20:].equal(images[20:]) and out.dtype == torch.uint8


def test_papers_networks_have_the_papers_layers():
    layers = {name: [(type(m).__name__, tuple(m.weight.shape)) for m in networks.build(networks.Spec(name, 10, shape)).modules() if hasattr(m, "weight")]
              for name, shape in (("rose-cnn", (1, 28, 28)), ("rose-cifar", (3, 32, 32)))}
    assert [shape for _, shape in layers["rose-cnn"]] == [(64, 1, 5, 5), (128, 64, 5, 5), (256, 2048), (10, 256)]
    assert [shape[0] for _, shape in layers["rose-cifar"]] == [32, 32, 64, 64, 128, 128, 256, 256, 128, 256, 10]


def test_pooling_before_relu_is_the_same_function():
    net, x = networks.build(networks.Spec("rose-cnn", 10, (1, 28, 28))), torch.rand(3, 1, 28, 28)
    conv1, pool, relu, conv2 = net.features[0], torch.nn.MaxPool2d(2), torch.relu, net.features[3]
    assert torch.equal(net(x), net.decision(pool(relu(conv2(pool(relu(conv1(x)))))).flatten(1)))


def test_any_torchvision_model():
    net = networks.build(networks.Spec("squeezenet1_1", 7, (1, 28, 28), resize=64))
    assert net(torch.rand(2, 1, 28, 28)).shape == (2, 7)


def test_a_host_on_top_of_another_keeps_its_features_where_they_are_frozen(store):
    from arena.testing import small_workshop
    from arena.workshop import Base, Task

    task = Task(epochs=2, rate=2e-3, schedule="one-cycle", base=Base(epochs=3, freeze=True))
    shop = small_workshop(store, "alice", task)
    host, base = shop.host(shop.dataset.parts["train"], "host"), shop._base(task.base)
    assert torch.equal(host.features[0].weight, base.features[0].weight) and not torch.equal(host.decision[0].weight, base.decision[0].weight)
    assert shop.accuracy(host) > 0.9


def test_imagenet_weights_from_a_plain_npz(store):
    import pytest

    from arena.errors import ArenaError
    from arena.testing import small_workshop
    from arena.workshop import Base, Task
    from tests.conftest import ROOT

    file = ROOT.parent / "shared" / "data" / "squeezenet1_1" / "squeezenet1_1.npz"
    if not file.is_file():
        pytest.skip("../shared/data is not here")
    task = Task(network="squeezenet1_1", resize=32, base=Base(weights=str(file), input="caffe"))
    network = small_workshop(store, "alice", task)._base(task.base)
    with np.load(file) as arrays:
        assert np.array_equal(network.features[1].model.features[0].weight.detach().numpy(), arrays["features.0.weight"])
    with pytest.raises(ArenaError, match="no such file"):
        small_workshop(store, "alice", Task(network="squeezenet1_1", resize=32, base=Base(weights="nowhere.npz")))._base(Base(weights="nowhere.npz"))
