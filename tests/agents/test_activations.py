"""Bits in mean activations: the null, what breaks it, and who chooses his images after the message."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from agents.schemes.weights import deepsigns_white_box as white
from arena.base.errors import ArenaError, Malformed
from arena.hosts.layers import features_of
from arena.hosts.training import CPU, to_input
from arena.testing import small_host, small_workshop

KEYS = 400


@pytest.fixture(scope="module")
def host(store):
    return small_host(store)


@pytest.fixture(scope="module")
def pool(store):
    """All test images and their classes."""
    test = small_workshop(store).dataset.parts["test"]
    return test.images.numpy(), test.labels.numpy()


def key(number, images, truth, bits=8):
    return white.Key("alice", number.to_bytes(32, "big"), images, truth, bits)


def right(model, one, message=None):
    with torch.no_grad():
        return (white.logits(model, one) > 0) == ((one.message if message is None else message) > 0)


def test_features_are_what_enters_the_last_layer(host, pool):
    images = to_input(torch.from_numpy(pool[0][:9].copy()), CPU)
    with torch.no_grad():
        assert torch.allclose(host.decision[-1](features_of(host.train(), images)), host.eval()(images), atol=1e-5)
    with pytest.raises(ArenaError, match="no fully connected layer"):
        features_of(nn.Conv2d(1, 3, 1), images)


def test_bits_are_fair_coins_and_classes_that_share_a_message_are_not(host, pool):
    """Hits of 400 keys have the mean n / 2 and the variance n / 4. The means of ReLU features are alike, so one message
    for all classes is nearly one class's draws, counted as ten classes': its variance is several times that."""
    images, truth = pool[0][:40], pool[1][:40]
    own, shared = [], []
    for number in range(KEYS):
        one = key(number, images, truth)
        own.append(int(right(host, one).sum()))
        shared.append(int(right(host, one, one.message[:1].expand_as(one.message)).sum()))
    trials = one.message.numel()
    assert abs(np.mean(own) - trials / 2) < 4 * np.sqrt(trials / 4 / KEYS)
    assert 0.7 < np.var(own) / (trials / 4) < 1.3 < 3 < np.var(shared) / (trials / 4)


def test_who_chooses_images_after_the_message_forges_and_ours_draw_again(host, pool):
    """For each class four images are chosen, whatever they are of, whose mean is nearest to the message."""
    images, truth = pool
    fixed = key(0, images[:100], truth[:100])
    with torch.no_grad():
        shown = features_of(host, to_input(torch.from_numpy(images.copy()), CPU))
    said, chosen = shown @ fixed.projection(shown.shape[1]), list[int]()
    for bits in fixed.message > 0:
        for _ in range(4):
            already = chosen[len(chosen) // 4 * 4:]
            chosen.append(max(set(range(len(images))) - set(chosen), key=lambda i, bits=bits, already=already: int(
                ((said[[*already, i]].mean(0) > 0) == bits).sum())))
    forged = (torch.stack([said[part].mean(0) for part in torch.tensor(chosen).split(4)]) > 0) == (fixed.message > 0)
    ours = right(host, replace(fixed, images=images[chosen], truth=np.repeat(np.arange(10), 4)))
    assert int(right(host, fixed).sum()) < 55 and int(forged.sum()) > 65
    assert abs(int(ours.sum()) - 40) < 4 * np.sqrt(80) / 2


def test_a_network_without_such_a_layer_is_refused(pool):
    examination = white.ActivationExamination(key(0, pool[0][:4], pool[1][:4]), "")
    with pytest.raises(Malformed, match="no fully connected layer"):
        examination.score(nn.Sequential(nn.Conv2d(1, 10, 8), nn.Flatten()))
