"""The hosts of ROSE's evaluation, one for each data set, seed and number of triggers, and what section IV's attacks
leave of each."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from agents.attacks.model.fine_tune import FineTune
from agents.attacks.model.prune import Prune
from agents.attacks.model.quantize import Quantize
from agents.attacks.service.jpeg import Jpeg
from agents.schemes.triggers import rose
from arena.forging.adversarial import lead
from arena.game.rarity import hits_needed
from arena.hosts.networks import Network
from arena.hosts.task import Base, Task
from arena.hosts.training import to_input
from arena.pricing import lower
from arena.pricing.forge import Setting, measure_point
from arena.reproduction.reproduction import Studio
from arena.strategies import Attack
from arena.workshop.loot import Loot

Item = tuple[str, int, int, str]
"""(data set, seed, triggers, recipe: `paper` or `one-cycle`)."""
NOTHING = "nothing done"
ATTACKS: dict[str, Attack | None] = {
    NOTHING: None, "fine-tuned": FineTune(), "dynamic range": Quantize(), "full integer": Quantize("full-integer"),
    "float16": Quantize("float16"), **{f"JPEG {quality}": Jpeg(quality) for quality in (55, 65, 75, 85, 95)}}
RATES = (*(round(0.05 * step, 2) for step in range(20)), 0.97, 0.99)
LAYERS = ("all", "fully-connected")
FEW_TESTS, FEW_ROUNDS, ROUNDS, OFTEN = 500, 2, 50, 10
WEIGHTS = "squeezenet1_1.npz"
"""SqueezeNet 1.1's ImageNet weights, in the folder of the data sets."""
REACHED, TRIES_SECONDS, MEMORY = 20.0, 2.0, 2**14
"""Bits to which keys are forged at level 2, seconds at each of levels 2 and 3, scrypt's N at level 3."""
FULL = {"mnist": Task(dataset="mnist", network="rose-cnn", epochs=100),
        "fashion-mnist": Task(dataset="fashion-mnist", network="rose-cnn-dropout", epochs=100),
        "cifar10": Task(dataset="cifar10", network="rose-cifar", epochs=200, optimizer="sgd", rate=1e-3),
        "transfer": Task(dataset="cifar10", network="squeezenet1_1", epochs=100, resize=224,
                         base=Base(weights=WEIGHTS, input="caffe", freeze=True))}
QUICK = {"mnist": replace(FULL["mnist"], limit=5000, epochs=25),
         "fashion-mnist": replace(FULL["fashion-mnist"], limit=4000, epochs=45),
         "cifar10": replace(FULL["cifar10"], limit=8000, epochs=25, optimizer="adam"),
         "transfer": replace(FULL["transfer"], limit=4000, tests=1000, epochs=30, resize=128)}
"""The paper's recipe on fewer images; CIFAR-10's rate would need the paper's 200 epochs of 40,000 images, so Adam's
stands there."""
OTHER: dict[str, Any] = {"limit": 20_000, "epochs": 6, "rate": 2e-3, "batch": 128, "schedule": "one-cycle"}


@dataclass(frozen=True)
class Cells:
    """One host: its accuracy and hits after each attack, those of the unmarked host, the triggers' median margin
    (logits over the best other label), (accuracy, recovery) by pruned layers and rate, and (matches, tries) of a
    usurper's key by level."""

    unmarked: tuple[float, int]
    margin: float
    after: dict[str, tuple[float, int]]
    pruned: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    forged: dict[int, tuple[int, float]] = field(default_factory=dict)


def task_of(studio: Studio, name: str) -> Task:
    """The task of a column of the tables, with weights where the data are."""
    task = (QUICK if studio.quick else FULL)[name]
    if task.base is None:
        return task
    return replace(task, base=replace(task.base, weights=str((studio.options.data_folder or Path()) / WEIGHTS)))


class Marked:
    """A marked host, the same without a mark, and the key."""

    def __init__(self, studio: Studio, item: Item) -> None:
        name, seed, count, recipe = item
        task = task_of(studio, name)
        task = replace(task, **OTHER) if recipe == "one-cycle" else task
        scheme = rose.Rose(count, 2, OFTEN if recipe == "one-cycle" else 1)
        self.quick, self.shop = studio.quick, studio.workshop(seed, task=task)
        self.key = scheme.draw_key(self.shop)
        self.labels = self.key.labels()
        self.host = scheme.mark(self.key, self.shop)

    def hits(self, model: nn.Module, images: np.ndarray | None = None) -> int:
        answers = self.shop.predict(model, self.key.images if images is None else images)
        return int((answers == self.labels).sum())

    def after(self, attack: Attack | None) -> tuple[float, int]:
        """(accuracy, hits) after an attack on a copy of the host, or on the queries to it."""
        if attack is None:
            return self.shop.accuracy(self.host), self.hits(self.host)
        loot = Loot(self.shop, f"{attack}")
        model = attack.modify_model(copy.deepcopy(self.host), loot)
        if not isinstance(attack, Jpeg):
            return self.shop.accuracy(model), self.hits(model)
        queries, test = replace(loot, model=model), self.shop.dataset.parts["test"]
        answers = self.shop.predict(model, attack.modify_query(test.images.numpy(), queries))
        return (float((answers == test.labels.numpy()).mean()),
                self.hits(model, attack.modify_query(self.key.images, queries)))

    @torch.no_grad()
    def margin(self) -> float:
        logits = self.host.eval()(to_input(torch.from_numpy(self.key.images), self.shop.device)).cpu()
        return float(lead(logits, torch.from_numpy(self.labels)).median())

    def pruned(self, layers: str) -> list[tuple[float, float]]:
        """(accuracy, share of the triggers), means of some rounds, by rate (IV-D)."""
        test = self.shop.dataset.parts["test"]
        if self.quick:
            test = test.take(torch.arange(min(FEW_TESTS, len(test))))
        return [self._rounds(rate, layers, test) for rate in RATES]

    def _rounds(self, rate: float, layers: str, test: Any) -> tuple[float, float]:
        found = []
        for number in range(FEW_ROUNDS if self.quick else ROUNDS):
            attack = Prune(rate, "random", layers)
            model = attack.modify_model(copy.deepcopy(self.host), Loot(self.shop, f"{attack}, round {number}"))
            right = float((self.shop.predict(model, test.images) == test.labels.numpy()).mean())
            found.append((right, self.hits(model) / len(self.labels)))
        accuracy, recovery = np.mean(found, axis=0).tolist()
        return accuracy, recovery


def _forged(marked: Marked) -> dict[int, tuple[int, float]]:
    """Keys of as many triggers, forged: adversarial images and flipped bits at levels 0 and 1, hashes tried at 2 and 3
    up to a rarity that is in reach."""
    shop = marked.shop
    assert isinstance(marked.host, Network)
    setting = Setting(len(marked.labels), len(shop.dataset.classes), shop.architecture.shape, 1)
    wanted = hits_needed(REACHED, setting.triggers, 1 / setting.classes)
    made = [*lower.points(setting, marked.host, shop, 0.0),
            *([measure_point(setting, wanted, TRIES_SECONDS)] if wanted else []),
            *lower.hard_points(setting, MEMORY, TRIES_SECONDS, lambda point: None)]
    return {point.level: (point.matches, point.tries) for point in made}


def measure(studio: Studio, item: Item) -> Cells:
    """All that the page shows of one host; figures are of the first seed's."""
    marked, (_, seed, _, recipe) = Marked(studio, item), item
    plain = marked.shop.unmarked_host()
    attacks = ATTACKS if recipe == "paper" else {NOTHING: None}
    after = {what: marked.after(attack) for what, attack in attacks.items()}
    first = recipe == "paper" and seed == studio.seeds[0]
    pruned = {layers: marked.pruned(layers) for layers in LAYERS} if first else {}
    return Cells((marked.shop.accuracy(plain), marked.hits(plain)), marked.margin(), after, pruned,
                 _forged(marked) if first else {})
