"""What the store may keep: two models are the same for it only if they compute the same."""

import copy

import pytest
import torch
from torch import nn

from arena.hosts.architecture import Architecture
from arena.hosts.mechanism import mechanism
from arena.hosts.networks import NETWORKS, ImageNetInput, build
from arena.hosts.networks.exponential import weight_exponentially
from arena.hosts.quantised import Quantized
from arena.testing import small_workshop


class Shaky(nn.Module):
    """Adds noise of a strength that no repr shows."""

    def __init__(self, layer, strength, how=None):
        super().__init__()
        self.layer, self.strength = layer, strength
        if how is not None:
            self.how = how

    def forward(self, x):
        return self.layer(x) * self.strength


def digits():
    return build(Architecture("digits-cnn", 10, (1, 8, 8)), torch.Generator().manual_seed(1))


def test_layers_of_somebody_else_count_with_their_settings():
    one, two = (Shaky(nn.Linear(2, 2), s) for s in (1.0, 2.0))
    assert repr(one) == repr(two)
    assert mechanism(one) != mechanism(two)
    assert mechanism(one) == mechanism(Shaky(nn.Linear(2, 2), 1.0))
    fixed = Quantized(nn.Linear(2, 2))
    before = mechanism(fixed)
    fixed.fixed = True
    assert mechanism(fixed) != before


def test_layers_that_cannot_be_told_are_not_kept():
    assert mechanism(Shaky(nn.Linear(2, 2), 1.0, how=lambda x: x)) is None
    assert mechanism(Shaky(nn.Linear(2, 2), torch.ones(2))) is None
    hooked, patched = nn.Linear(2, 2), nn.Linear(2, 2)
    hooked.register_forward_hook(lambda *_: None)
    patched.forward = lambda x: x
    assert mechanism(hooked) is None and mechanism(patched) is None


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_our_own_networks_say_it_all(name):
    network = build(Architecture(name, 10, (1, 32, 32)))
    assert mechanism(network) == repr(network)


def test_our_own_layers_show_what_they_do():
    assert (
        repr(ImageNetInput(64, "caffe")) != repr(ImageNetInput(128, "caffe")) != repr(ImageNetInput(128, "torchvision"))
    )
    assert mechanism(weight_exponentially(digits(), 2.0)) != mechanism(weight_exponentially(digits(), 3.0))


def test_accuracy_is_that_of_the_model_at_hand(store):
    shop, host = small_workshop(store, "mallory"), digits()
    shop.accuracy(host)
    upside_down = copy.deepcopy(host)
    upside_down.decision = Shaky(host.decision, -1.0)
    as_it_is = copy.deepcopy(host)
    as_it_is.decision = Shaky(host.decision, 1.0)
    assert shop.accuracy(as_it_is) == shop.accuracy(host) != shop.accuracy(upside_down)
    assert shop.accuracy(upside_down) == shop.accuracy(upside_down)
