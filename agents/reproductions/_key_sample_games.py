"""The games of Namba and Sakuma's evaluation (section 6), one for each data set, seed and kind of key samples: how its
host answers after pruning with re-training, and behind the autoencoder."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import mean
from typing import Any

import torch
from torch import nn

from agents.attacks.model.prune import Prune
from agents.attacks.service.autoencoder import Autoencoder, swapped
from agents.reproductions._namba_sakuma import THIEF
from agents.schemes.patterns.content import OVERLAYS, Content
from agents.schemes.patterns.noise import Noise
from agents.schemes.patterns.unrelated import Unrelated
from agents.schemes.triggers import _key_samples as shared
from agents.schemes.triggers import exponential_weighting
from agents.schemes.triggers.deepsigns import Deepsigns
from agents.schemes.triggers.frontier_stitching import FrontierStitching
from agents.schemes.triggers.label_change import LabelChange
from arena.base.errors import ArenaError
from arena.game.rarity import binomial_rarity
from arena.hosts.datasets import Samples
from arena.reproduction.reproduction import Studio, spread
from arena.workshop.loot import Loot
from arena.workshop.workshop import UNMARKED

PROPOSAL, CHANGED, CONTROL = "exponential-weighting", "label-change", "exponential-weighting, T = 0"
RIVALS: dict[str, shared.KeySamples] = {
    **{f"content {overlay}": Content(50, overlay=overlay, targets="one") for overlay in OVERLAYS},
    "unrelated": Unrelated(50, of_class=1), "noise": Noise(50, targets="one"),
    "frontier-stitching": FrontierStitching(30, epsilon=0.1), "deepsigns": Deepsigns(30),
}
SCHEMES: dict[str, shared.KeySamples] = {
    **RIVALS, CHANGED: LabelChange(30), CONTROL: exponential_weighting.ExponentialWeighting(30),
    PROPOSAL: exponential_weighting.ExponentialWeighting(30)}
"""In the order of the page; T = 0 is the identity: what embedding with Adam does by itself."""
HOSTS = (UNMARKED, "another unmarked host")
COLOUR = ("content test-blue", "content heart-red")
UNRELATED = {"mnist": "fashion-mnist", "gtsrb": "mnist", "cifar10": "mnist", "cifar100": "mnist"}
FEW = {"mnist": 600, "cifar10": 800}
"""The thief's samples in the quick profile: the paper's own on MNIST, a tenth of the training images on CIFAR-10, as
there."""
RATES = tuple(q / 10 for q in range(10))
JUDGED = 2000
"""On how many test images the quick profile judges each rate of pruning."""
SHARE = 0.15
"""In the quick profile, key samples for each image of an epoch: the paper's 4 for 100 show each key thousands of times
in its hundred epochs."""
FLOOR = 0.10
"""How much accuracy the pruner gives away."""


@dataclass(frozen=True)
class Brief:
    """What the quick profile does on a data set: the task's changes; epochs of the second training and of the
    autoencoder; how the proposal is embedded."""

    task: dict[str, Any]
    embedding: int
    autoencoder: int
    proposal: dict[str, Any]


QUICK = {
    "mnist": Brief({"limit": 4000, "epochs": 8, "tests": 5000}, 20, 200, {"temperature": 16.0, "adam": 0.006}),
    "cifar10": Brief({"limit": 10_000, "epochs": 12, "tests": 5000, "batch": 50}, 12, 100,
                     {"temperature": 8.0, "adam": 0.003}),
}


@dataclass
class Result:
    """What one scheme's host did: watermark and test accuracies, detection rates (of key samples; of test images, by
    either), AUC and rarity by number of keys.

    `query` is with every key sample modified, as in Table 2; AUC and rarity are under the whole attack, which modifies
    those that it detects.
    """

    keys: int
    plain: float
    query: float
    model: float
    rate: float
    accuracy: float
    pruned_accuracy: float
    modified_accuracy: float
    detected: dict[str, float]
    alarms: float
    auc: dict[str, dict[int, float]] = field(default_factory=dict)
    rarity: dict[str, dict[int, float]] = field(default_factory=dict)
    grid: dict[str, dict[float, float]] = field(default_factory=dict)
    """Watermark and test accuracy after each rate of pruning."""


@dataclass(frozen=True)
class Played:
    """A scheme's hosts, one a seed."""

    results: list[Result]

    @cached_property
    def mean(self) -> Result:
        return Result(**_mean([vars(result) for result in self.results]))

    @property
    def keys(self) -> int:
        """Over all hosts."""
        return sum(result.keys for result in self.results)

    def spread(self, value: Callable[[Result], float], form: str = "{:.2f}") -> str:
        return spread([value(result) for result in self.results], form)


def _mean(values: Sequence[Any]) -> Any:
    """Of numbers; of dictionaries, item by item."""
    return ({key: _mean([each[key] for each in values]) for key in values[0]}
            if isinstance(values[0], dict) else mean(values))


@dataclass(frozen=True)
class Piece:
    """What all games need: an unmarked host by its purpose, the thief's autoencoder, or that without a fold."""

    host: str = ""
    fold: int | None = None

    def __str__(self) -> str:
        return self.host or ("autoencoder" if self.fold is None else f"autoencoder, fold {self.fold}")


class Trial:
    """One data set and seed: the unmarked hosts, the thief's autoencoder, and each scheme's game."""

    def __init__(self, studio: Studio, name: str, seed: int) -> None:
        own: dict[str, Any] = {"pad": 32, "shift": 0, "flip": False} if name == "mnist" else {"flip": name != "gtsrb"}
        task = replace(studio.task, **{"dataset": name, "batch": 100, **own,
                                       **(QUICK[name].task if studio.quick else {})})
        self.name, self.seed, self.quick, self.shop = name, seed, studio.quick, studio.workshop(seed, task=task)
        self.rates = RATES
        self.attack = (Autoencoder(QUICK[name].autoencoder, batch=50, rate=1e-2, schedule="one-cycle")
                       if self.quick else Autoencoder())

    @cached_property
    def samples(self) -> int:
        """How many the thief has."""
        return min((FEW if self.quick else THIEF)[self.name], len(self.shop.dataset.parts["fine-tune"]))

    @cached_property
    def schemes(self) -> list[str]:
        """Which are played: grey images wear no colours, unrelated images come from another data set, and where the
        paper's own training embeds the proposal, label change is its control."""
        out = {*(COLOUR if self.shop.dataset.shape[0] == 1 else ()), *(() if self.quick else (CONTROL,)), *self.missing}
        return [what for what in SCHEMES if what not in out]

    @cached_property
    def missing(self) -> dict[str, str]:
        """What can't be played here, and why."""
        try:
            self.shop.load_dataset(UNRELATED[self.name])
        except ArenaError as error:
            return {"unrelated": str(error).splitlines()[0]}
        return {}

    @property
    def common(self) -> list[Piece]:
        """What all games need: unmarked hosts, the thief's autoencoders."""
        return [*map(Piece, HOSTS), Piece(), *(Piece(fold=number) for number in range(self.attack.folds))]

    def prepare(self, piece: Piece) -> None:
        """Makes one of them, for the store."""
        if piece.host:
            self.shop.accuracy(self.unmarked(piece.host))
        elif piece.fold is None:
            self.attack.network(self.loot(None))
        else:
            self.attack.fold(piece.fold, self.loot(None))

    def unmarked(self, what: str = HOSTS[0]) -> nn.Module:
        return self.shop.unmarked_host() if what == UNMARKED else self.shop.host(self.shop.samples, what)

    @cached_property
    def baselines(self) -> list[float]:
        return [self.shop.accuracy(self.unmarked(what)) for what in HOSTS]

    @property
    def baseline(self) -> float:
        return mean(self.baselines)

    @property
    def conditions(self) -> str:
        """Under which every row on these hosts stands."""
        task = self.shop.task
        return f"{task.network}, {len(self.shop.dataset.parts['train']):,} images, {task.epochs} epochs"

    @property
    def note(self) -> str:
        """What is brief."""
        task = self.shop.task
        again = QUICK[self.name].embedding if self.quick else task.epochs
        keys = f", {100 * SHARE:.0f} key samples for 100 images instead of 4" if self.quick else ""
        return (f"{task.network}, {len(self.shop.dataset.parts['train'])} images, {task.epochs} epochs, {again} more "
                f"to embed; "
                f"the thief has {self.samples} and prunes {', '.join(f'{100 * rate:.0f}' for rate in self.rates)} "
                f"%{keys}")

    def scheme(self, what: str) -> shared.KeySamples:
        """A scheme as it is played here."""
        scheme = SCHEMES[what]
        if isinstance(scheme, Unrelated):
            return replace(scheme, dataset=UNRELATED[self.name])
        if not self.quick:
            return scheme
        brief = QUICK[self.name]
        how: dict[str, Any] = {} if scheme.from_scratch else {"epochs": brief.embedding}
        if isinstance(scheme, exponential_weighting.ExponentialWeighting):
            how |= {**brief.proposal, **({"temperature": 0.0} if what == CONTROL else {})}
        return replace(scheme, share=SHARE, **how)

    def loot(self, model: nn.Module | None) -> Loot:
        """The thief's, who modifies queries to the model."""
        return Loot(self.shop, "query modification", model, samples=self.samples)

    def play(self, what: str) -> Result:
        shop, scheme = self.shop, self.scheme(what)
        key = scheme.draw_key(shop)
        host = scheme.mark(key, shop)
        (model, rate, accuracy_then), grid = self.best_pruning(host, key, f"{type(scheme).__name__} {scheme}")
        loot = self.loot(host)
        found, changed = self.attack.examine(key.images, loot)
        hits = {"plain": shop.predict(host, key.images), "always": shop.predict(host, changed),
                "model": shop.predict(model, key.images),
                "query": shop.predict(host, swapped(key.images, changed, found["both"]))}
        right = {name: labels == key.labels for name, labels in hits.items()}
        detected = {name: float(which.mean()) for name, which in found.items()}
        test = shop.dataset.parts["test"]
        suspicious, rebuilt = self.attack.examine(test.images.numpy(), loot)
        served = shop.predict(host, swapped(test.images.numpy(), rebuilt, suspicious["both"]))
        share = {name: float(hit.mean()) for name, hit in right.items()}
        result = Result(len(key.images), share["plain"], share["always"], share["model"], rate, shop.accuracy(host),
                        accuracy_then,
                        float((served == test.labels.numpy()).mean()), detected, float(suspicious["both"].mean()))
        result.grid.update(grid)
        # not the host that keys were made with
        without = shop.predict(self.unmarked(HOSTS[1]), key.images) == key.labels
        draw = shop.draws.numpy("bootstraps")
        for when in ("model", "query"):
            result.auc[when] = {k: shared.auc(right[when], without, k, draw)[0] for k in (20, 10, 5)}
            result.rarity[when] = {k: binomial_rarity(int(right[when][:k].sum()), k, 1 / (key.classes - 1))
                                   for k in (20, 10, 5)}
        return result

    @cached_property
    def judged(self) -> Samples:
        """The test images on which rates of pruning are judged."""
        test = self.shop.dataset.parts["test"]
        return test.take(torch.arange(len(test))[: JUDGED if self.quick else None])

    def best_pruning(self, host: nn.Module, key: shared.Key,
                     stage: str) -> tuple[tuple[nn.Module, float, float], dict[str, dict[float, float]]]:
        """(model, rate, test accuracy) of the pruning with re-training that hurts the mark most within the floor (of
        the most accurate where none is); as in the paper, this attacker knows the key while he tunes. With what every
        rate leaves of the mark and of the accuracy."""
        tried = []
        for rate in self.rates:
            attack = Prune(rate, retrain=10)
            model = attack.modify_model(copy.deepcopy(host), Loot(self.shop, f"{stage}, prune {rate}",
                                                                  samples=self.samples))
            tried.append((model, rate, self.shop.accuracy(model, self.judged)))
        kept = [each for each in tried if each[2] >= self.baseline - FLOOR] or [max(tried, key=lambda each: each[2])]
        left = {rate: float((self.shop.predict(model, key.images) == key.labels).mean()) for model, rate, _ in tried}
        model, rate, _ = min(kept, key=lambda each: left[each[1]])
        grid = {"watermark": left, "accuracy": {rate: right for _, rate, right in tried}}
        return (model, rate, self.shop.accuracy(model)), grid


def prepare(studio: Studio, item: tuple[str, int, Piece]) -> None:
    """What all games on a data set need: (data set, seed, which of `Trial.common`)."""
    Trial(studio, *item[:2]).prepare(item[2])


def play(studio: Studio, item: tuple[str, int, str]) -> Result:
    """(data set, seed, scheme)."""
    return Trial(studio, *item[:2]).play(item[2])
