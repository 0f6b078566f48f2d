"""Namba and Sakuma 2019, tables 1 to 3 and figure 2: ten kinds of key samples against pruning and query modification."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import mean
from typing import Any, ClassVar

from torch import nn

from agents.attacks.autoencoder import Autoencoder, swapped
from agents.attacks.prune import Prune
from agents.reproductions._namba_sakuma import TABLE_1, TABLE_2, TABLE_3, THIEF, UNMARKED, printed
from agents.schemes import _key_samples as shared
from agents.schemes.content import OVERLAYS, Content
from agents.schemes.deepsigns import Deepsigns
from agents.schemes.exponential_weighting import ExponentialWeighting as Proposal
from agents.schemes.frontier_stitching import FrontierStitching
from agents.schemes.label_change import LabelChange
from agents.schemes.noise import Noise
from agents.schemes.unrelated import Unrelated
from arena.errors import ArenaError
from arena.rarity import binomial_rarity
from arena.report.plots import bars
from arena.reproduce import Figure, Reproduction, Row, Studio, spread
from arena.workshop import Loot, Task

PROPOSAL, CHANGED = "exponential-weighting", "label-change"
RIVALS = {
    **{f"content {overlay}": Content(50, overlay=overlay) for overlay in OVERLAYS}, "unrelated": Unrelated(50), "noise": Noise(50),
    "frontier-stitching": FrontierStitching(30), "deepsigns": Deepsigns(30),
}
SCHEMES: dict[str, shared.KeySamples] = {**RIVALS, CHANGED: LabelChange(30), PROPOSAL: Proposal(30)}
HOSTS = ("unmarked host", "another unmarked host")
COLOUR = ("content test-blue", "content heart-red")
UNRELATED = {"mnist": "fashion-mnist", "gtsrb": "mnist", "cifar10": "mnist", "cifar100": "mnist"}
FEW = 1000
SHARE = 0.15
"""In the quick profile, key samples for each image of an epoch: the paper's 4 for 100 show each key thousands of times in its hundred epochs."""
WHOLE = {"model": "", "query": " (detected ones)"}
FLOOR, SURVIVES = 0.10, 0.9


@dataclass(frozen=True)
class Brief:
    """What the quick profile does on a data set: the task's changes; epochs of the second training and of the autoencoder; how the proposal is
    embedded."""

    task: dict[str, Any]
    embedding: int
    autoencoder: int
    proposal: dict[str, Any]


QUICK = {
    "mnist": Brief({"limit": 4000, "epochs": 8, "tests": 5000}, 20, 200, {"temperature": 16.0, "adam": 0.006}),
    "cifar10": Brief({"limit": 10_000, "epochs": 12, "tests": 5000, "batch": 50}, 12, 100, {"temperature": 8.0, "adam": 0.003}),
}


@dataclass(frozen=True)
class ExponentialWeighting(Reproduction):
    """Namba and Sakuma 2019: robust watermarking of neural network with exponential weighting"""

    title: ClassVar[str] = "Namba, Sakuma: Robust Watermarking of Neural Network with Exponential Weighting (2019)"
    seeds: ClassVar[int] = 1

    def task(self, quick: bool) -> Task:
        common: dict[str, Any] = {"rate": 0.1, "optimizer": "sgd", "weight_decay": 1e-4, "dataset": "cifar10", "shift": 4, "flip": True}
        if quick:
            return Task(**common, **QUICK["cifar10"].task, network="resnet-8", schedule="one-cycle")
        return Task(**common, batch=100, network="resnet-32", epochs=100, schedule="steps", milestones=(40, 60), factor=0.1)

    def rows(self, studio: Studio) -> Iterator[Row | Figure]:
        trials: dict[str, list[Trial]] = {}
        for name in QUICK if studio.quick else ("mnist", "gtsrb", "cifar10", "cifar100"):
            hosts = [Trial(studio.alone, name, seed) for seed in studio.seeds]
            try:
                hosts[0].shop.load_dataset(name)
            except ArenaError as error:
                yield Row("Table 3", f"{name}: not played", UNMARKED[name] + " %", "-", 0, differs=str(error).splitlines()[0])
            else:
                trials[name] = hosts
        every = [trial for hosts in trials.values() for trial in hosts]
        deque(studio.together(prepare, [(trial.name, trial.seed, what) for trial in every for what in trial.common]), maxlen=0)
        games = studio.together(play, [(name, trial.seed, what) for name, hosts in trials.items() for what in hosts[0].schemes for trial in hosts])
        results: dict[str, dict[str, Played]] = {}
        for name, hosts in trials.items():
            results[name] = {}
            unmarked = [b for trial in hosts for b in trial.baselines]
            yield Row("Table 3", f"{name}: test accuracy, no watermark", UNMARKED[name] + " %", f"{100 * mean(unmarked):.1f} %", len(unmarked),
                      spread([100 * b for b in unmarked], "{:.1f}"), hosts[0].note)
            for what in hosts[0].schemes:
                played = results[name][what] = Played([next(games) for _ in hosts])
                yield from self._table_3(name, what, played, mean(unmarked))
                yield from self._tables_1_and_2(name, what, played, studio.quick)
            yield from self._verdict(name, results[name], len(hosts[0].shop.dataset.parts["test"]))
            for when in ("model", "query"):
                values = {what: [played.mean.auc[when][k] for k in (20, 10, 5)] for what, played in results[name].items()}
                yield Figure("Figure 2", f"{name}: AUC under {when} modification at 20, 10, 5 key samples", bars(values, ("20", "10", "5"), "AUC"))
        yield from self._both(results)

    def _table_3(self, name: str, what: str, played: Played, baseline: float) -> Iterator[Row]:
        r = played.mean
        yield Row("Table 3", f"{name}, {what}: test accuracy, nothing done; pruned; query modified (%)", printed(TABLE_3, name, what),
                  f"{100 * r.accuracy:.1f}; {100 * r.pruned_accuracy:.1f} (rate {100 * r.rate:.0f} %); {100 * r.modified_accuracy:.1f}", len(played.results),
                  played.spread(lambda r: 100 * r.accuracy, "{:.1f}"), "within 1.5 points of the unmarked one asked for", holds=r.accuracy >= baseline - 0.015)

    def _tables_1_and_2(self, name: str, what: str, played: Played, quick: bool) -> Iterator[Row]:
        r, hosts, tuned, least = played.mean, len(played.results), "", 0.9 if what == "frontier-stitching" else 1.0
        if what == PROPOSAL and quick:
            how = QUICK[name].proposal
            tuned = f"T = {how['temperature']:g} for 2, embedded with Adam at {how['adam']:g} (tuned on seed 1's host): brief training leaves small weights"
        asked = name == "cifar10" and what.startswith(("content", "noise", "deepsigns"))
        yield Row("Table 1", f"{name}, {what}: detected by reconstruction; divergence; either", printed(TABLE_1, name, what),
                  "; ".join(f"{r.detected[k]:.2f}" for k in ("reconstruction", "divergence", "both")), played.keys,
                  played.spread(lambda r: r.detected["both"]), "0.9 asked for" if asked else "", holds=r.detected["both"] >= 0.9 if asked else None)
        yield Row("Table 2", f"{name}, {what}: watermark accuracy, nothing done; query modified; model modified", f"1.0; {printed(TABLE_2, name, what)}",
                  f"{r.plain:.2f}; {r.query:.2f}; {r.model:.2f}", played.keys,
                  "; ".join(played.spread(value) for value in (lambda r: r.plain, lambda r: r.query, lambda r: r.model)) if hosts > 1 else "-",
                  tuned, holds=r.plain >= least)
        if what == PROPOSAL:
            for when in ("model", "query"):
                yield Row("Figure 2", f"{name}, {what}: AUC at 20, 10, 5 keys under {when} modification{WHOLE[when]}", "1; 1; 0.85 or more",
                          "; ".join(f"{r.auc[when][k]:.3f}" for k in (20, 10, 5)), 30 * hosts, differs="one marked and one unmarked model, 30 bootstraps",
                          holds=r.auc[when][20] == 1.0)
                yield Row("-", f"{name}, {what}: rarity of 20, 10, 5 keys under {when} modification (bits)", "not in the paper",
                          "; ".join(f"{r.rarity[when][k]:.1f}" for k in (20, 10, 5)), hosts, differs="the first keys, chance 1 / (classes - 1)")

    def _verdict(self, name: str, results: dict[str, Played], tests: int) -> Iterator[Row]:
        fallen = [what for what, played in results.items() if what in RIVALS and played.mean.model < 0.5]
        hosts = len(results[CHANGED].results)
        yield Row("Table 2", f"{name}: rivals under 0.5 after model modification within {100 * FLOOR:.0f} points of accuracy", "all but some",
                  ", ".join(fallen) or "none", hosts, holds=bool(fallen))
        alarms, changed = results[PROPOSAL].mean.alarms, results[CHANGED].mean
        drop, caught = changed.accuracy - changed.modified_accuracy, changed.detected["both"]
        holds = None if name == "mnist" else alarms <= 0.12 and drop < 0.04
        yield Row("4.2", f"{name}: false alarms; points of accuracy lost by query modification", "0.05 to 0.1 by design",
                  f"{alarms:.3f}; {100 * drop:.1f}", tests * hosts, results[PROPOSAL].spread(lambda r: r.alarms),
                  "at most 0.12 and under 4 points asked for on CIFAR-10", holds=holds)
        yield Row("Table 1", f"{name}: label-change keys detected, against false alarms", "at about that rate", f"{caught:.2f} against {alarms:.2f}",
                  results[CHANGED].keys, results[CHANGED].spread(lambda r: r.detected["both"]), "within 0.2 asked for on CIFAR-10",
                  holds=None if name == "mnist" else abs(caught - alarms) <= 0.2)

    def _both(self, results: dict[str, dict[str, Played]]) -> Iterator[Row]:
        means = {name: {what: played.mean for what, played in found.items()} for name, found in results.items()}
        survivors = [what for what in RIVALS if all(min(found[what].query, found[what].model) > SURVIVES for found in means.values() if what in found)]
        yield Row("Table 2", f"rivals above {SURVIVES} under both on every data set", "none", ", ".join(survivors) or "none", len(results),
                  differs="differs from the paper: shorter training, smaller network" if survivors else "")


@dataclass
class Result:
    """What one scheme's host did: watermark and test accuracies, detection rates (of key samples; of test images, by either), AUC and rarity by number of keys.

    `query` is with every key sample modified, as in Table 2; AUC and rarity are under the whole attack, which modifies those that it detects.
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
    return {key: _mean([each[key] for each in values]) for key in values[0]} if isinstance(values[0], dict) else mean(values)


class Trial:
    """One data set and seed: the unmarked hosts, the thief's autoencoder, and each scheme's game."""

    def __init__(self, studio: Studio, name: str, seed: int) -> None:
        own: dict[str, Any] = {"pad": 32, "shift": 0, "flip": False} if name == "mnist" else {"flip": name != "gtsrb"}
        task = replace(studio.task, **{"dataset": name, "batch": 100, **own, **(QUICK[name].task if studio.quick else {})})
        self.name, self.seed, self.quick, self.shop = name, seed, studio.quick, studio.workshop(seed, task=task)
        self.rates = (0.0, 0.4, 0.8) if self.quick else tuple(q / 10 for q in range(10))
        self.attack = Autoencoder(QUICK[name].autoencoder, batch=50, rate=1e-2, schedule="one-cycle") if self.quick else Autoencoder()

    @cached_property
    def samples(self) -> int:
        """How many the thief has."""
        return min(FEW if self.quick else THIEF[self.name], len(self.shop.dataset.parts["fine-tune"]))

    @cached_property
    def schemes(self) -> list[str]:
        """Which are played: grey images wear no colours."""
        return [what for what in SCHEMES if what not in COLOUR or self.shop.dataset.shape[0] == 3]

    @property
    def common(self) -> list[str]:
        """What all games need: unmarked hosts, the thief's autoencoders."""
        return [*HOSTS, "autoencoder", *(f"autoencoder, fold {number}" for number in range(self.attack.folds))]

    def prepare(self, what: str) -> None:
        """Makes one of them, for the store."""
        if what in HOSTS:
            self.shop.accuracy(self.unmarked(what))
        elif what == "autoencoder":
            self.attack.network(self.loot(None))
        else:
            self.attack.fold(int(what.split()[-1]), self.loot(None))

    def unmarked(self, what: str = HOSTS[0]) -> nn.Module:
        return self.shop.host(self.shop.dataset.parts["train"], what)

    @cached_property
    def baselines(self) -> list[float]:
        return [self.shop.accuracy(self.unmarked(what)) for what in HOSTS]

    @property
    def baseline(self) -> float:
        return mean(self.baselines)

    @property
    def note(self) -> str:
        """What is brief."""
        task = self.shop.task
        again = QUICK[self.name].embedding if self.quick else task.epochs
        keys = f", {100 * SHARE:.0f} key samples for 100 images instead of 4" if self.quick else ""
        return (f"{task.network}, {len(self.shop.dataset.parts['train'])} images, {task.epochs} epochs, {again} more to embed; "
                f"the thief has {self.samples} and prunes {', '.join(f'{100 * rate:.0f}' for rate in self.rates)} %{keys}")

    def scheme(self, what: str) -> shared.KeySamples:
        """A scheme as it is played here."""
        scheme = SCHEMES[what]
        if isinstance(scheme, Unrelated):
            return replace(scheme, dataset=UNRELATED[self.name])
        if not self.quick:
            return scheme
        brief = QUICK[self.name]
        how = {} if scheme.from_scratch else {"epochs": brief.embedding, **(brief.proposal if isinstance(scheme, Proposal) else {})}
        return replace(scheme, share=SHARE, **how)

    def loot(self, model: nn.Module | None) -> Loot:
        """The thief's, who modifies queries to the model."""
        return Loot(self.shop, "query modification", model, samples=self.samples)

    def play(self, what: str) -> Result:
        shop, scheme = self.shop, self.scheme(what)
        key = scheme.draw_key(shop)
        host = scheme.mark(key, shop)
        model, rate, accuracy_then, _ = self.best_pruning(host, key, f"{type(scheme).__name__} {scheme}")
        loot = self.loot(host)
        found, changed = self.attack.examine(key.images, loot)
        hits = {"plain": shop.predict(host, key.images), "always": shop.predict(host, changed), "model": shop.predict(model, key.images),
                "query": shop.predict(host, swapped(key.images, changed, found["both"]))}
        right = {name: labels == key.labels for name, labels in hits.items()}
        detected = {name: float(which.mean()) for name, which in found.items()}
        test = shop.dataset.parts["test"]
        suspicious, rebuilt = self.attack.examine(test.images.numpy(), loot)
        served = shop.predict(host, swapped(test.images.numpy(), rebuilt, suspicious["both"]))
        share = {name: float(hit.mean()) for name, hit in right.items()}
        result = Result(len(key.images), share["plain"], share["always"], share["model"], rate, shop.accuracy(host), accuracy_then,
                        float((served == test.labels.numpy()).mean()), detected, float(suspicious["both"].mean()))
        without = shop.predict(self.unmarked(), key.images) == key.labels
        draw = shop.draws.numpy("bootstraps")
        for when in ("model", "query"):
            result.auc[when] = {k: shared.auc(right[when], without, k, draw)[0] for k in (20, 10, 5)}
            result.rarity[when] = {k: binomial_rarity(int(right[when][:k].sum()), k, 1 / (key.classes - 1)) for k in (20, 10, 5)}
        return result

    def best_pruning(self, host: nn.Module, key: shared.Key, stage: str) -> tuple[nn.Module, float, float, float]:
        """(model, rate, test accuracy, watermark accuracy) of the pruning with re-training that hurts the mark most within the floor; as in the paper,
        this attacker knows the key while he tunes."""
        tried = []
        for rate in self.rates:
            attack = Prune(rate, retrain=10)
            model = attack.modify_model(copy.deepcopy(host), Loot(self.shop, f"{stage}, prune {rate}", samples=self.samples))
            tried.append((model, rate, self.shop.accuracy(model), float((self.shop.predict(model, key.images) == key.labels).mean())))
        kept = [t for t in tried if t[2] >= self.baseline - FLOOR] or [tried[0]]
        return min(kept, key=lambda t: t[3])


def prepare(studio: Studio, item: tuple[str, int, str]) -> None:
    """What all games on a data set need: (data set, seed, which of `Trial.common`)."""
    Trial(studio, *item[:2]).prepare(item[2])


def play(studio: Studio, item: tuple[str, int, str]) -> Result:
    """(data set, seed, scheme)."""
    return Trial(studio, *item[:2]).play(item[2])
