"""What attacks on the model do to a host whose answers are known: each by the effect that its paper names."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from agents.attacks.model._activity import activity, convolutions
from agents.attacks.model.adversarial_training import AdversarialTraining
from agents.attacks.model.blur_labels import BlurLabels
from agents.attacks.model.fine_prune import FinePrune
from agents.attacks.model.neural_cleanse import NeuralCleanse
from agents.attacks.model.refit import Refit
from agents.attacks.model.regularize import Regularize, squares
from agents.attacks.theft.knockoff import Knockoff
from arena.hosts.datasets import Samples
from arena.hosts.layers import markable
from arena.hosts.training import Training


def accuracy(model, loot):
    test = loot.workshop.dataset.parts["test"]
    return (loot.workshop.predict(model, test.images) == test.labels.numpy()).mean()


def moved(before, after):
    """Names of the layers whose weights are others."""
    old = markable(before)
    return {name for name, layer in markable(after).items() if not torch.equal(layer.weight, old[name].weight)}


@pytest.mark.parametrize("mode", ["FTLL", "FTAL", "RTLL", "RTAL"])
def test_modes_move_the_last_layer_or_all_and_keep_the_task(mode, host, loot):
    out = Refit(mode, epochs=20, rate=1e-2 if mode == "RTLL" else 1e-3).modify_model(copy.deepcopy(host), loot)
    last = list(markable(host))[-1]
    assert moved(host, out) == ({last} if mode.endswith("LL") else set(markable(host)))
    assert accuracy(out, loot) > 0.9


def test_drawn_anew_the_last_layer_owes_nothing_to_the_old_one(host, loot):
    for mode, kept in (("FTLL", True), ("RTLL", False)):
        out = Refit(mode, epochs=0).modify_model(copy.deepcopy(host), loot)
        one, two = (list(markable(net).values())[-1].weight.detach().flatten() for net in (host, out))
        assert torch.equal(one, two) is kept
        assert abs(float(nn.functional.cosine_similarity(one, two, dim=0))) < 0.2 or kept


def test_regularising_makes_weights_small_and_mending_keeps_the_task(host, loot):
    attack = Regularize(strength=0.01, epochs=60, mend=5)
    plain = Regularize(strength=0.0, epochs=60, mend=5)
    small, other = (each.modify_model(copy.deepcopy(host), loot) for each in (attack, plain))
    assert squares(small) < 0.7 * squares(other) and accuracy(small, loot) > 0.9


def test_labels_are_spread_and_so_many_are_wrong(host, loot):
    before = loot.data.labels.clone()
    wrong = BlurLabels(wrong=0.5).noisy(loot, 10) != before
    assert torch.equal(loot.data.labels, before) and 0.35 < float(wrong.float().mean()) <= 0.5
    sure, unsure = (loot.workshop.soft_answers(BlurLabels(smooth, epochs=40).modify_model(copy.deepcopy(host), loot),
                                               loot.data.images).max(1).values.mean() for smooth in (0.0, 0.5))
    assert unsure < sure - 0.2 and 0.4 < unsure < 0.7  # of 1 - 0.5 + 0.5 / 10


def test_adversarial_images_are_within_epsilon_and_training_on_them_helps_against_them(host, loot):
    attack = AdversarialTraining(30, 0.15)
    pushed = attack.pushed(host, loot.data, loot)
    assert (pushed.int() - loot.data.images.int()).abs().max() <= round(255 * 0.15) + 1
    hard = attack.modify_model(copy.deepcopy(host), loot)

    def stands(model):
        """On the images that it was trained on: a thief's few say little of others (Schmidt et al. 2018)."""
        again = attack.pushed(model, loot.data, loot)
        return (loot.workshop.predict(model, again) == loot.data.labels.numpy()).mean()

    assert stands(hard) > stands(host) + 0.2 and accuracy(hard, loot) > 0.8


def test_fine_pruning_cuts_those_that_sleep(host, loot):
    (awake,) = activity(host, convolutions(host)[-1:], loot.data.images, loot.workshop.device)
    out = FinePrune(0.25, epochs=0).modify_model(copy.deepcopy(host), loot)
    silent = {int(n) for n in (convolutions(out)[-1].weight.flatten(1).abs().sum(1) == 0).nonzero()[:, 0]}
    assert silent == set(awake.argsort()[: round(0.25 * len(awake))].tolist())
    assert accuracy(out, loot) > accuracy(without(host, awake.argsort(descending=True)[: len(silent)]), loot)


def without(host, channels):
    """The host without these channels of its last convolution."""
    out = copy.deepcopy(host)
    layer = convolutions(out)[-1]
    with torch.no_grad():
        layer.weight[channels] = 0
        layer.bias[channels] = 0
    return out


def backdoored(host, loot):
    """The host, taught that a bright corner is class 3."""
    train = loot.workshop.samples
    carrying = train.images[:400].clone()
    carrying[:, :, :2, :2] = 255
    both = Samples(torch.cat([train.images, carrying]), torch.cat([train.labels, torch.full((400,), 3)]))
    return loot.workshop.fit(copy.deepcopy(host), both, Training("backdoor", loot.workshop.task.settings))


def answered(model, loot):
    """How often the corner makes class 3 of other images."""
    test = loot.workshop.dataset.parts["test"]
    images = test.images[test.labels != 3].clone()
    images[:, :, :2, :2] = 255
    return (loot.workshop.predict(model, images) == 3).mean()


def test_neural_cleanse_finds_the_class_of_a_backdoor_and_unlearns_it(host, loot):
    model = backdoored(host, loot)
    assert answered(model, loot) > 0.9
    attack = NeuralCleanse(carry=0.5, epochs=20)
    sizes = torch.tensor([pattern.size for pattern in attack.reversed(copy.deepcopy(model), loot)])
    assert int(sizes.argmin()) == 3
    clean = attack.modify_model(copy.deepcopy(model), loot)
    assert answered(clean, loot) < 0.2 and accuracy(clean, loot) > 0.9
    assert loot.remarks[-1].endswith("class 3")


def test_suspects_are_far_below_the_others():
    assert NeuralCleanse().suspects(torch.tensor([10.0, 11, 9, 10.5, 2, 9.5])) == [4]
    assert NeuralCleanse().suspects(torch.tensor([10.0, 11, 12, 13, 14, 15])) == [0]


def test_knockoffs_ask_no_more_than_their_budget(host, loot):
    assert len(Knockoff(queries=50).questions(loot)) == 50
    assert len(Knockoff(queries=10**6).questions(loot)) == len(loot.data)


def test_a_student_of_another_network_agrees_with_its_teacher(host, loot):
    student = Knockoff(network="resnet-8", epochs=20).modify_model(copy.deepcopy(host), loot)
    images = loot.workshop.dataset.parts["test"].images
    assert student.architecture.network == "resnet-8"
    assert np.mean(loot.workshop.predict(student, images) == loot.workshop.predict(host, images)) > 0.8
