"""Certified watermarks: the bound against models where it is known, and against a thief who knows it."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from agents.attacks.model.fine_tune import FineTune
from agents.schemes.triggers.adi import Adi
from agents.schemes.triggers.certified import Certificate, Certified
from arena.hosts.task import Task
from arena.hosts.training import predict, to_input
from arena.testing import small_workshop
from arena.workshop.loot import Loot

TASK = Task(dataset="digits", network="digits-cnn", epochs=8, rate=2e-3, schedule="one-cycle")
NOISE, DRAWS = 0.02, 100


@pytest.mark.parametrize("margin", [0.5, 1.0, 2.0])
def test_of_one_trigger_and_a_linear_model_the_radius_is_the_margin(margin):
    """The trigger x is answered while (w1 - w0) x > 0, so a thief flips it by moving the weights by
    m / (sqrt(2) |x|) along (x, -x), and by nothing less. The certificate is as far and no farther."""
    x = torch.full((1, 1, 2, 2), 255, dtype=torch.uint8)
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
    flips = margin * NOISE  # |x| = 2
    with torch.no_grad():
        model[1].weight[:] = torch.tensor([[-1.0], [1.0]]) * flips * 2 * 2**0.5 / 8
    key = SimpleNamespace(images=x.numpy(), labels=np.array([1]))
    found = Certificate.of_model(model, key, NOISE, 4000, torch.Generator().manual_seed(3))
    assert found.least(0.8 * flips) == 1.0 and found.least(1.1 * flips) == 0.0
    away = copy.deepcopy(model)
    with torch.no_grad():
        away[1].weight += 1.01 * flips / 8**0.5 * torch.tensor([[1.0], [-1.0]])
    assert predict(away, x).item() == 0


def test_so_few_draws_say_nothing():
    """Nobody certifies a radius whose percentile he hasn't drawn enough for."""
    for draws in (1, 3, 6):
        assert Certificate(NOISE, torch.full((draws,), 9), 9).least(0.0) == 0.0
    assert Certificate(NOISE, torch.full((7,), 9), 9).least(0.0) == 1.0  # 2^-7 < 1 %
    assert Certificate(NOISE, torch.full((200,), 9), 9).least(3 * NOISE) == 0.0


@pytest.fixture(scope="module")
def hosts(store):
    """Workshop, key, host of a plain mark by abstract images, and of a certified one."""
    alice = small_workshop(store, "alice", TASK)
    made = [scheme(keys=40, share=0.2) for scheme in (Adi, Certified)]
    return alice, [(key := scheme.draw_key(alice), scheme.mark(key, alice)) for scheme in made]


def certificate(host, key, seed=1):
    return Certificate.of_model(host, key, NOISE, DRAWS, torch.Generator().manual_seed(seed))


def against(host, key, radius):
    """The host moved so far along the gradient that the triggers' answers fall fastest."""
    away = copy.deepcopy(host)
    away.zero_grad()
    nn.functional.cross_entropy(away(to_input(torch.from_numpy(key.images), torch.device("cpu"))),
                                torch.from_numpy(key.labels)).backward()
    length = torch.stack([weight.grad.square().sum() for weight in away.parameters()]).sum().sqrt()
    with torch.no_grad():
        for weight in away.parameters():
            weight += radius / length * weight.grad
    return away


def test_triggers_are_learnt_where_the_weights_are_noisy(hosts):
    _, pairs = hosts
    plain, certified = (certificate(host, key) for key, host in pairs)
    assert certified.least(0.0) > 0.8 and certified.least(NOISE) > plain.least(NOISE)


@pytest.mark.parametrize("radius", [0.25 * NOISE, NOISE, 1.5 * NOISE])
def test_a_thief_within_the_radius_leaves_what_is_certified(hosts, radius):
    """He knows key, bound and gradient."""
    _, (_, (key, host)) = hosts
    moved = certificate(against(host, key, radius), key, seed=2)
    assert float(moved.hits.float().median()) / moved.of >= certificate(host, key).least(radius) > 0


def test_fine_tuning_goes_far_beyond_what_can_be_certified(store, hosts):
    """With so many draws nothing is certified at three times the noise; ten epochs of fine-tuning move the weights by
    tens of it. Most triggers are answered all the same: that is measured, not certified."""
    _, (_, (key, host)) = hosts
    mallory = small_workshop(store, "mallory", TASK)
    tuned = FineTune(epochs=10, rate=1e-3).modify_model(copy.deepcopy(host), Loot(mallory, "1"))
    moved = torch.stack([(one - two).detach().square().sum() for one, two in
                         zip(host.parameters(), tuned.parameters(), strict=True)]).sum().sqrt()
    assert certificate(host, key).least(3 * NOISE) == 0.0 and moved > 20 * NOISE
    assert (predict(tuned, torch.from_numpy(key.images)).numpy() == key.labels).mean() > 0.5
