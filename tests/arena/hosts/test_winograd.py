"""Convolutions by tiles: held against torch's own in double precision, and against the definition of an adjoint."""

import pytest
import torch
from torch import nn

from arena.base.draws import Draws
from arena.game.flops import flops
from arena.hosts import networks
from arena.hosts.architecture import Architecture
from arena.hosts.winograd import by_tiles, convolved, cut, joined, laid_back, suits, tiles, transformed

SHAPES = [(3, 64, 128, 12, 12, 0), (2, 64, 64, 8, 12, 2), (5, 3, 2, 5, 9, 0), (1, 2, 3, 7, 6, 1), (2, 4, 4, 13, 10, 2)]


@pytest.mark.parametrize(("count", "inputs", "outputs", "height", "width", "padding"), SHAPES)
def test_tiles_give_the_convolution_and_its_gradients(count, inputs, outputs, height, width, padding):
    draw = torch.Generator().manual_seed(1)
    given = [torch.randn(shape, generator=draw).requires_grad_() for shape in
             ((count, inputs, height, width), (outputs, inputs, 5, 5), (outputs,))]
    exact = [each.detach().double().requires_grad_() for each in given]
    right = nn.functional.conv2d(*exact, padding=padding)
    push = torch.randn(right.shape, generator=draw)
    found = convolved(*given, padding)
    pairs = zip([found, *torch.autograd.grad(found, given, push)],
                [right, *torch.autograd.grad(right, exact, push.double())], strict=True)
    for ours, theirs in pairs:
        assert ours.shape == theirs.shape and ours.dtype == torch.float32
        assert float((ours.detach().double() - theirs.detach()).abs().max()) < 5e-5 * float(theirs.detach().abs().max())


@pytest.mark.parametrize(("height", "width", "padding"), [(12, 12, 0), (9, 14, 2), (5, 8, 1)])
def test_the_ways_back_are_adjoints(height, width, padding):
    """<tiles(x), t> = <x, laid_back(t)> and <joined(o), y> = <o, cut(y)>, for whole numbers exactly."""
    draw = torch.Generator().manual_seed(2)

    def whole(*shape):
        return torch.randint(-9, 10, shape, generator=draw).float()

    images = whole(2, 3, height, width)
    parts = tiles(images, padding)
    there = whole(*parts.shape)
    assert float((parts * there).sum()) == float((images * laid_back(there, padding, height, width)).sum())
    high, wide = height + 2 * padding - 4, width + 2 * padding - 4
    blocks, outputs = whole(4, 4, *parts.shape[2:]), whole(2, 3, high, wide)
    assert float((joined(blocks, high, wide) * outputs).sum()) == float((blocks * cut(outputs)).sum())


def rose():
    return networks.build(Architecture("rose-cnn", 10, (1, 28, 28)), Draws.of(1, "tiles").torch("weights"))


def test_without_gradients_a_network_computes_as_ever():
    model, images = rose().eval(), torch.rand(4, 1, 28, 28)
    with torch.no_grad():
        plain = model(images)
        with by_tiles(model, True):
            assert torch.equal(model(images), plain) and flops(model, (1, 28, 28)) == flops(rose(), (1, 28, 28))
    with by_tiles(model, True):
        quick = model(images)
    assert not torch.equal(quick, plain) and torch.allclose(quick, plain, atol=1e-5)
    assert torch.equal(model(images).detach(), plain)  # outside, torch's again


def test_it_is_only_done_where_it_gains():
    assert suits(nn.Conv2d(64, 128, 5)) and suits(nn.Conv2d(64, 64, 5, padding=2))
    for other in (nn.Conv2d(1, 64, 5), nn.Conv2d(64, 128, 3), nn.Conv2d(64, 128, 5, stride=2), nn.Linear(64, 64),
                  nn.Conv2d(64, 128, 5, dilation=2), nn.Conv2d(64, 128, 5, groups=2), nn.Conv2d(64, 128, 5, padding=4),
                  nn.Conv2d(64, 128, 5, padding="same"), nn.Conv2d(64, 128, 5, padding=2, padding_mode="circular")):
        assert not suits(other)
    layer = nn.Conv2d(64, 64, 5)
    with by_tiles(layer, True):
        uneven = layer(torch.ones(1, 64, 11, 12))  # no whole tiles: torch's own
    assert torch.equal(uneven, layer(torch.ones(1, 64, 11, 12)))
    with by_tiles(layer, False):
        assert "forward" not in vars(layer)


def test_still_weights_are_brought_to_the_tiles_once(monkeypatch):
    layer, images = nn.Conv2d(64, 64, 5), torch.rand(1, 64, 8, 8)
    with by_tiles(layer, True, still=True):
        first = layer(images)
        monkeypatch.setattr("arena.hosts.winograd.transformed", None)
        assert torch.equal(layer(images), first)
    assert transformed is not None
