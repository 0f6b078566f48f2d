"""Who takes part: innocent hosts that differ in seed, data and architecture, claimants with keys of their own, and a
Verifier whose control hosts are none of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import torch

from arena.base.draws import Draws, master_of, world_of
from arena.base.errors import ArenaError, Malformed
from arena.hosts.datasets import Samples
from arena.hosts.networks import Network, build
from arena.hosts.task import Task
from arena.strategies import WhiteBox
from arena.strategies.examination import BlackBox
from arena.workshop.options import Options
from arena.workshop.parts import together
from arena.workshop.workshop import Workshop

TASK = Task(dataset="digits", network="digits-cnn", epochs=4, rate=2e-3, schedule="one-cycle")
NETWORKS = ("digits-cnn", "resnet-8", "wide-resnet-narrow")
"""Of innocents, beside the task's own."""
What = Literal["all", "half", "moved", "apart"]
DATA: tuple[What, ...] = ("all", "half", "moved", "apart")
"""What innocents are trained on: the owners' training images, a half of them drawn for each, all of them moved by a
pixel each time they are shown, or images that no owner has."""


@dataclass(frozen=True)
class Innocent:
    """A host that nobody marked: its number, network, and what it was trained on."""

    number: int
    network: str
    data: What


@dataclass(frozen=True)
class Company:
    """All that take part, from one seed: the task, this machine's options, how many innocents of which networks."""

    task: Task
    options: Options
    seed: int
    hosts: int
    networks: tuple[str, ...]

    def shop(self, agent: str, task: Task | None = None) -> Workshop:
        """The workshop of somebody, whose draws are nobody else's."""
        options = replace(self.options, world=world_of(master_of(self.seed)), alone=True)
        return Workshop(task or self.task, Draws.of(self.seed, agent).secret, agent, options)

    @property
    def innocents(self) -> tuple[Innocent, ...]:
        """Networks and data in turn, so that each goes with each."""
        kinds = len(self.networks)
        return tuple(Innocent(n, self.networks[n % kinds], DATA[n // kinds % len(DATA)]) for n in range(self.hosts))

    def host(self, innocent: Innocent) -> Network:
        """Trained for as many steps as hosts on all images are, or from the store."""
        shift = max(1, self.task.shift) if innocent.data == "moved" else self.task.shift
        shop = self.shop(f"innocent {innocent.number}", replace(self.task, network=innocent.network, shift=shift))
        samples = _samples(shop, innocent.data)
        epochs = max(1, round(self.task.epochs * len(shop.samples) / len(samples)))
        return replace(shop, task=replace(shop.task, epochs=epochs)).host(samples, "innocent host")

    def of(self, networks: Sequence[str]) -> Company:
        return replace(self, networks=tuple(networks))


def _samples(shop: Workshop, what: What) -> Samples:
    parts = shop.dataset.parts
    if what == "apart":
        return together(parts["validation"], parts["fine-tune"])
    if what == "half":
        order = torch.randperm(len(shop.samples), generator=shop.draws.torch("half of the images"))
        return shop.samples.take(order[: len(order) // 2])
    return shop.samples


@lru_cache(maxsize=2)
def hosts_of(company: Company) -> tuple[Network, ...]:
    """All innocents, in their order; kept while they are needed again and again."""
    return tuple(company.host(innocent).eval() for innocent in company.innocents)


def accuracy_of(company: Company) -> tuple[float, float, float]:
    """Of the innocents on test images: lowest, mean, highest."""
    shop = company.shop("accuracies")
    found = [round(shop.accuracy(host), 4) for host in hosts_of(company)]
    return min(found), round(sum(found) / len(found), 4), max(found)


def all_networks(task: Task) -> tuple[str, ...]:
    """The task's network and the others."""
    return tuple(dict.fromkeys((task.network, *NETWORKS)))


def fits(examination: BlackBox | WhiteBox, company: Company, network: str) -> bool:
    """Whether a key can be examined on such a network at all: one in the weights wants the layer that it names."""
    if isinstance(examination, BlackBox):
        return True
    shop = company.shop("innocent", replace(company.task, network=network))
    try:
        examination.score(build(shop.architecture, shop.draws.torch("trial")).eval())
    except (Malformed, ArenaError):
        return False
    return True
