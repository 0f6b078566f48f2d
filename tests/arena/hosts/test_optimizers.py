"""The optimizers and rates are torch.optim's, bit for bit, without what importing it costs."""

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from arena.hosts.optimizers import Adam, Sgd, constant, one_cycle, stepped


def network():
    torch.manual_seed(3)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5))


def trained(make, steps=6, late=False, wide=False):
    """The weights after some steps; `late`: the last layer takes part from the third step on; `wide`: it is of another
    type."""
    net = network()
    if wide:
        net[4].double()
    draw, step = torch.Generator().manual_seed(1), make(list(net.parameters()))
    for number in range(steps):
        images, labels = torch.rand(8, 1, 8, 8, generator=draw), torch.randint(5, (8,), generator=draw)
        seen = net[:4](images)
        out = net[4](seen.double() if wide else seen)
        loss = nn.functional.cross_entropy(out, labels) if not late or number > 2 else seen.square().mean()
        step(number, loss)
    return [p.detach().clone() for p in net.parameters()]


def theirs(make):
    def maker(parameters):
        optimizer = make(parameters)

        def step(number, loss):
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        return step
    return maker


def ours(make, rate=0.05):
    def maker(parameters):
        optimizer = make(parameters)

        def step(number, loss):
            optimizer.rate = rate
            optimizer.clear()
            loss.backward()
            optimizer.step()
        return step
    return maker


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("decay", [0.0, 5e-4])
@pytest.mark.parametrize("wide", [False, True])
def test_sgd(momentum, decay, wide):
    want = trained(theirs(lambda p: torch.optim.SGD(p, lr=0.05, momentum=momentum, weight_decay=decay,
                                                    nesterov=momentum > 0, fused=True)), wide=wide)
    got = trained(ours(lambda p: Sgd(p, weight_decay=decay, momentum=momentum)), wide=wide)
    assert all(torch.equal(a, b) for a, b in zip(got, want, strict=True))


@pytest.mark.parametrize("decay", [0.0, 5e-4])
@pytest.mark.parametrize(("wide", "late"), [(False, False), (True, False), (False, True)])
def test_adam(decay, wide, late):
    want = trained(theirs(lambda p: torch.optim.Adam(p, lr=0.05, weight_decay=decay, fused=True)), wide=wide, late=late)
    got = trained(ours(lambda p: Adam(p, weight_decay=decay)), wide=wide, late=late)
    assert all(torch.equal(a, b) for a, b in zip(got, want, strict=True))


def test_a_parameter_that_takes_part_late_begins_its_own_momentum():
    """torch's fused SGD can't do with that; its plain one can."""
    want = trained(theirs(lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True)), late=True)
    got = trained(ours(lambda p: Sgd(p, momentum=0.9)), late=True)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(got, want, strict=True))


def rates(make, steps):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.02)
    schedule, found = make(optimizer), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7, 10, 11, 96, 640, 1000])
def test_one_cycle(steps):
    want = rates(lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.02, total_steps=steps + 1, cycle_momentum=False), steps)
    rate = one_cycle(0.02, steps + 1)
    assert [rate(step) for step in range(steps)] == want


@pytest.mark.parametrize("milestones", [(), (3,), (9, 3), (3, 3, 5), (40,), (0, 4)])
def test_steps(milestones):
    want = rates(lambda o: lr_scheduler.MultiStepLR(o, milestones, 0.1), 20)
    rate = stepped(0.02, milestones, 0.1)
    assert [rate(step) for step in range(20)] == want


def test_constant():
    assert {constant(0.02)(step) for step in range(9)} == set(rates(lambda o: lr_scheduler.ConstantLR(o, 1.0), 9))


def test_training_imports_no_compiler():
    code = ("import sys, torch; from arena.hosts import training\n"
            "from arena.hosts.datasets import Samples\n"
            "from torch import nn\n"
            "samples = Samples(torch.zeros(8, 1, 4, 4, dtype=torch.uint8), torch.zeros(8, dtype=torch.int64))\n"
            "for how in ('adam', 'sgd'):\n"
            "    training.fit(nn.Sequential(nn.Flatten(), nn.Linear(16, 2)), samples,\n"
            "                 training.Settings(epochs=1, optimizer=how, schedule='one-cycle'), torch.Generator())\n"
            "print('sympy' in sys.modules or 'torch._dynamo' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
