"""Stand-ins for what a Verifier works with: a workshop, models and schemes that cost nothing, and a hall where he hears
claims. Nothing is trained: a model answers by an image's first pixel, and its mark is a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn

from agents.policies.rarity_and_work import RarityAndWork
from agents.roles import verifier as module
from agents.roles.verifier import Verifier
from arena.base.draws import Draws
from arena.base.errors import ArenaError, Malformed
from arena.game.evidence import Bounds, Setting, Work
from arena.game.messages import Claim, Commitment, Deployment, Query, Response, Verdict
from arena.game.rarity import Hits, Stated
from arena.hosts.architecture import Architecture
from arena.hosts.datasets import Samples
from arena.strategies import BlackBox, WhiteBox
from arena.testing import rehearse

POLICY = RarityAndWork(rarity=20, work=5)
FIRST = 1000
"""Messages are numbered from here: such numbers are one object only where somebody passed it on."""


def another(value):
    """The same text or number in another object, as what was sent and received is."""
    return "".join(list(value)) if isinstance(value, str) else int(str(value))


def digest(text):
    """Sixty-four hex digits that begin with `text`."""
    return f"{text:0<64}"


def images_of(firsts, salt=0):
    """An image for each first pixel, uint8 (N, 1, 2, 2); `salt` tells sets of them apart."""
    out = np.full((len(firsts), 1, 2, 2), salt, np.uint8)
    out[:, 0, 0, 0] = firsts
    out[:, 0, 1, 1] = np.arange(len(firsts))
    return out


class Host(nn.Module):
    """Answers an image with the last digit of its first pixel plus `shift`, and one more where that pixel isn't one of
    `known` (None: all are); `mark` is what keys find in it, in bits."""

    architecture = Architecture("stand-in", 10, (1, 2, 2))

    def __init__(self, shift=0, mark=0.0, known=None):
        super().__init__()
        self.shift, self.known = shift, torch.tensor(list(range(256) if known is None else known))
        self.register_buffer("mark", torch.tensor(float(mark)))

    def forward(self, images):
        firsts = images[:, 0, 0, 0].long()
        return nn.functional.one_hot((firsts + self.shift + ~torch.isin(firsts, self.known)) % 10, 10).float()


@dataclass
class Shop:
    """A Verifier's workshop; `models` are what the store has."""

    models: dict[str, Any] = field(default_factory=dict)
    customers: int = 0
    pool: int = 80
    admitted: tuple[str, ...] = ("asked", "read")
    agent: str = "victor"
    folder: Path = Path()
    trained: list[int] = field(default_factory=list)
    architecture: Architecture = Host.architecture

    def __post_init__(self):
        self.draws = Draws.of(1, self.agent)
        parts = {"customers": self.pool, "test": 50}
        self.dataset = SimpleNamespace(parts={
            name: Samples(torch.from_numpy(images_of(np.arange(count) % 250, 7 + len(name))), torch.arange(count) % 10)
            for name, count in parts.items()})

    def setting(self, flaws=None):
        return Setting(10, (1, 2, 2), 1000, flaws)

    def predict(self, model, images):
        return model(torch.from_numpy(np.array(images))).argmax(1).numpy()

    def released(self, name):
        if name not in self.models:
            raise ArenaError(f"model {name[:4]} is not in the store")
        return self.models[name]

    def load(self, name, wanted):
        return self.released(name)

    def control_answers(self, images, count):
        self.trained.append(count)
        return np.zeros((count, len(images)), np.int64)


@dataclass
class Asked(BlackBox):
    """What is asked of a service: 3.32 bits for each image that is answered as its label has it."""

    commitment: str
    images: np.ndarray
    labels: np.ndarray
    least: int = 0
    selectable: bool = False
    cost: float = 60.0

    @property
    def controls(self):
        return self.least

    @property
    def parameters(self):
        return {"memory": 2**14}

    def score(self, labels, controls=None):
        hosts = 0 if controls is None else len(controls)
        return Hits(int((labels == self.labels).sum()), len(labels), 0.1, controls=hosts)

    def forging_cost(self, evidence, setting):
        return Work(self.cost, self.cost, f"flaws: {setting.flaws}")


@dataclass
class Read(WhiteBox):
    """What is read in weights: the mark of a model, in bits, where it is the key's (a model of ten digits is)."""

    commitment: str
    ours: bool = True
    selectable: bool = False

    @property
    def parameters(self):
        return {"bits": 64}

    def score(self, model, reference=None):
        if not hasattr(model, "mark"):
            raise Malformed("no mark fits this model")
        return Stated(float(model.mark) if self.ours else 0.0, f"against {reference is not None}")

    def forging_cost(self, evidence, setting):
        return Work(60.0, 60.0, f"flaws: {setting.flaws}")


class AskedScheme:
    bounds = Bounds(31.0, 7.0)

    @classmethod
    def examine(cls, claim, setting):
        key = claim.key
        if "bad" in key:
            raise Malformed("a bad key")
        return Asked(digest(key["secret"]), key["images"], key["labels"])


class ReadScheme:
    bounds = Bounds(32.0, 8.0)

    @classmethod
    def examine(cls, claim, setting):
        return Read(digest(claim.key["secret"]), claim.key.get("ours", True))


def key_of(secret="aa", firsts=range(10), salt=3, **more):
    """A key of the scheme "asked": images with a label each, the last digit of the first pixel."""
    firsts = np.array(list(firsts))
    return {"secret": secret, "images": images_of(firsts, salt), "labels": firsts % 10, **more}


def claim(claimant="alice", service="shop", secret="aa", deployer="mallory", scheme="asked", **more):
    key = key_of(secret, **more) if scheme == "asked" else {"secret": secret, **more}
    return claimant, Claim(another(claimant), another(deployer), another(service), scheme, key)


def commitment(who="alice", secret="aa"):
    return who, Commitment(digest(secret))


def deployment(service="shop", who="mallory"):
    return who, Deployment(service)


class Hall:
    """A Verifier and the messages that he was sent; `turn` gives what he says to some more."""

    def __init__(self, monkeypatch, policy=POLICY, shop=None, **parameters):
        monkeypatch.setattr(module, "find", lambda kind, name, folder: {"asked": AskedScheme, "read": ReadScheme}[name])
        self.victor, self.shop = Verifier(policy, **parameters), shop or Shop()
        self.turns, self.next = 0, FIRST
        self.asked: dict[int, np.ndarray] = {}
        self.demanded: list[int] = []

    def turn(self, *inbox):
        """What he says, as envelopes, to (sender, body) messages, which are numbered on."""
        said = rehearse(self.victor, self.shop, inbox, number=self.turns, first=self.next)
        self.turns, self.next = self.turns + 1, self.next + len(inbox)
        self.asked |= {e.body.about: e.body.images for e in said if isinstance(e.body, Query)}
        return said

    def verdicts(self, *inbox):
        return [e.body for e in self.turn(*inbox) if isinstance(e.body, Verdict)]

    def answer(self, about, shift=0, who="mallory", service="shop", short=0):
        """What a model says to a question that was put."""
        labels = self.shop.predict(Host(shift), self.asked[about])
        return who, Response(service, labels[: len(labels) - short], another(about))


def granted(verdicts):
    """Message number of the claim -> whether it was granted, of one verdict each."""
    assert len({v.about for v in verdicts}) == len(verdicts)
    return {v.about: v.granted for v in verdicts}
