"""Kakikura et al., as far as their abstract goes, with our reconstruction: ten marks in a trained network, pruned and
transferred."""

from __future__ import annotations

import copy
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from scipy import stats
from torch import nn

from agents.attacks.model.prune import Prune
from agents.attacks.theft.average import mean_of
from agents.schemes.weights.negative_correlation import Key, detect, embed, kappa, regions, statistics
from arena.base.errors import ArenaError
from arena.hosts.datasets import fitted
from arena.hosts.layers import markable
from arena.hosts.networks import build, replace_decision
from arena.hosts.task import Task
from arena.hosts.training import Training
from arena.reproduction.reproduction import Figure, Reproduction, Row, Shown, Studio, average, spread
from arena.workshop.loot import Loot
from arena.workshop.workshop import Workshop

ALPHA, KEYS, REGIONS, WRONG = 0.03, 10, 8, 1000
QUICK = "our reconstruction; wide ResNet for ResNet-50, 3,200 images of CIFAR-10, 6 epochs"
FULL = "our reconstruction; ResNet-50 with a stem for 32x32 images, 40,000 images of CIFAR-10"
KEPT = {"mask kept": True, "mask not kept": False}


@dataclass(frozen=True)
class NegativeCorrelation(Reproduction):
    """Kakikura, Kang, Iwamura: negative correlation-based watermarking (abstract; our reconstruction)"""

    title: ClassVar[str] = ("Kakikura, Kang, Iwamura: Negative Correlation-based Watermarking (from the abstract; our "
                            "reconstruction)")
    full: ClassVar[str] = (
        "ResNet-50 as the abstract says, with a stem for 32x32 images (3x3, stride 1, no pooling) and one fully "
        "connected layer as its head, trained for 200 epochs on 40,000 images with steps; 30 epochs of transfer. The "
        "abstract gives no schedule: this one is Uchida et al.'s. It was not run for this page.")

    def task(self, quick: bool) -> Task:
        common: dict[str, Any] = {"dataset": "cifar10", "batch": 64, "rate": 0.1, "optimizer": "sgd",
                                  "weight_decay": 5e-4, "shift": 4, "flip": True}
        if quick:
            return Task(**common, network="wide-resnet", limit=4000, epochs=6, schedule="one-cycle")
        return Task(**common, network="resnet-50", epochs=200, schedule="steps", milestones=(60, 120, 160), factor=0.2)

    def rows(self, studio: Studio) -> Iterator[Row | Figure]:
        note = f"{QUICK if studio.quick else FULL}; alpha {ALPHA}, {REGIONS} regions"
        why = missing(studio.workshop(studio.seeds[0]))
        for items in ([(seed, "") for seed in studio.seeds],
                      [(seed, name) for seed in studio.seeds for name in KEPT if not why]):
            deque(studio.together(prepare, items), maxlen=0)
        alone = studio.alone
        found = [Marked(alone.workshop(seed), seed) for seed in studio.seeds]
        yield from self._cost(found, note)
        yield from self._law(found, note)
        yield from self._wrong_keys(found[0], note)
        yield from self._pruning(found, note)
        if why:
            yield Row("abstract (transfer)", "not played", "all detected (CIFAR-100)", "-", 0, differs=why)
        else:
            yield from self._transfer(found, alone, note)
        yield from self._collusion(found[0], note)
        yield from self._overwriting(found[0], note)
        yield self._resnet_50(alone)

    def shown(self, quick: bool) -> Sequence[Shown]:
        how = QUICK if quick else FULL
        return (Shown("abstract (accuracy)", "smaller", how), Shown("abstract (pruning)", "smaller", how),
                Shown("abstract (transfer)", "smaller", f"{how}; to GTSRB: CIFAR-100 is not at hand"),
                Shown("tables and figures", "not", "only the abstract is public here, and it prints none"))

    def _cost(self, found: list[Marked], note: str) -> Iterator[Row]:
        """Each host by itself: what one gains is no excuse for what another loses."""
        for m in found:
            wrong, right = m.changed_answers()
            tests = len(m.shop.dataset.parts["test"])
            loss = 100 * (wrong - right) / tests
            p = float(stats.binomtest(wrong, wrong + right).pvalue) if wrong + right else 1.0
            yield Row("abstract (accuracy)", f"points of accuracy that {KEYS} marks cost, host of seed {m.seed}",
                      "less than 0.1", f"{loss:+.2f} ({100 * m.shop.accuracy(m.plain):.2f} % before)", tests,
                      f"{wrong} answers newly wrong, {right} newly right: p = {p:.2g} (sign test)", note, loss < 0.1)

    def _law(self, found: list[Marked], note: str) -> Iterator[Row]:
        gaps = []
        for m in found:
            one = copy.deepcopy(m.plain)
            (region,) = embed(one, [m.keys[0]], ALPHA)
            form, size = kappa(m.plain, REGIONS, region)
            before, after = (statistics(regions(net, REGIONS), m.keys[0])[region] for net in (m.plain, one))
            gaps.append((before - after) - ALPHA * form * np.sqrt(size))
        worst = max(map(abs, gaps))
        yield Row("law", "zeta moved by one mark, minus alpha kappa sqrt(M)", "not in the abstract",
                  average(gaps, "{:+.2f}"), len(gaps), spread(gaps, "{:+.2f}"),
                  f"{note}; at most 1 asked for", worst <= 1.0)

    def _wrong_keys(self, m: Marked, note: str) -> Iterator[Row | Figure]:
        """Through the detector itself, which looks for each key in all regions and keeps the best."""
        wrong = [detect(m.host, Key("nobody", m.shop.draws.bytes(f"wrong key {i}"), 0, REGIONS)) for i in range(WRONG)]
        statistic, rarest = [found.statistic for found in wrong], max(found.rarity for found in wrong)
        p = float(stats.kstest(statistic, best_of_regions).pvalue)
        yield Row("null", f"{WRONG} wrong keys: the detector's statistic against the largest of {REGIONS} numbers of "
                  f"N(0, 1), KS test, p", "not in the abstract", f"{p:.3f}", WRONG,
                  differs=f"{note}; more than 0.01 asked for", holds=p > 0.01)
        yield Row("null", f"{WRONG} wrong keys: largest rarity (bits)", "not in the abstract", f"{rarest:.1f}", WRONG,
                  differs=f"{note}; at most 20 asked for, about {np.log2(WRONG):.0f} are expected", holds=rarest <= 20)
        right = [detect(m.host, key).statistic for key in m.keys]
        yield Figure.histogram("null", "the detector's statistic: wrong keys, and the ten right ones",
                               {"wrong": statistic, "right": right}, "standard deviations", -1, max(right) + 1)

    def _pruning(self, found: list[Marked], note: str) -> Iterator[Row | Figure]:
        curves: dict[str, Any] = {}
        rates = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
        for order in ("ascending", "random"):
            least = [[m.least(m.pruned(rate, order)) for rate in rates] for m in found]
            curves[f"{order}, least of {KEYS} keys"] = ([100 * r for r in rates], np.mean(least, axis=0).tolist())
            for rate in (0.9, 0.99):
                here = [row[rates.index(rate)] for row in least]
                asked = (rate, order) == (0.9, "ascending")
                yield Row("abstract (pruning)",
                          f"least rarity of {KEYS} keys after pruning {100 * rate:.0f} %, {order} (bits)",
                          "all detected" if asked else "not in the abstract", average(here, "{:.0f}"), len(here),
                          spread(here, "{:.0f}"), f"{note}; 64 asked for" if asked else note,
                          min(here) >= 64 if asked else None)
        yield Figure.lines("abstract (pruning)", "least rarity of ten keys after pruning", curves, "pruned (%)", "bits")

    def _transfer(self, found: list[Marked], studio: Studio, note: str) -> Iterator[Row]:
        cut = f" ({studio.task.limit:,} of its images)" if studio.task.limit else ""
        for name in KEPT:
            least, right = [], []
            for m in found:
                host, score = m.transferred(name, studio.quick)
                least.append(m.least(host))
                right.append(100 * score)
            yield Row("abstract (transfer)",
                      f"least rarity of {KEYS} keys after pruning 90 % and transfer to GTSRB, {name} (bits)",
                      "all detected (CIFAR-100)",
                      average(least, "{:.0f}"), len(least), spread(least, "{:.0f}"),
                      f"{note}; GTSRB{cut} for CIFAR-100, accuracy there {average(right, '{:.0f} %')}; 64 asked for",
                      min(least) >= 64)

    def _collusion(self, m: Marked, note: str) -> Iterator[Row]:
        for count in (2, 4, 8):
            copies = []
            for i in range(count):
                copies.append(copy.deepcopy(m.plain))
                embed(copies[-1], [Key("alice", m.shop.draws.bytes(f"copy {i}"), 0, REGIONS)], ALPHA)
            averaged = mean_of(copies[0], copies[1:])
            bits = [detect(averaged, Key("alice", m.shop.draws.bytes(f"copy {i}"), 0, REGIONS)).rarity
                    for i in range(count)]
            yield Row("-", f"averaging {count} copies with a mark each: rarity of their keys (bits)",
                      "not in the abstract", average(bits, "{:.0f}"),
                      count, spread(bits, "{:.0f}"), note)

    def _overwriting(self, m: Marked, note: str) -> Iterator[Row]:
        over = copy.deepcopy(m.host)
        embed(over, [Key("mallory", m.shop.draws.bytes("overwriting"), i, REGIONS) for i in range(KEYS)], ALPHA)
        yield Row("-", "ten more marks over the ten: least rarity of the first (bits); test error change",
                  "not in the abstract",
                  f"{m.least(over):.0f}; {100 * (m.shop.accuracy(m.host) - m.shop.accuracy(over)):+.2f} points", 1,
                  differs=note)

    def _resnet_50(self, studio: Studio) -> Row:
        shop = studio.workshop(1)
        network = build(replace(shop.architecture, network="resnet-50"), shop.draws.torch("resnet-50"))
        keys = [Key("alice", shop.draws.bytes("white-box seed"), i, REGIONS) for i in range(KEYS)]
        start = time.perf_counter()
        embed(network, keys, ALPHA)
        seconds = time.perf_counter() - start
        return Row("-", f"seconds to embed ten marks into ResNet-50 ({len(regions(network, 1)[0]):,} weights)",
                   "no training",
                   f"{seconds:.1f} s", 1, differs="under 10 s asked for; untrained weights", holds=seconds < 10)


def missing(shop: Workshop) -> str:
    """Why nothing is transferred, where the other data set is not at hand."""
    try:
        shop.load_dataset("gtsrb")
    except ArenaError as error:
        return str(error).splitlines()[0]
    return ""


def prepare(studio: Studio, item: tuple[int, str]) -> None:
    """(seed, how it is transferred, or nothing): makes a host for the store, and measures it."""
    marked = Marked(studio.workshop(item[0]), item[0])
    if item[1]:
        marked.transferred(item[1], studio.quick)
    else:
        marked.shop.accuracy(marked.plain)


def best_of_regions(statistic: np.ndarray) -> np.ndarray:
    """The distribution function of the largest of so many numbers as there are regions, each N(0, 1)."""
    return stats.norm.cdf(statistic) ** REGIONS


class Marked:
    """A trained host with ten marks."""

    def __init__(self, shop: Workshop, seed: int = 1) -> None:
        self.shop, self.seed = shop, seed
        self.plain = shop.unmarked_host()
        self.keys = [Key("alice", shop.draws.bytes("white-box seed"), i, REGIONS) for i in range(KEYS)]
        self.host = copy.deepcopy(self.plain)
        embed(self.host, self.keys, ALPHA)

    def changed_answers(self) -> tuple[int, int]:
        """How many test images the marks made wrong that were right, and the other way round."""
        test = self.shop.dataset.parts["test"]
        before, after = (self.shop.predict(net, test.images) == test.labels.numpy() for net in (self.plain, self.host))
        return int((before & ~after).sum()), int((after & ~before).sum())

    def least(self, model: nn.Module) -> float:
        return min(detect(model, key).rarity for key in self.keys)

    def pruned(self, rate: float, order: Any) -> nn.Module:
        return Prune(rate, order).modify_model(copy.deepcopy(self.host), Loot(self.shop, f"prune {rate} {order}"))

    def transferred(self, name: str, quick: bool) -> tuple[nn.Module, float]:
        """(the pruned host trained on GTSRB with a new head, accuracy there); where the mask is kept, pruned weights
        stay zero while it is trained."""
        shop, other = self.shop, self.shop.load_dataset("gtsrb")
        architecture = replace(shop.architecture, classes=len(other.classes))
        pruned, draw = self.pruned(0.9, "ascending"), shop.draws.torch("new head")
        host = replace_decision(pruned, architecture, draw)  # type: ignore[arg-type]
        masks = {name: layer.get_parameter("weight") != 0 for name, layer in markable(host.features).items()}
        train, test = (fitted(other.parts[part], shop.architecture.shape)
                       for part in ("train", "test"))  # type: ignore[index]
        settings = replace(shop.task.settings, epochs=2 if quick else 30, flip=False)
        if KEPT[name]:
            hold(host.features, masks)
        host = shop.fit(host, train, Training(f"transferred, {name}", settings))
        return host, shop.accuracy(host, test)


def hold(model: nn.Module, masks: dict[str, torch.Tensor]) -> None:
    """Keeps pruned weights at zero while the model is trained: their gradients are zeroed, and so is what weight decay
    would add to zero."""
    for name, layer in markable(model).items():
        layer.get_parameter("weight").register_hook(lambda grad, mask=masks[name]: grad * mask)
