"""How strong a correlation mark is where its owner doesn't say: so that he reaches what his scheme's bounds ask for,
whatever the size of his network."""

import copy

import numpy as np
import pytest
import torch

from agents.schemes.weights import negative_correlation as corr
from arena.base.errors import Malformed
from arena.hosts.architecture import Architecture
from arena.hosts.networks import NETWORKS, build

WITHOUT_CONVOLUTIONS = {"mlp"}


@pytest.mark.parametrize("name", sorted(WITHOUT_CONVOLUTIONS))
def test_a_mark_wants_convolutions(name):
    host = build(Architecture(name, 10, (3, 32, 32)), torch.Generator().manual_seed(0))
    with pytest.raises(Malformed, match="0 convolution weights, too few for 8 regions"):
        corr.regions(host, 8)


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in WITHOUT_CONVOLUTIONS])
def test_a_mark_is_as_strong_as_its_network_wants_it(name):
    """The law, turned around: the statistic moves by 11.5 standard deviations, and by more where 0.03 moves it more;
    and what comes of it is above the bound for each of five keys."""
    host = build(Architecture(name, 10, (3, 32, 32)), torch.Generator().manual_seed(0)).eval()
    for key in (corr.Key("alice", bytes([number]) * 32) for number in range(5)):
        marked = copy.deepcopy(host)
        (region,) = corr.embed(marked, [key])
        form, size = corr.kappa(host, 8, region)
        before, after = (corr.statistics(corr.regions(net, 8), key)[region] for net in (host, marked))
        assert before - after == pytest.approx(max(11.5, 0.03 * form * np.sqrt(size)), abs=1.5)
        assert corr.detect(marked, key).rarity > corr.NegativeCorrelation.bounds.rarity


def test_a_strength_has_its_limits():
    """alpha |v|_1 / |v|_2 = 11.5, between 0.03 and 0.5."""
    assert corr.strength(torch.ones(10_000)) == pytest.approx(0.115)
    assert corr.strength(torch.tensor([3.0, -4.0] * 5_000)) == pytest.approx(11.5 * 5 / (7 * np.sqrt(5_000)))
    assert corr.strength(torch.ones(1_000_000)) == 0.03
    assert corr.strength(torch.ones(100)) == 0.5
    assert np.isfinite(corr.strength(torch.zeros(100)))


def test_a_strength_that_is_said_is_taken():
    host = build(Architecture("digits-cnn", 10, (1, 8, 8)), torch.Generator().manual_seed(0)).eval()
    key, moved = corr.Key("alice", b"k" * 32), []
    for alpha in (0.02, 0.04):
        marked = copy.deepcopy(host)
        (region,) = corr.embed(marked, [key], alpha)
        moved.append(corr.regions(marked, 8)[region] - corr.regions(host, 8)[region])
    assert torch.allclose(2 * moved[0], moved[1], rtol=1e-2, atol=1e-7)
