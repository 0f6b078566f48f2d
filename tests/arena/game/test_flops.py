"""FLOPs by watching a forward pass: torch's own counter, slow to import, is the oracle."""

import subprocess
import sys

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional

from arena.game.flops import Unknown, _watched, by_torch, flops
from arena.game.ledger import meter
from arena.hosts.architecture import Architecture
from arena.hosts.networks import NETWORKS, build
from arena.hosts.quantised import Quantized
from arena.hosts.voting import Majority

SMALL = (
    "squeezenet1_1",
    "resnet18",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "shufflenet_v2_x0_5",
    "mnasnet0_5",
    "densenet121",
    "efficientnet_b0",
    "alexnet",
    "vgg11_bn",
    "googlenet",
    "regnet_y_400mf",
    "convnext_tiny",
    "swin_t",
)


@pytest.fixture(autouse=True)
def _unmetered():
    with meter().paused():
        yield


class Calls(nn.Module):
    """A network whose forward is a function of the image and one weight."""

    def __init__(self, act):
        super().__init__()
        self.act, self.weight = act, nn.Parameter(torch.ones(12, 12))

    def forward(self, x):
        return self.act(x, self.weight)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("temperature", [0.0, 2.0])
def test_our_networks(name, temperature):
    shape = (1, 8, 8) if "digits" in name else (3, 32, 32)
    net = build(Architecture(name, 10, shape, temperature=temperature))
    assert _watched(net.eval(), torch.zeros(1, *shape)) == by_torch(net, shape) > 0


def test_networks_that_vote_are_watched_as_well():
    net = Majority([build(Architecture("digits-cnn", 10, (1, 8, 8))) for _ in range(3)])
    assert _watched(net.eval(), torch.zeros(1, 1, 8, 8)) == by_torch(net, (1, 8, 8)) > 0


def test_layers_of_eight_bits_are_watched_as_well():
    net = build(Architecture("digits-cnn", 10, (1, 8, 8))).eval()
    for name, layer in list(net.named_modules()):
        if isinstance(layer, nn.Conv2d | nn.Linear):
            net.set_submodule(name, Quantized(layer))
    assert _watched(net, torch.zeros(1, 1, 8, 8)) == by_torch(net, (1, 8, 8)) > 0


@pytest.mark.parametrize("name", SMALL)
def test_torchvisions(name):
    net = torchvision.models.get_model(name, weights=None, **({"init_weights": False} if name == "googlenet" else {}))
    assert _watched(net.eval(), torch.zeros(1, 3, 64, 64)) == by_torch(net, (3, 64, 64)) > 0


def test_attention_is_left_to_torchs_counter():
    net = torchvision.models.get_model("vit_b_32", weights=None).eval()
    with pytest.raises(Unknown):
        _watched(net, torch.zeros(1, 3, 224, 224))
    assert flops(net, (3, 224, 224)) == by_torch(net, (3, 224, 224)) > 0


@pytest.mark.parametrize("layer", [
    nn.Conv1d(3, 6, 3, 2, groups=3), nn.Conv2d(4, 8, (3, 1), 2, 1, dilation=2, groups=2, bias=False),
    nn.Conv3d(2, 4, 3), nn.ConvTranspose1d(3, 6, 3, 2), nn.ConvTranspose2d(4, 8, (3, 5), 2, 1, 1, groups=2),
    nn.ConvTranspose3d(2, 4, 3, 2), nn.Linear(7, 5), nn.LSTM(3, 4), nn.GRU(3, 4), nn.MultiheadAttention(4, 2),
    nn.TransformerEncoderLayer(8, 2, 16),
], ids=lambda layer: type(layer).__name__)
def test_layers(layer):
    given = {"Conv1d": (3, 9), "Conv2d": (4, 9, 8), "Conv3d": (2, 5, 6, 7), "ConvTranspose1d": (3, 9),
             "ConvTranspose2d": (4, 5, 6), "ConvTranspose3d": (2, 3, 4, 5), "Linear": (7,), "LSTM": (5, 3),
             "GRU": (5, 3), "MultiheadAttention": (6, 4), "TransformerEncoderLayer": (6, 8)}
    name = type(layer).__name__
    net = Wrapped(layer, name)
    assert flops(net, given[name]) == by_torch(net, given[name]) > 0


class Wrapped(nn.Module):
    def __init__(self, layer, name):
        super().__init__()
        self.layer, self.name = layer, name

    def forward(self, x):
        return self.layer(x, x, x)[0] if self.name == "MultiheadAttention" else self.layer(x)


@pytest.mark.parametrize(
    "act",
    [
        lambda x, w: x @ w,
        lambda x, w: torch.matmul(x, w),
        lambda x, w: x.matmul(w),
        lambda x, w: torch.mm(x[0], w),
        lambda x, w: torch.bmm(x, w[None]),
        lambda x, w: torch.addmm(w, x[0], w),
        lambda x, w: torch.einsum("nij,jk->nik", x, w),
        lambda x, w: torch.tensordot(x, w, 1),
        lambda x, w: torch.ops.aten.mm(x[0], w),
        lambda x, w: torch.inner(x, w),
        lambda x, w: torch.ops.aten.mm.default(x[0], w),
        lambda x, w: functional.linear(input=x, weight=w),
        lambda x, w: torch.linalg.multi_dot([x[0], w, w]),
        lambda x, w: torch.chain_matmul(x[0], w, w),
        lambda x, w: functional.scaled_dot_product_attention(x, x, x),
        lambda x, w: x[0].addmm(w, w),
        lambda x, w: torch.baddbmm(x, x, w[None]),
        lambda x, w: functional.conv2d(x[None], weight=w[None, None]),
        lambda x, w: torch.linalg.matrix_power(x[0], 3),
        lambda x, w: torch.vmap(lambda row: row @ w)(x),
    ],
)
def test_products_however_they_are_written(act):
    net = Calls(act)
    assert flops(net, (12, 12)) == by_torch(net, (12, 12)) > 0


def test_a_function_of_somebodys_own_named_like_a_free_one_is_not_free():
    def relu(x, weight):
        if torch.overrides.has_torch_function((x, weight)):
            return torch.overrides.handle_torch_function(relu, (x, weight), x, weight)
        return x @ weight

    assert flops(Calls(relu), (12, 12)) == by_torch(Calls(relu), (12, 12)) > 0


def test_counting_draws_nothing():
    net, before = Calls(lambda x, w: x @ w + torch.randn_like(x)), torch.get_rng_state()
    flops(net, (12, 12))
    assert torch.equal(torch.get_rng_state(), before)


def test_counting_our_networks_imports_no_compiler():
    code = ("import sys; from arena.hosts.networks import build; from arena.hosts.architecture import Architecture\n"
            "from arena.game.flops import flops\n"
            "flops(build(Architecture('digits-cnn', 10, (1, 8, 8))), (1, 8, 8))\n"
            "print('sympy' in sys.modules or 'torch._dynamo' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
