"""Removal attacks that look for what they remove: triggers reversed and their channels reset, features drawn together,
a mark's length read off its layer."""

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from agents.attacks.model._activity import activity, reset
from agents.attacks.model.align_features import SMALLEST, AlignFeatures, discrepancy, erased
from agents.attacks.model.launder import Launder, hidden
from agents.attacks.model.neural_cleanse import Pattern
from agents.attacks.model.overwrite_by_length import OverwriteByLength
from agents.schemes.weights.uchida import Uchida
from arena.base.errors import ArenaError
from arena.hosts.layers import features_of, layer_name, mean_filter, weight_of
from arena.hosts.training import CPU, to_input
from arena.strategies.premises import Data, Premises
from arena.testing import small_host, small_workshop
from arena.testing.rehearsal import SMALL
from arena.workshop.loot import Loot
from tests.agents.test_model_attacks import accuracy, answered, backdoored


class Detector(nn.Module):
    """Two channels, the upper left pixel and the lower right one, then two classes."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv2d(1, 2, 8), nn.Linear(2, 2)
        with torch.no_grad():
            self.first.weight.zero_()
            self.first.weight[0, 0, 0, 0] = self.first.weight[1, 0, 7, 7] = 1
            self.first.bias.zero_()

    def forward(self, images):
        return self.last(self.first(images).flatten(1))


def test_activity_is_the_mean_of_what_is_above_zero():
    net, images = Detector(), torch.zeros(100, 1, 8, 8, dtype=torch.uint8)
    images[:30, 0, 0, 0], images[:, 0, 7, 7] = 255, 51
    spare = nn.Linear(1, 1)
    first, unasked = activity(net, [net.first, spare], images, CPU)
    assert first.tolist() == pytest.approx([0.3, 0.2]) and len(unasked) == 0
    reset(net.first, torch.tensor([1]))
    assert float(net.first.weight[1].detach().abs().sum()) == 0 == float(net.first.bias[1].detach())
    assert activity(net, [net.first], images, CPU)[0].tolist() == pytest.approx([0.3, 0.0])


def corner(places, loot):
    """The pattern that makes pixels white."""
    mask = torch.zeros(1, *loot.workshop.dataset.shape[1:])
    for place in places:
        mask[(0, *place)] = 1
    return Pattern(mask, torch.ones(loot.workshop.dataset.shape))


def test_channels_that_wake_at_a_pattern_are_reset_and_no_layer_is_emptied(loot):
    """The upper left pixel of digits is dark: its channel says nothing until the pattern makes it 1."""
    net = Detector()
    assert list(hidden(net)) == ["first"]
    one = corner([(0, 0)], loot)
    assert [woken.tolist() for woken in Launder(margin=1.0).woken(net, [one], loot)] == [[True, False]]
    both = Launder(margin=0.5)
    assert both.cut(copy.deepcopy(net), [one, corner([(7, 7)], loot)], loot) == 0, "it would leave none"
    assert both.cut(net, [one], loot) == 1 and float(net.first.weight[0].detach().abs().sum()) == 0


def test_laundering_unlearns_a_backdoor_and_the_reset_does_so_by_itself(host, loot):
    model = backdoored(host, loot)
    assert answered(model, loot) > 0.9
    washed = Launder(epochs=20).modify_model(copy.deepcopy(model), loot)
    assert answered(washed, loot) < 0.2 and accuracy(washed, loot) > 0.9
    assert loot.remarks[0].endswith("class 3") and 1 <= int(loot.remarks[1].split()[0]) < 100
    cut = Launder(epochs=0).modify_model(copy.deepcopy(model), loot)
    assert answered(cut, loot) < 0.7 * answered(model, loot), "without any training"


def test_without_labels_the_stolen_model_s_answers_are_learnt(host, loot, monkeypatch):
    seen = []
    monkeypatch.setattr(Loot, "fit", lambda self, model, settings, samples: seen.append(samples) or model)
    for labels, wanted in (("own", loot.data.labels),
                           ("stolen", torch.from_numpy(loot.workshop.predict(host, loot.data.images)))):
        Launder(steps=1, images=4, labels=labels, margin=1e9).modify_model(copy.deepcopy(host), loot)
        assert torch.equal(seen[-1].labels, wanted) and loot.remarks[-1] == "0 channels reset"
    assert not torch.equal(seen[0].labels, seen[1].labels), "the small host is wrong somewhere"


def premises(network):
    data = Data("digits", tuple("0123456789"), (1, 8, 8), {"train": 100, "fine-tune": 100}, (10,) * 10)

    class Known(Premises):
        @property
        def network(self):
            return network

    return Known(data, None, lambda name: data)


def test_networks_without_such_layers_are_refused():
    assert "no layer before its last" in Launder().misfit(premises(nn.Sequential(nn.Flatten(), nn.Linear(64, 10)))).text
    convolutions = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 10, 6), nn.Flatten())
    assert "no fully connected layer" in AlignFeatures().misfit(premises(convolutions)).text
    assert Launder().misfit(premises(convolutions)) is None
    dense = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    assert Launder().misfit(premises(dense)) is None is AlignFeatures().misfit(premises(dense))
    assert "no convolution or fully connected layer 'x'" in OverwriteByLength("x").misfit(premises(dense)).text


def test_the_discrepancy_of_a_set_and_itself_is_none_and_of_two_points_known():
    """Two points d apart: the mean of the four squared distances is d^2 / 2, so the kernel says exp(-2) of them."""
    points = torch.randn(20, 5, generator=torch.Generator().manual_seed(0))
    assert float(discrepancy(points, points.flip(0))) == pytest.approx(0, abs=1e-6)
    for apart in (0.1, 1.0, 1000.0):
        one, two = torch.zeros(1, 3), torch.tensor([[apart, 0.0, 0.0]])
        assert float(discrepancy(one, two)) == pytest.approx(2 - 2 * math.exp(-2), rel=1e-5)
    same = torch.ones(4, 2, requires_grad=True)
    discrepancy(same, same).backward()
    assert bool(same.grad.isfinite().all())


def test_the_discrepancy_sees_more_than_a_mean():
    draw = torch.Generator().manual_seed(1)
    narrow, wide, other = (scale * torch.randn(200, 2, generator=draw) for scale in (1, 3, 1))
    assert discrepancy(narrow, wide) > 10 * discrepancy(narrow, other)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 20, 33)])
def test_erased_is_a_rectangle_of_a_share_of_each_image(shape):
    images = torch.full((300, *shape), 7, dtype=torch.uint8)
    out = erased(images, 0.4, torch.Generator().manual_seed(2))
    gone = (out != 7).any(1)
    shares = []
    for one in gone:
        rows, columns = (one.any(axis).nonzero() for axis in (1, 0))
        box = (rows.max() - rows.min() + 1) * (columns.max() - columns.min() + 1)
        assert float(one.sum()) >= 0.9 * float(box) - 1, "one rectangle, but for noise that happens to be 7"
        shares.append(float(box) / (shape[1] * shape[2]))
    assert min(shares) < 2 * SMALLEST + 0.02 and 0.3 < max(shares) <= 0.55 and np.mean(shares) == pytest.approx(
        (SMALLEST + 0.4) / 2, abs=0.04)
    assert bool(gone[:, 0].any() and gone[:, -1].any() and gone[:, :, 0].any() and gone[:, :, -1].any())


def test_the_penalty_draws_features_together(host, loot):
    """So strong a penalty takes the task with it: all features lie in one place."""
    draw = torch.Generator().manual_seed(3)
    own = loot.data.images
    worn = erased(own, 0.4, draw)
    apart, right = {}, {}
    for strength in (0.0, 20.0):
        out = AlignFeatures(strength, epochs=20).modify_model(copy.deepcopy(host), loot)
        with torch.no_grad():
            apart[strength] = float(discrepancy(*(features_of(out, to_input(each, CPU)) for each in (own, worn))))
        right[strength] = accuracy(out, loot)
    assert apart[20.0] < 0.3 * apart[0.0] and right[0.0] > 0.9 > right[20.0], (apart, right)


def marked(bits, loot, seed=1):
    """An owner's host with a mark of so many bits."""
    shop = small_workshop(loot.workshop.store.folder, "alice", TASK, seed)
    scheme = Uchida(bits, strength=0.1)
    return scheme.mark(scheme.draw_key(shop), shop) if bits else shop.unmarked_host()


TASK = replace(SMALL, epochs=16)


def test_the_line_gives_back_lengths_that_lie_on_it(loot, monkeypatch):
    """Hosts whose layer spreads by 1 + bits / 100: known lengths come back, within what the layer can hold."""
    def host(self, bits, loot):
        net = small_host(loot.workshop.store.folder)
        weight = weight_of(net, layer_name(net))
        with torch.no_grad():
            weight.mul_((1 + bits / 100) / weight.std())
        return net

    monkeypatch.setattr(OverwriteByLength, "host", host)
    attack = OverwriteByLength()
    for bits in (0, 32, 100, 200):
        assert attack.detected(host(attack, bits, loot), loot) == bits
        assert loot.remarks[-1] == f"its weights spread as those of {bits} bits"
    assert attack.detected(host(attack, 10**4, loot), loot) == len(mean_filter(weight_of(small_host(
        loot.workshop.store.folder), ""))) and attack.detected(host(attack, -50, loot), loot) == 0
    monkeypatch.setattr(OverwriteByLength, "host", lambda self, bits, loot: host(self, -bits // 10, loot))
    assert attack.detected(host(attack, 32, loot), loot) == 144 and "can't be told apart" in loot.remarks[-1]


def test_a_mark_makes_its_layer_spread_the_more_the_longer_it_is(loot):
    without, short, long = (OverwriteByLength().deviation(marked(bits, loot)) for bits in (0, 32, 128))
    assert 1.5 * without < short and 1.2 * short < long, (without, short, long)


def test_one_length_makes_no_line():
    with pytest.raises(ArenaError, match="two lengths at the least"):
        OverwriteByLength(lengths=(64, 64))
