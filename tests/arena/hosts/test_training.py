"""Training: the same bits from the same seed, other bits from another, and it learns."""

import numpy as np
import pytest
import torch
from torch import nn

from arena.base.draws import Draws
from arena.base.errors import ArenaError
from arena.hosts import datasets, networks, training
from arena.hosts.architecture import Architecture
from arena.hosts.weights import fingerprint


def trained(seed, **settings):
    data = datasets.load("digits", None, 1).parts
    draws = Draws.of(seed, "alice")
    net = networks.build(Architecture("digits-cnn", 10, (1, 8, 8)), draws.torch("weights"))
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
    net = networks.build(Architecture("digits-cnn", 10, (1, 8, 8)))
    features = fingerprint(net.features[0])
    training.fit(net, data, training.Settings(epochs=1, optimizer="sgd", rate=0.01), torch.Generator(),
                 parameters=list(net.decision.parameters()))
    assert fingerprint(net.features[0]) == features


def test_fixed_samples_are_not_augmented():
    images = torch.randint(0, 256, (50, 1, 8, 8), dtype=torch.uint8)
    fixed = torch.arange(50) < 20
    out = training._augmented(images, training.Settings(shift=2, flip=True), fixed)
    assert out[:20].equal(images[:20]) and not out[20:].equal(images[20:]) and out.dtype == torch.uint8


def test_papers_networks_have_the_papers_layers():
    layers = {name: [(type(m).__name__, tuple(m.weight.shape))
                     for m in networks.build(Architecture(name, 10, shape)).modules() if hasattr(m, "weight")]
              for name, shape in (("rose-cnn", (1, 28, 28)), ("rose-cifar", (3, 32, 32)))}
    assert [shape for _, shape in layers["rose-cnn"]] == [(64, 1, 5, 5), (128, 64, 5, 5), (256, 2048), (10, 256)]
    assert [shape[0] for _, shape in layers["rose-cifar"]] == [32, 32, 64, 64, 128, 128, 256, 256, 128, 256, 10]


def test_pooling_before_relu_is_the_same_function():
    net, x = networks.build(Architecture("rose-cnn", 10, (1, 28, 28))), torch.rand(3, 1, 28, 28)
    conv1, pool, relu, conv2 = net.features[0], torch.nn.MaxPool2d(2), torch.relu, net.features[3]
    assert torch.equal(net(x), net.decision(pool(relu(conv2(pool(relu(conv1(x)))))).flatten(1)))


def tiny_net(*layers):
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(4, 3), *layers)


def images(count):
    draw = torch.Generator().manual_seed(count)
    return datasets.Samples(torch.randint(0, 256, (count, 1, 2, 2), dtype=torch.uint8, generator=draw),
                            torch.arange(count) % 3)


@pytest.mark.parametrize(("count", "size", "wanted"), [(17, 16, [17]), (33, 16, [16, 17]), (18, 16, [16, 2]),
                                                       (16, 16, [16]), (3, 1, [1, 1, 1]), (1, 16, [1]), (5, 2, [2, 3])])
def test_one_image_alone_joins_the_batch_before_it(count, size, wanted):
    order = torch.randperm(count)
    parts = training._batches(order, size)
    assert [len(part) for part in parts] == wanted and torch.equal(torch.cat(parts), order)


@pytest.mark.parametrize("schedule", ["constant", "one-cycle", "steps"])
def test_batch_norm_trains_on_17_images_in_batches_of_16(schedule):
    settings = training.Settings(epochs=2, batch=16, schedule=schedule, milestones=(1,))
    history = training.fit(tiny_net(nn.BatchNorm1d(3)), images(17), settings, torch.Generator().manual_seed(1))
    assert len(history.loss) == 2 and all(np.isfinite(history.loss))


def test_batches_without_a_single_image_give_the_bits_that_torch_gives():
    """A training written out here: the same weights for 18 images in batches of 16."""
    net, twin, data = tiny_net(), tiny_net(), images(18)
    training.fit(net, data, training.Settings(epochs=3, batch=16, optimizer="sgd", rate=0.1, momentum=0.0),
                 torch.Generator().manual_seed(5))
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1, fused=True)
    with training.borrowed(torch.Generator().manual_seed(5)):
        for _ in range(3):
            for index in torch.randperm(18).split(16):
                optimizer.zero_grad()
                nn.functional.cross_entropy(twin(data.images[index].float() / 255), data.labels[index]).backward()
                optimizer.step()
    assert fingerprint(net) == fingerprint(twin)


def test_batch_norm_on_one_image_says_so():
    for count, batch, line in ((1, 16, "a data set of one image"), (4, 1, "batch: 1")):
        with pytest.raises(ArenaError, match=f"{line} can't train a network with batch norm"):
            training.fit(tiny_net(nn.BatchNorm1d(3)), images(count), training.Settings(epochs=1, batch=batch),
                         torch.Generator())
        assert len(training.fit(tiny_net(), images(count), training.Settings(epochs=1, batch=batch),
                                torch.Generator()).loss) == 1


def test_a_training_that_diverges_says_when():
    net = tiny_net()
    with pytest.raises(training.Diverged,
                       match=r"^training diverged \(loss nan in epoch 1\): lower the rate \(0.001\)"):
        training.fit(net, images(8), training.Settings(epochs=3), torch.Generator(),
                     penalty=lambda model: model[1].weight.sum() * float("nan"))
    with pytest.raises(training.Diverged, match=r"\(loss inf in epoch 1\)"):
        training.fit(tiny_net(), images(8), training.Settings(epochs=1, batch=8), torch.Generator(),
                     penalty=lambda model: (model[1].weight * 1e38).exp().sum())
    with pytest.raises(ArenaError, match=r"in epoch [1-9]\): lower the rate \(10\)"):
        training.fit(tiny_net(nn.Linear(3, 3), nn.Linear(3, 3)), images(64),
                     training.Settings(epochs=9, optimizer="sgd", rate=10.0, batch=4),
                     torch.Generator(), penalty=lambda model: (model[1].weight**4).sum())


def test_a_last_step_that_ruins_the_weights_is_a_divergence_too():
    def penalty(model):
        # worth 0, but its gradient is none
        return (model[1].weight.clamp_min(0) + 1e-12).sqrt().sum() * 0 + (model[1].weight * 0).sqrt().sum()

    with pytest.raises(training.Diverged, match=r"weights that are no numbers in epoch 1"):
        training.fit(tiny_net(), images(8), training.Settings(epochs=1, batch=8), torch.Generator(), penalty=penalty)


def test_any_torchvision_model():
    net = networks.build(Architecture("squeezenet1_1", 7, (1, 28, 28), resize=64))
    assert net(torch.rand(2, 1, 28, 28)).shape == (2, 7)


def test_a_host_on_top_of_another_keeps_its_features_where_they_are_frozen(store):
    from arena.hosts.task import Base, Task
    from arena.testing import small_workshop

    task = Task(epochs=2, rate=2e-3, schedule="one-cycle", base=Base(epochs=3, freeze=True))
    shop = small_workshop(store, "alice", task)
    host, base = shop.host(shop.dataset.parts["train"], "host"), shop._base(task.base)
    assert (torch.equal(host.features[0].weight, base.features[0].weight)
            and not torch.equal(host.decision[0].weight, base.decision[0].weight))
    assert shop.accuracy(host) > 0.9


def test_imagenet_weights_from_a_plain_npz(store):
    from arena.hosts.networks import build
    from arena.hosts.starting import start_from
    from arena.hosts.task import Base, Task
    from arena.testing import small_workshop
    from tests.conftest import ROOT

    file = ROOT.parent / "shared" / "data" / "squeezenet1_1" / "squeezenet1_1.npz"
    if not file.is_file():
        pytest.skip("../shared/data is not here")
    shop = small_workshop(store, "alice", Task(network="squeezenet1_1", resize=32, base=Base(str(file), input="caffe")))
    network = build(shop.architecture)
    assert start_from(network, file) == "backbone"
    with np.load(file) as arrays:
        assert np.array_equal(network.features[1].model.features[0].weight.detach().numpy(),
                              arrays["features.0.weight"])
    with pytest.raises(ArenaError, match="no such file"):
        start_from(network, file.with_name("nowhere.npz"))


def test_small_batches_are_learnt_by_one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with training.threads_for(training.THREADS_FROM_FLOPS - 1):
            assert torch.get_num_threads() == 1
        with training.threads_for(training.THREADS_FROM_FLOPS):
            assert torch.get_num_threads() == 2
        with pytest.raises(ValueError, match="over"), training.threads_for(0):
            raise ValueError("over")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
