"""The hosts of the page on Uchida et al., by name: each is made by itself, so that they are made side by side."""

from __future__ import annotations

import copy
from dataclasses import replace

import torch
from torch import nn

from agents.attacks.model.weight_shift import WeightShift
from agents.reproductions._uchida_marks import BITS, Mark, key_of, layer_of, strength_for
from agents.reproductions._uchida_printed import TABLE_6, WIDTHS
from agents.schemes.weights import uchida
from agents.schemes.weights._message import Key
from arena.base.errors import ArenaError
from arena.hosts.datasets import Samples, fitted
from arena.hosts.networks import Network, build, replace_decision
from arena.hosts.training import Settings, Training
from arena.reproduction.reproduction import Studio
from arena.workshop.loot import Loot
from arena.workshop.workshop import Workshop

KINDS: tuple[uchida.Kind, ...] = ("direct", "diff")
CELLS = ("conv3 256", "conv4 256", "conv2 2048")
"""Of Table 6, beside conv 2 with 256 bits, those that the quick profile trains."""
EVERY_CELL = tuple(f"{group} {bits}" for bits in TABLE_6 for group in WIDTHS if (group, bits) != ("conv2", BITS))
EVERY_SEED = ("plain", "random")
SECOND = ("again plain", "again embedded", "distilled plain", "distilled embedded", "from abroad plain",
          "from abroad embedded", "fine-tuned", "from abroad marked", "shifted", "conv2 over", "conv3 over",
          "conv4 over")
"""What is trained on top of others."""
WATCHED, A_CLASS = 1000, 30
SEVERAL = 10_000


def first(quick: bool) -> tuple[str, ...]:
    """What is trained from scratch, the longest first."""
    return (*EVERY_SEED, *KINDS, *(CELLS if quick else EVERY_CELL), "abroad plain", "abroad marked")


class Hosts:
    """One seed's hosts; what was made before is read from the store."""

    def __init__(self, studio: Studio, seed: int) -> None:
        self.shop = studio.workshop(seed, watched=WATCHED if studio.quick else SEVERAL)
        settings = self.shop.task.settings
        self.again = replace(settings, epochs=2) if studio.quick else settings
        self.abroad = replace(settings, epochs=3) if studio.quick else settings
        self._made: dict[str, Mark] = {}

    def __getitem__(self, name: str) -> Mark:
        if name not in self._made:
            key, host = self._key(name), self._host(name)
            self._made[name] = Mark(self.shop, key, host, self.shop.trainings[-1])
        return self._made[name]

    def scheme(self, name: str) -> uchida.Uchida:
        """What marks the host of that name (or would)."""
        group, _, bits = name.partition(" ")
        size, where = (int(bits) if bits.isdigit() else BITS, group if group in WIDTHS else "conv2")
        kind: uchida.Kind = next((kind for kind in KINDS if kind == name), "random")
        how = "fine-tune" if name == "again embedded" else "distill" if name == "distilled embedded" else "train"
        return uchida.Uchida(size, kind, layer_of(where), strength_for(self.shop.task), how,  # type: ignore[arg-type]
                             self.again.epochs)

    def _key(self, name: str) -> Key:
        scheme = self.scheme(name)
        return key_of(self.shop, scheme.layer, scheme.bits, scheme.projection)

    def _host(self, name: str) -> nn.Module:
        last = name.split()[-1]
        if name == "plain":
            return self.shop.unmarked_host()
        if name.startswith(("abroad", "from abroad")):
            return self._abroad(name)
        if last == "over":
            return self._overwritten(name)
        if name in ("again plain", "distilled plain", "fine-tuned"):
            return self._trained_on(name)
        if name == "shifted":
            shift = WeightShift(layer_of("conv2"), epochs=2)
            return shift.modify_model(copy.deepcopy(self["random"].host), Loot(self.shop, "weight shift"))
        return self.scheme(name).mark(self._key(name), self.shop)

    def _trained_on(self, name: str) -> nn.Module:
        """A second training without a mark in it: of the host without one, on its own answers, of the marked host."""
        host = copy.deepcopy(self["random" if name == "fine-tuned" else "plain"].host)
        samples = self.shop.samples
        if name == "distilled plain":
            samples = Samples(samples.images, self.shop.soft_answers(host, samples.images), samples.fixed)
        return self.shop.fit(host, samples, Training(name, self.again))

    def _abroad(self, name: str) -> nn.Module:
        """Trained on Caltech-101, or after that on the task."""
        if name.startswith("from"):
            base = self["abroad marked" if name == "from abroad marked" else "abroad plain"].host
            host = replace_decision(base, self.shop.architecture,  # type: ignore[arg-type]
                                    self.shop.draws.torch(f"new head {name}"))
            return self._fit(name, host, self.shop.samples, self.again, name == "from abroad embedded")
        other = whole(self.shop).load_dataset("caltech101")
        network = build(replace(self.shop.architecture, classes=len(other.classes)),
                        self.shop.draws.torch(f"initial weights {name}"))
        return self._fit(name, network, a_class(other.parts, self.shop.dataset.shape), self.abroad,
                         name == "abroad marked")

    def _fit(self, name: str, host: Network, samples: Samples, settings: Settings, mark: bool) -> nn.Module:
        if mark:
            return self.scheme(name).fit(self._key(name), host, samples, self.shop, name, settings)
        return self.shop.fit(host, samples, Training(name, settings))

    def _overwritten(self, name: str) -> nn.Module:
        """As many bits of somebody else's put into the same layer of a marked host (section 5.1)."""
        scheme = self.scheme(name)
        host = self["random" if name == "conv2 over" else f"{name.split()[0]} {BITS}"].host
        return scheme.fit(self.rival(name), copy.deepcopy(host), self.shop.samples, self.shop, name, self.again)

    def rival(self, name: str) -> Key:
        """Another X and b for the same layer."""
        return replace(self._key(name), seed=self.shop.draws.bytes("overwriting"))


def whole(shop: Workshop) -> Workshop:
    """The workshop without the task's limit, which other data sets would be cut to as well."""
    return replace(shop, task=replace(shop.task, limit=0))


def missing(shop: Workshop) -> str:
    """Why there is no other domain, where its images are not at hand."""
    try:
        whole(shop).load_dataset("caltech101")
    except ArenaError as error:
        return str(error).splitlines()[0]
    return ""


def a_class(parts: dict, shape: tuple[int, int, int]) -> Samples:  # type: ignore[type-arg]
    """Up to 30 of the training images of each class (section 4.1), in the shape that the host takes."""
    every = [parts[name] for name in ("train", "validation", "fine-tune")]
    images, labels = (torch.cat([getattr(part, what) for part in every]) for what in ("images", "labels"))
    index = torch.cat([(labels == label).nonzero()[:A_CLASS, 0] for label in labels.unique()])
    return fitted(Samples(images[index], labels[index]), shape)


def prepare(studio: Studio, item: tuple[int, str]) -> None:
    """(seed, name): makes a host for the store, and measures it."""
    mark = Hosts(studio, item[0])[item[1]]
    if not item[1].startswith("abroad"):
        mark.shop.accuracy(mark.host)
