"""Channels: what may change places and size without the function changing, and how a suspect's are put back."""

import copy

import pytest
import torch
from torch import nn

from arena.base.errors import ArenaError
from arena.hosts.architecture import Architecture
from arena.hosts.channels import Moves, aligned, channels_of, move
from arena.hosts.networks import build
from arena.hosts.networks.exponential import weight_exponentially

SHAPES = {"digits-cnn": (1, 8, 8), "wide-resnet-narrow": (1, 8, 8), "resnet-8": (1, 8, 8), "rose-cnn": (1, 28, 28),
          "rose-cifar": (3, 32, 32), "resnet18": (3, 32, 32)}


def drawn(name, seed=0):
    """A network in double precision whose batch norms do something."""
    generator = torch.Generator().manual_seed(seed)
    net = build(Architecture(name, 10, SHAPES[name]), generator).double().eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var):
                nn.init.uniform_(tensor, 0.5, 2, generator=generator)
            for tensor in (module.bias, module.running_mean):
                nn.init.normal_(tensor, 0, 0.3, generator=generator)
    return net


def any_moves(channels, seed=1):
    """Every group in another order, every free factor anything between 1/30 and 30, of either sign where it may be."""
    draw = torch.Generator().manual_seed(seed)
    orders = [torch.randperm(len(group), generator=draw).tolist() for group in channels.groups]
    source = {to: group[place] for group, order in zip(channels.groups, orders, strict=True)
              for to, place in zip(group, order, strict=True)}
    factors = {factor: 30 ** float(2 * torch.rand((), generator=draw) - 1)
               * (-1 if negative and torch.rand((), generator=draw) < 0.5 else 1)
               for factor, negative in channels.free.items()}
    return Moves(source, factors)


@pytest.mark.parametrize("name", SHAPES)
def test_moves_keep_the_function_and_alignment_undoes_them(name):
    host, shape = drawn(name), SHAPES[name]
    channels = channels_of(host, shape)
    moved = copy.deepcopy(host)
    move(moved, channels, any_moves(channels))
    images = torch.randint(0, 256, (48, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        one, two = host(images.double() / 255), moved(images.double() / 255)
    assert torch.allclose(one, two, rtol=1e-5, atol=1e-5 * float(one.abs().max()))
    weights = [(n, p) for n, p in host.named_parameters() if p.dim() > 1 and not n.startswith("decision.4")]
    assert all(not torch.allclose(p, moved.get_parameter(n), rtol=0.1) for n, p in weights)
    back = aligned(moved.float(), host.float(), images)
    assert back.likeness > 0.999 and back.moved > 0.9 * len(any_moves(channels).source)
    for name, parameter in host.named_parameters():
        assert torch.allclose(back.model.get_parameter(name), parameter, rtol=1e-3,
                              atol=1e-3 * float(parameter.detach().abs().max())), name


def test_summands_of_a_residual_sum_move_together():
    """Groups of the wide network: inside each block, and one stream for each of conv1 and the three groups; all the
    summands of a stream are one use of the same channels."""
    channels = channels_of(drawn("wide-resnet-narrow"), SHAPES["wide-resnet-narrow"])
    outputs = {use.layer: use.channels for use in channels.uses if use.side == "out"}
    assert outputs["features.conv4.past"] == outputs["features.conv4.second"]
    assert outputs["features.conv1"] == outputs["features.conv2.second"], "the first block passes its input on"
    assert not set(outputs["features.conv3.second"]) & set(outputs["features.conv2.second"])
    assert sorted(map(len, channels.groups)) == [16, 16, 32, 32, 64, 64]


def test_channels_behind_zeros_move_apart():
    """He et al.'s option A: where a stream grows, the old channels stay the old ones, among themselves."""
    channels = channels_of(drawn("resnet-8"), SHAPES["resnet-8"])
    inside = {"features.conv2_1.first": 16, "features.conv3_1.first": 32, "features.conv4_1.first": 64}
    outputs = {use.layer: use.channels for use in channels.uses if use.side == "out"}
    for layer, width in inside.items():
        assert tuple(sorted(outputs[layer])) in channels.groups and len(outputs[layer]) == width
    assert outputs["features.conv4_1.second"][:16] == outputs["features.conv1"]
    assert outputs["features.conv4_1.second"][:32] == outputs["features.conv3_1.second"]
    assert sorted(map(len, channels.groups)) == [16, 16, 16, 32, 32, 64]


def test_what_goes_in_and_what_comes_out_stays():
    channels = channels_of(drawn("digits-cnn"), SHAPES["digits-cnn"])
    movable = {one for group in channels.groups for one in group}
    sides = {(use.layer, use.side): set(use.channels) for use in channels.uses}
    assert not sides["features.0", "in"] & movable and not sides["decision.2", "out"] & movable
    assert len(channels.taken_in("features.3")) == 32 and len(channels.taken_in("decision.0")) == 128


class Odd(nn.Module):
    """Two branches that are joined, a softmax that knows no factors, a layer passed twice, a choice by what comes."""

    def __init__(self, kind):
        super().__init__()
        self.kind, self.one, self.two = kind, nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.last = nn.Linear(4, 3)

    def forward(self, x):
        x = self.one(x)
        if self.kind == "softmax":
            x = torch.softmax(x, 1)
        if self.kind == "choice" and x.sum() > 0:
            x = -x
        x = self.two(x)
        if self.kind == "twice":
            x = self.two(x.relu())
        return self.last(torch.flatten(nn.functional.adaptive_avg_pool2d(x.relu(), 1), 1))


def test_what_is_not_known_stays_where_it_is():
    group = {kind: channels_of(Odd(kind), (1, 5, 5)).taken_in("two") for kind in ("", "softmax", "twice")}
    assert len(group[""]) == 4 and not group["softmax"] and not group["twice"]
    with pytest.raises(ArenaError, match="can't be followed"):
        channels_of(Odd("choice"), (1, 5, 5))
    assert aligned(Odd("choice"), Odd("choice"), torch.zeros(4, 1, 5, 5, dtype=torch.uint8)) is None


def test_weights_that_are_weighted_bear_no_factors():
    net = weight_exponentially(Odd(""), 2.0)
    channels = channels_of(net, (1, 5, 5))
    assert channels.groups and not channels.free
    moved, x = copy.deepcopy(net), torch.rand(2, 1, 5, 5)
    move(moved, channels, any_moves(channels))
    assert torch.allclose(net(x), moved(x), atol=1e-6)


@pytest.mark.parametrize("name", ["digits-cnn", "wide-resnet-narrow"])
def test_independent_networks_are_never_bent(name):
    images = torch.randint(0, 256, (64, *SHAPES[name]), dtype=torch.uint8)
    assert aligned(drawn(name, 5).float(), drawn(name).float(), images) is None
    assert aligned(drawn(name).float(), build(Architecture("rose-cnn", 10, (1, 8 * 4, 8 * 4))), images) is None
