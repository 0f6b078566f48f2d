"""What each attack does, on networks small enough to know the answer."""

import numpy as np
import pytest
import torch
from torch import nn

from agents.attacks.model.prune import Prune
from agents.attacks.model.quantize import Quantize
from agents.attacks.model.transfer import Transfer
from agents.attacks.service.jpeg import Jpeg
from arena.hosts.architecture import Architecture
from arena.hosts.networks import build
from arena.testing import small_host
from arena.workshop.loot import Loot


def zeros(layer):
    return int((layer.weight == 0).sum())


@pytest.mark.parametrize("order", ["random", "ascending", "descending"])
@pytest.mark.parametrize("rate", [0.0, 0.25, 0.99, 1.0])
def test_pruning_zeroes_exactly_its_share_of_every_layer(order, rate, loot):
    net = Prune(rate, order).modify_model(build(Architecture("digits-cnn", 10, (1, 8, 8)), torch.Generator()), loot)
    for layer in (m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))):
        assert zeros(layer) == round(rate * layer.weight.numel())


def test_pruning_takes_the_smallest_or_the_largest(loot):
    net = nn.Sequential(nn.Linear(5, 1))
    for order, kept in (("ascending", [0, 0, 3, -4, 5]), ("descending", [1, -2, 3, 0, 0])):
        net[0].weight.data = torch.tensor([[1.0, -2.0, 3.0, -4.0, 5.0]])
        assert Prune(0.4, order).modify_model(net, loot)[0].weight.tolist() == [kept]


def test_pruning_the_fully_connected_layers_leaves_the_others(loot):
    fresh = build(Architecture("digits-cnn", 10, (1, 8, 8)), torch.Generator())
    net = Prune(0.5, layers="fully-connected").modify_model(fresh, loot)
    assert [zeros(m) > 0
            for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))] == [False, False, False, True, True]


@pytest.mark.parametrize("to", ["dynamic-range", "full-integer", "float16"])
def test_quantisation_hardly_changes_answers_but_does_change_weights(to, loot, store):
    host, images = small_host(store), loot.workshop.dataset.parts["test"].images
    plain = loot.workshop.predict(host, images)
    net = Quantize(to).modify_model(small_host(store), loot)
    assert (loot.workshop.predict(net, images) == plain).mean() > 0.97
    weights = net.decision[0].layer.weight if to != "float16" else net.decision[0].weight
    if to == "float16":
        assert torch.equal(weights, weights.half().float()) and not torch.equal(weights, host.decision[0].weight)
    else:
        assert max(len(row.unique()) for row in weights) <= 255 and len(host.decision[0].weight[0].unique()) > 255


def test_full_integer_ranges_are_those_of_the_calibration(loot, store):
    net = Quantize("full-integer").modify_model(small_host(store), loot)
    first = net.features[0]
    assert float(first.low) == 0 and float(first.high) == 1 and first.fixed


def test_jpeg_at_full_quality_is_nearly_the_image_and_at_low_quality_is_not(loot):
    images = loot.workshop.dataset.parts["test"].images[:20].numpy()
    error = [np.abs(Jpeg(q).modify_query(images, loot).astype(int) - images).mean() for q in (100, 75, 10)]
    assert error[0] < 1 < error[1] < error[2]
    colour = np.random.default_rng(1).integers(0, 256, (2, 3, 16, 16), dtype=np.uint8)
    assert Jpeg(75).modify_query(colour, loot).shape == colour.shape


def test_transfer_keeps_the_features_and_learns_the_other_set(loot, store, real_data):
    from dataclasses import replace

    shop = replace(loot.workshop, options=replace(loot.workshop.options, data=str(real_data)),
                   task=replace(loot.workshop.task, limit=3000))
    own, host = Loot(shop, "attack 1"), small_host(store)
    net = Transfer("mnist", epochs=3, rate=3e-3).modify_model(small_host(store), own)
    assert torch.equal(net.features[0].weight, host.features[0].weight)
    test = Transfer("mnist").test_set(own)
    assert test.images.shape == (9_000, 1, 8, 8)  # a thousand are customers'
    assert (shop.predict(net, test.images) == test.labels.numpy()).mean() > 0.8
