"""Whether a network can be a host: made, called, trained and handed on, and a small match played with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from arena.base.errors import ArenaError
from arena.base.names import name_of
from arena.game.evidence import Case
from arena.game.messages import Verdict
from arena.hosts import networks, training
from arena.hosts.mechanism import mechanism, untold
from arena.hosts.networks.own import lend
from arena.hosts.task import Task
from arena.hosts.trial import try_out
from arena.hosts.weights import fingerprint
from arena.strategies.catalogue import built_in, default, find
from arena.testing.judging import Innocent, role_that
from arena.testing.rehearsal import SMALL, rehearse_match, small_workshop
from arena.workshop import disclosure
from arena.workshop.workshop import Workshop

STEPS, SHOWN = 512, 64
"""Images of a short training, and images on which a disclosed copy is compared."""


def check_network(network: str | Callable[..., Any], store: Path, task: Task = SMALL, folder: Path = Path()) -> None:
    """The network is drawn from its generator, answers, learns the same twice, comes back from its bytes, and is the
    host of a match in which claims come to a verdict. `network` is a class or function of `classes` and `shape`, or
    its name in a scenario in `folder`; `task` says on which images (default: 8x8 digits) and how it is trained."""
    try:
        name = networks.admit(network, folder)[0] if isinstance(network, str) else lend(network, folder)
        small = dataclasses.replace(task, network=name)
        shop = small_workshop(store, task=small, folder=folder)
        try_out(shop.architecture)
    except ArenaError as fault:
        raise AssertionError(str(fault)) from None
    _check_kept(shop)
    _check_training(shop)
    _check_disclosure(shop, store, folder)
    _check_match(small, store, folder)


def _check_kept(shop: Workshop) -> None:
    """What is trained of it may be kept, and is known again."""
    model = networks.build(shop.architecture)
    where = untold(model)
    assert mechanism(model) is not None, \
        f"what is trained of it can't be kept in the store: {where or 'it'} has hooks, or an attribute that is no " \
        f"plain value (a number, a text, a function of torch; numbers of its own belong into buffers)"


def _check_training(shop: Workshop) -> None:
    """Two short trainings from one start give the same network, and its loss falls."""
    samples = shop.samples.take(torch.arange(min(STEPS, len(shop.samples))))
    settings = dataclasses.replace(shop.task.settings, epochs=3)
    names, losses = [], list[float]()
    for _ in range(2):
        model = networks.build(shop.architecture, shop.draws.torch("weights"))
        losses = training.fit(model, samples, settings, shop.draws.torch("training")).loss
        names.append(fingerprint(model))
    assert names[0] == names[1], "the same training twice gave different networks: draw from torch's generator alone"
    assert losses[-1] < losses[0], f"it doesn't learn: loss {losses[0]:.3g} in the first epoch, {losses[-1]:.3g} last"


def _check_disclosure(shop: Workshop, store: Path, folder: Path) -> None:
    """A Verifier reads it from the store, and finds that it answers as the service does."""
    host, victor = shop.unmarked_host(), small_workshop(store, "victor", shop.task, folder=folder)
    shown, images = disclosure.read(victor, shop.save(host)), shop.dataset.parts["test"].images[:SHOWN]
    assert np.array_equal(victor.predict(shown, images), shop.predict(host, images)), \
        "what a Verifier reads from the store answers otherwise"


def _check_match(task: Task, store: Path, folder: Path) -> None:
    """In a match a Verifier hears the owner's claims on a thief and on a bystander; the bystander's isn't granted."""
    owner, attacker, verifier = role_that("sells"), role_that("deploys"), role_that("verifies")
    scheme, policy = find("schemes", next(iter(built_in("schemes"))))(), find("policies", default("policies"))()
    cast = {"alice": owner(scheme, reference=False), "mallory": attacker(), "bob": attacker([Innocent()]),
            "victor": verifier(policy)}
    said = rehearse_match(cast, store, task, admitted=[name_of(scheme)], folder=folder)
    verdicts = {m.body.deployer: m.body for m in said if isinstance(m.body, Verdict)}
    judged = {deployer for deployer, verdict in verdicts.items() if verdict.case and Case.from_data(verdict.case)}
    assert judged == {"mallory", "bob"}, \
        f"claims on a thief and a bystander must each come to a judgement, not those on {sorted(judged)} alone"
    assert not verdicts["bob"].granted, "an innocent's host was granted"
