"""Work is counted at the boundary: whoever calls a network, however he got it."""

import torch
from torch import nn

from arena.game.ledger import Spending, bits, flops, meter
from arena.hosts.architecture import Architecture
from arena.hosts.networks import build

meter().watch_networks()


def spent(action):
    meter().lap()
    action()
    return meter().lap()[0]


def test_flops_of_a_convolution_and_a_linear_layer_by_hand():
    net = nn.Sequential(nn.Conv2d(3, 8, 5), nn.Flatten(), nn.Linear(8 * 4 * 4, 10))
    assert flops(net, (3, 8, 8)) == 2 * (4 * 4 * 8 * 3 * 25 + 128 * 10)


def test_forward_and_gradient_are_counted_once_for_the_whole_network():
    net, images = build(Architecture("digits-cnn", 10, (1, 8, 8))), torch.zeros(7, 1, 8, 8)
    each = flops(net, (1, 8, 8))
    assert spent(lambda: net.eval()(images)) == Spending(forwards=7, operations=7 * each)
    assert spent(lambda: net(images).sum().backward()) == Spending(forwards=7, gradients=7, operations=7 * each * 3)


def test_a_network_of_the_strategys_own_is_counted_too():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 2)

        def forward(self, x):
            return self.layer(x)

    assert spent(lambda: Own()(torch.zeros(3, 4))) == Spending(forwards=3, operations=3 * 16)


def test_a_network_of_another_precision_is_counted():
    assert spent(lambda: nn.Linear(4, 2).double()(torch.zeros(3, 4).double())) == Spending(forwards=3, operations=48)


def test_a_network_whose_way_depends_on_its_values_is_counted():
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 2)

        def forward(self, x):
            return self.layer(x) if float(x.sum()) >= 0 else x

    assert flops(Branching(), (4,)) == 16


def test_losses_are_no_networks_and_bits_are_logarithms():
    assert spent(lambda: nn.CrossEntropyLoss()(torch.zeros(2, 3), torch.zeros(2, dtype=torch.int64))) == Spending()
    assert bits(2**40) == 40 and bits(0) == 0


def test_a_failing_call_leaves_the_counter_in_order():
    net = nn.Linear(4, 2)
    for _ in range(3):
        try:
            net(torch.zeros(1, 5))
        except RuntimeError:
            continue
    assert spent(lambda: net(torch.zeros(1, 4))).forwards == 1
