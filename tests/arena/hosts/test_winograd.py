"""Convolutions by tiles: the matrices against the definition, the rest against torch's own in double precision, and
against edges and processors that could make it differ."""

import platform
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from arena.base.draws import Draws
from arena.base.llvm import Target, compile_ir, host
from arena.forging.adversarial import thin_gradients
from arena.game.flops import flops
from arena.hosts import networks
from arena.hosts.architecture import Architecture
from arena.hosts.winograd import convolution, layers
from arena.hosts.winograd.algorithm import OUT, algorithm
from arena.hosts.winograd.code import declared, to_image, to_planes
from arena.hosts.winograd.convolution import convolved, transformed
from arena.hosts.winograd.layers import by_tiles, gains, suits, usable
from arena.hosts.winograd.ways import places, ways

pytestmark = pytest.mark.skipif(host()[0] is None, reason=host()[1])
SHAPES = [(3, 64, 128, 12, 12, 5, 0), (2, 64, 64, 8, 12, 5, 2), (5, 32, 16, 5, 9, 5, 0), (1, 16, 48, 7, 6, 5, 1),
          (2, 16, 32, 13, 10, 3, 1), (3, 32, 64, 8, 8, 3, 1), (7, 64, 16, 3, 11, 3, 0), (1, 16, 16, 1, 1, 3, 1),
          (40, 64, 64, 16, 16, 3, 1), (2, 16, 16, 4, 5, 3, 2)]


def given(count, inputs, outputs, height, width, side, seed=1):
    draw = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=draw).requires_grad_() for shape in
            ((count, inputs, height, width), (outputs, inputs, side, side), (outputs,))]


@pytest.mark.parametrize("side", [3, 5])
def test_the_matrices_give_a_correlation(side):
    by, draw = algorithm(side), np.random.default_rng(side)
    kernel, pixels = draw.integers(-9, 10, side), draw.integers(-9, 10, side + OUT - 1)
    found = by.output @ ((by.kernel @ kernel) * (by.image @ pixels))
    assert np.allclose(found, np.correlate(pixels, kernel, "valid"), rtol=0, atol=1e-9)


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("count", "inputs", "outputs", "height", "width", "side", "padding"), SHAPES)
def test_tiles_give_the_convolution_and_its_gradients(count, inputs, outputs, height, width, side, padding, order):
    ours = [each.detach().to(memory_format=order).requires_grad_() if each.dim() == 4 else each
            for each in given(count, inputs, outputs, height, width, side)]
    exact = [each.detach().double().requires_grad_() for each in ours]
    right = nn.functional.conv2d(*exact, padding=padding)
    push = torch.randn(right.shape, generator=torch.Generator().manual_seed(2)).to(memory_format=order)
    found = convolved(*ours, padding)
    pairs = zip([found, *torch.autograd.grad(found, ours, push)],
                [right, *torch.autograd.grad(right, exact, push.double())], strict=True)
    for mine, theirs in pairs:
        assert mine.shape == theirs.shape and mine.dtype == torch.float32
        assert float((mine.detach().double() - theirs.detach()).abs().max()) < 5e-5 * float(theirs.detach().abs().max())


def test_only_the_gradients_that_are_asked_for_and_none_of_a_gradient():
    images, weight, bias = given(2, 16, 32, 8, 8, 3)
    alone = convolved(images, weight.detach(), None, 1).square().sum()
    assert torch.autograd.grad(alone, images)[0].shape == images.shape
    other = convolved(images.detach(), weight, bias, 1).square().sum()
    found = torch.autograd.grad(other, [weight, bias], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        found[0].sum().backward()


def test_what_lies_beyond_the_edge_stays_there():
    """Neighbours in memory, of the same image and the next, neither seep in nor are written to."""
    images, weight, bias = given(3, 16, 16, 6, 7, 3)
    with torch.no_grad():
        images[0], images[2] = float("nan"), float("inf")
    found = convolved(images, weight, bias, 1)
    middle = convolved(images[1:2], weight, bias, 1)
    assert torch.equal(found[1:2], middle) and bool(middle.isfinite().all()) and bool(found[0].isnan().all())
    push = torch.zeros_like(found)
    push[1] = 1
    assert bool((torch.autograd.grad(found, images, push)[0][[0, 2]] == 0).all())


def test_every_pixel_has_one_place():
    at = places(3, 1, 9, 6, 16, 32)
    assert (at.rows, at.columns, at.tiles) == (9, 6, 6) and at.outputs.numel() == 6 * 16
    assert sorted(at.outputs[at.outputs >= 0].tolist()) == [32 * k for k in range(9 * 6)]
    assert set(at.images.tolist()) == {-1} | {16 * k for k in range(9 * 6)}


@pytest.mark.parametrize("cpu", ["x86-64-v3", "x86-64-v4", "x86-64"])
def test_the_code_compiles_for_every_width(cpu):
    target, by = host()[0], algorithm(5)
    if platform.machine() != "x86_64":
        pytest.skip("these are x86 processors")
    width = {"x86-64-v3": 8, "x86-64-v4": 16, "x86-64": 4}[cpu]
    text = to_planes("to", by.image, width) + to_image("back", by.image.T, width, added=True) + declared(width)
    assert len(compile_ir(text, Target(cpu, ""))) > 1000 and target is not None


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
    assert suits(nn.Conv2d(64, 128, 5)) and suits(nn.Conv2d(64, 64, 5, padding=2)) and suits(nn.Conv2d(16, 16, 3))
    for other in (nn.Conv2d(1, 64, 5), nn.Conv2d(24, 64, 3), nn.Conv2d(64, 128, 5, stride=2),
                  nn.Conv2d(64, 128, 7), nn.Conv2d(64, 128, (3, 5)), nn.Linear(64, 64),
                  nn.Conv2d(64, 128, 5, dilation=2), nn.Conv2d(64, 128, 5, groups=2), nn.Conv2d(64, 128, 5, padding=4),
                  nn.Conv2d(64, 128, 5, padding="same"), nn.Conv2d(64, 128, 5, padding=2, padding_mode="circular")):
        assert not suits(other)
    layer = nn.Conv2d(16, 32, 3, padding=1)
    assert gains(layer, 8, 8) and gains(layer, 7, 7) and not gains(layer, 5, 5) and not gains(layer, 2, 2)
    assert not gains(nn.Conv2d(16, 32, 5), 4, 9)
    with by_tiles(layer, True):
        small = layer(torch.ones(1, 16, 5, 5))  # hardly a whole tile: torch's own
        assert "forward" in vars(layer)
    assert torch.equal(small, layer(torch.ones(1, 16, 5, 5))) and "forward" not in vars(layer)
    with by_tiles(layer, False):
        assert "forward" not in vars(layer)


class Standardised(nn.Conv2d):
    """A convolution of somebody's own, which does more."""

    def forward(self, images):
        weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
        return nn.functional.conv2d(images, weight, self.bias, self.stride, self.padding)


class Masked(nn.Conv2d):
    def _conv_forward(self, images, weight, bias):
        return super()._conv_forward(images, weight * 0, bias)


@pytest.mark.parametrize("kind", [Standardised, Masked])
def test_a_convolution_of_ones_own_computes_what_it_says(kind):
    layer, images = kind(16, 16, 3, padding=1), torch.rand(2, 16, 8, 8)
    with by_tiles(layer, True):
        assert torch.equal(layer(images), kind.forward(layer, images)) and "forward" not in vars(layer)
    thin = kind(3, 16, 3, padding=1)
    with thin_gradients(thin, torch.device("cpu")):
        assert "forward" not in vars(thin)


@pytest.mark.parametrize("still", [False, True])
def test_other_numbers_and_shapes_go_the_library_s_way(still):
    """The compiled code reads 32-bit floats where it is told to: it must not be told anything else."""
    double, layer = nn.Conv2d(16, 16, 3, padding=1).double(), nn.Conv2d(16, 16, 3, padding=1)
    images, one = torch.rand(2, 16, 8, 8, dtype=torch.float64), torch.rand(16, 8, 8)
    with by_tiles(double, True, still), by_tiles(layer, True, still):
        assert torch.equal(double.forward(images), nn.Conv2d.forward(double, images))
        assert torch.equal(layer.forward(one), nn.Conv2d.forward(layer, one))
        for wrong in (torch.rand(2, 8, 8, 8), images):
            with pytest.raises(RuntimeError):
                layer.forward(wrong)
    for given in ((images, layer.weight), (torch.rand(2, 8, 8, 8), layer.weight), (one, layer.weight),
                  (torch.rand(2, 24, 8, 8), torch.rand(16, 24, 3, 3))):
        with pytest.raises(ValueError, match="no convolution by tiles"):
            convolved(*given, padding=1)


def test_a_bias_that_lies_scattered_is_read_where_it_lies():
    images, weight, _ = given(2, 16, 16, 8, 8, 3)
    bias = torch.rand(16, 3)[:, 1]
    right = nn.functional.conv2d(images, weight, bias, padding=1)
    assert torch.allclose(convolved(images, weight, bias, 1), right, atol=1e-3)


def test_where_llvm_fails_there_are_no_ways(monkeypatch):
    def broken(*_):
        raise RuntimeError("LLVM ERROR")

    monkeypatch.setattr("arena.hosts.winograd.ways.obtain", broken)
    layer, images = nn.Conv2d(16, 32, 3, padding=1), torch.rand(1, 16, 8, 8)
    forget()
    with by_tiles(layer, True):
        assert "forward" not in vars(layer) and torch.equal(layer(images), layer(images))
    monkeypatch.undo()
    forget()
    with by_tiles(layer, True):
        assert "forward" in vars(layer)


def forget():
    ways.cache_clear()
    usable.cache_clear()


@pytest.mark.parametrize("ways", [lambda side: None, lambda side: replace(ways(side), to_tiles=lambda *_: None),
                                  lambda side: replace(ways(side), back_from_tiles=ways(side).from_tiles)])
def test_code_that_is_missing_or_wrong_is_not_trusted(ways, monkeypatch):
    for module in (layers, convolution):
        monkeypatch.setattr(module, "ways", ways)
    usable.cache_clear()
    layer, images = nn.Conv2d(16, 32, 3, padding=1), torch.rand(1, 16, 8, 8)
    with by_tiles(layer, True):
        assert "forward" not in vars(layer) and torch.equal(layer(images), layer(images))
    monkeypatch.undo()
    usable.cache_clear()
    with by_tiles(layer, True):
        assert "forward" in vars(layer)


def test_still_weights_are_brought_to_the_tiles_once(monkeypatch):
    layer, images = nn.Conv2d(64, 64, 5), torch.rand(1, 64, 8, 8)
    with by_tiles(layer, True, still=True):
        first = layer(images)
        monkeypatch.setattr("arena.hosts.winograd.layers.transformed", None)
        monkeypatch.setattr("arena.hosts.winograd.convolution.transformed", None)
        assert torch.equal(layer(images), first)
    assert transformed is not None
