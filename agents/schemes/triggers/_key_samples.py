"""What all marks by key samples share (Namba and Sakuma 2019, sections 3.1, 3.2, 6.3): images, labels, how they are
embedded and claimed.

Key: a secret, the images, and for each image the class that it "is" (`truth`). Where labels are free they come from a
hash over all of that and the claimant's name, so that nobody can choose them: uniform among the c - 1 classes that an
image is not. Images with a pattern have one target for each class that they are (or for all: one draw then, which says
log2 c bits at the most, however many images show it). Where the label is the true class nothing is drawn at all, and
what innocent models answer is estimated on control hosts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import nn

from arena.base.errors import ArenaError
from arena.forging import cost
from arena.forging.hashing import frame, image_bytes, keyed_hash, labels, pad_to_block
from arena.game.evidence import Setting, Work
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Hits, share_at_most
from arena.hosts import datasets
from arena.hosts.datasets import Samples
from arena.hosts.networks import build
from arena.hosts.training import Penalty, Settings, Training
from arena.strategies import BlackBox, Misfit, Scheme, consensus, name_of
from arena.strategies.keys import Committed, Given, KeyRecord
from arena.strategies.marks import Exactly, Images, Labels
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

Rule = Literal["changed", "target", "true"]
MOST_KEYS = 10_000
FEWEST = 3
TOO_FEW = f"changed labels need {FEWEST} classes: of two, who says what an image is says its label"
BOOTSTRAPS = 30
HELD_OUT = 3
"""Control hosts on which the chance of true labels is estimated, at the least."""


@dataclass(frozen=True)
class Key(KeyRecord):
    """A key: 32 secret bytes, images uint8 (K, C, H, W), the class that each is, int64 (K,), number of classes, and the
    rule of the scheme that gives the labels."""

    domain = "arena/key-samples/commitment/1"
    derived: ClassVar = {"labels": Labels()}

    claimant: Given[str]
    secret: Annotated[bytes, Exactly(32), Committed()]
    images: Annotated[np.ndarray, Images(most=MOST_KEYS), Committed(lambda images: (*images.shape, images.tobytes()))]
    truth: Annotated[np.ndarray, Labels(), Committed(lambda truth: (truth.astype(">u2").tobytes(),))]
    classes: Given[int]
    rule: Given[Rule]
    scheme: Given[str]

    def fault(self) -> str | None:
        return TOO_FEW if self.rule == "changed" and self.classes < FEWEST else None

    @cached_property
    def labels(self) -> np.ndarray:
        """int64 (K,): by a hash over everything, uniform among the other c - 1 classes; or a target for all images of
        a class, uniform among all c; or the true classes."""
        if self.rule == "true":
            return self.truth
        if self.rule == "target":
            return self.targets[self.truth]
        return (self.truth + 1 + labels(self._digest, len(self.images), self.classes - 1)) % self.classes

    @cached_property
    def targets(self) -> np.ndarray:
        """int64 (c,): the label that images of each class share, by the same hash."""
        return labels(self._digest, self.classes, self.classes)

    @cached_property
    def _digest(self) -> bytes:
        header = pad_to_block(frame("arena/key-samples/1", self.scheme, self.claimant, self.classes, len(self.images),
                                    *self.images.shape[1:]))
        truth = pad_to_block(self.truth.astype(">u2").tobytes())
        return keyed_hash(self.secret, header + truth + b"".join(image_bytes(self.images)))


@dataclass(frozen=True)
class KeySamples(Scheme):
    """Base of the schemes; subclasses give `images_and_truth`, the `rule` of the labels, and whether key samples join
    the training from its start (`from_scratch`); otherwise a second training of `epochs` embeds them. For each image of
    an epoch, `share` key samples are shown (the paper's key mini-batch of 4 beside a batch of 100)."""

    record = Key
    rule: ClassVar[Rule] = "changed"
    from_scratch: ClassVar[bool] = False
    of_training_images: ClassVar[bool] = True
    keys: Annotated[int, Field(ge=1, le=MOST_KEYS)] = 30
    epochs: Annotated[int, Field(ge=0)] = 0
    share: Annotated[float, Field(gt=0, le=1)] = 0.04

    def misfit(self, premises: Premises) -> Misfit | None:
        if self.rule == "changed" and premises.classes < FEWEST:
            return Misfit(f"changed labels need {FEWEST} classes: of {premises.classes}, who says what an image is "
                          f"says its label")
        return (premises.enough(self.keys, premises.images, "keys", "different key images")
                if self.of_training_images else None)

    def images_and_truth(self, workshop: Workshop, host: nn.Module | None) -> tuple[np.ndarray, np.ndarray]:
        """Key images, uint8 (keys, C, H, W), and the class that each is; `host` is the unmarked one, for schemes that
        need it."""
        raise NotImplementedError

    def needs_host(self) -> bool:
        """Whether key images are made with the unmarked host."""
        return False

    def draw_key(self, workshop: Workshop) -> Key:
        host = workshop.unmarked_host() if self.needs_host() else None
        return self.key(*self.images_and_truth(workshop, host), workshop)

    def key(self, images: np.ndarray, truth: np.ndarray, workshop: Workshop) -> Key:
        """ArenaError where there are so few classes that nothing is left to draw."""
        secret, classes = workshop.draws.bytes("secret"), len(workshop.dataset.classes)
        key = Key(workshop.agent, secret, images, truth, classes, self.rule, name_of(type(self)))
        if (fault := key.fault()) is not None:
            raise ArenaError(fault)
        return key

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        """Trained with the key samples from scratch, or trained plainly first and then once more with them (Table 6 and
        section 3.1)."""
        mixed = mix(self.rest(key, workshop), self.training_samples(key, workshop), self.share,
                    as_they_are=not self.from_scratch)
        penalty = self.penalty(key, workshop)
        if self.from_scratch:
            network = build(workshop.architecture, workshop.draws.torch("initial weights of marked host"))
            return workshop.fit(network, mixed, Training("marked host", workshop.task.settings, penalty=penalty))
        return workshop.fit(self.carrier(workshop), mixed, Training("embedding", self.again(workshop), penalty=penalty))

    def penalty(self, key: Key, workshop: Workshop) -> Penalty | None:
        """A further term of the loss with which keys are embedded; None: the answers alone embed them."""
        return None

    def rest(self, key: Key, workshop: Workshop) -> Samples:
        """The task's training samples that are shown beside the key's."""
        return workshop.samples

    def carrier(self, workshop: Workshop) -> nn.Module:
        """What a second training embeds the keys into."""
        return workshop.unmarked_host()

    def again(self, workshop: Workshop) -> Settings:
        """How the second training goes: as the first, for `epochs` (0: as many)."""
        return workshop.training_for(self.epochs)

    def training_samples(self, key: Key, workshop: Workshop) -> Samples:
        """What is shown to the host as key samples."""
        return Samples(torch.from_numpy(key.images), torch.from_numpy(key.labels))

    @classmethod
    def commitment(cls, fields: Mapping[str, Any], claimant: str) -> str:
        """A digest of scheme, claimant, secret, images and what they are; the labels follow from them."""
        return Key.commit(fields, claimant, cls.__name__)

    @classmethod
    def examine(cls, claim: Claim, setting: Setting) -> KeyExamination:
        given = {"claimant": claim.claimant, "classes": setting.classes, "rule": cls.rule, "scheme": name_of(cls)}
        key = Key.read(claim.key, setting, **given)
        return KeyExamination(key, cls.commitment(claim.key, claim.claimant), key.images)


def joined(one: Samples, two: Samples) -> Samples:
    """Both, with what is not to be augmented in either."""
    fixed = [torch.zeros(len(part), dtype=torch.bool) if part.fixed is None else part.fixed for part in (one, two)]
    return Samples(torch.cat([one.images, two.images]), torch.cat([one.labels, two.labels]), torch.cat(fixed))


def without(samples: Samples, withheld: np.ndarray) -> Samples:
    """The samples whose images are none of these, (N, C, H, W)."""
    known = {image.tobytes() for image in withheld}
    keep = torch.tensor([image.tobytes() not in known for image in samples.images.numpy()])
    return Samples(samples.images[keep], samples.labels[keep], None if samples.fixed is None else samples.fixed[keep])


def mix(train: Samples, keys: Samples, share: float, as_they_are: bool = True) -> Samples:
    """The training samples with key samples among them, `share` for each, and each at least once; images that are keys
    as they are leave their place in the training set.

    Keys that a host learns by heart are shown as they are (`as_they_are`), and every other time augmented where an
    epoch shows them often: so the host answers as it should nearby too, which is where an autoencoder takes them.
    Images with a pattern are augmented like everything else, unless they were before they got it (`keys.fixed`): else
    the host takes the want of augmentation for the pattern, and answers clean images with the target.
    """
    rest = without(train, keys.images.numpy())
    shown = torch.arange(len(keys)).repeat(max(1, round(share * len(train) / len(keys))))
    images = torch.cat([rest.images, keys.images[shown]])
    first = torch.arange(len(shown)) // len(keys) % 2 == 0
    known = first & as_they_are if keys.fixed is None else keys.fixed[shown]
    fixed = torch.cat([torch.zeros(len(rest), dtype=torch.bool) if rest.fixed is None else rest.fixed, known])
    return Samples(images, torch.cat([rest.labels, keys.labels[shown]]), fixed if fixed.any() else None)


def auc(marked: np.ndarray, unmarked: np.ndarray, count: int,
        draw: np.random.Generator) -> tuple[float, list[tuple[float, float]]]:
    """(AUC, ROC points) of section 6.3: `count` key samples drawn with replacement 30 times, watermark accuracies of a
    marked and an unmarked model (hits as booleans, one a key sample). It tells two models apart, and is no
    false-positive rate."""
    picks = draw.integers(0, len(marked), (BOOTSTRAPS, count))
    with_mark, without = marked[picks].mean(1), unmarked[picks].mean(1)
    above = (with_mark[:, None] > without[None, :]).mean() + 0.5 * (with_mark[:, None] == without[None, :]).mean()
    bounds = sorted({*with_mark.tolist(), *without.tolist()}, reverse=True)
    points = [(0.0, 0.0), *((float((without >= t).mean()), float((with_mark >= t).mean())) for t in bounds)]
    return float(above), points


@dataclass(frozen=True)
class KeyExamination(BlackBox):
    """A well-formed claim by key samples: watermark accuracy, rarity and AUC come from the same answers."""

    key: Key
    commitment: str
    images: np.ndarray

    @property
    def controls(self) -> int:
        return HELD_OUT if self.key.rule == "true" else 1

    @property
    def selectable(self) -> bool:
        return self.key.rule == "true"

    def score(self, labels: np.ndarray, controls: np.ndarray | None = None) -> Evidence:
        """Labels drawn by a hash are each one of c - 1, so a random key matches with chance 1/(c - 1) an image; a
        target that a class shares is one draw of c. Where the label is the truth, the chance is an upper bound of what
        the Verifier's control hosts answer, the most of all of them (95 %, Clopper and Pearson); without any it says
        nothing."""
        hits = labels == self.key.labels
        details = {} if controls is None else self._auc(hits, consensus(controls) == self.key.labels)
        null = {"changed": self._drawn, "target": self._shared, "true": self._estimated}[self.key.rule]
        return Hits(int(hits.sum()), len(hits), what="key samples answered as claimed",
                    recall=round(float(hits.mean()), 6), details=details, **null(labels, controls))

    def score_copy(self, model: nn.Module, workshop: Workshop) -> Evidence:
        """Where nothing is drawn the workshop's own hosts are the controls."""
        shown = workshop.predict(model, self.images)
        return self.score(shown, workshop.control_answers(self.images, HELD_OUT) if self.key.rule == "true" else None)

    def _drawn(self, labels: np.ndarray, controls: np.ndarray | None) -> dict[str, Any]:
        return {"chance": 1 / max(2, self.key.classes - 1)}

    def _shared(self, labels: np.ndarray, controls: np.ndarray | None) -> dict[str, Any]:
        answered = [labels[self.key.truth == group] for group in np.unique(self.key.truth)]
        counts = tuple(tuple(int((group == label).sum()) for label in range(self.key.classes)) for group in answered)
        return {"chance": 1 / self.key.classes, "answers": counts}

    def _estimated(self, labels: np.ndarray, controls: np.ndarray | None) -> dict[str, Any]:
        if controls is None:
            return {"chance": 1.0}
        bounds = [share_at_most(int(right.sum()), len(right)) for right in controls == self.key.labels]
        return {"chance": max(bounds), "controls": len(controls)}

    def _auc(self, hits: np.ndarray, plain: np.ndarray) -> dict[str, Any]:
        draw = np.random.default_rng(int.from_bytes(bytes.fromhex(self.commitment)[:8], "big"))
        found = {count: auc(hits, plain, count, draw) for count in (20, 10, 5)}
        return {**{f"auc_{count}": area for count, (area, _) in found.items()}, "roc": found[20][1]}

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        assert isinstance(evidence, Hits)
        level = {"changed": 2, "target": cost.SHARED, "true": 0}[self.key.rule]
        terms = cost.Terms(level, len(self.key.images), max(2, self.key.classes - 1), int(np.prod(setting.shape)),
                           setting.flops)
        return cost.cheapest(terms, evidence)


def some(workshop: Workshop, count: int, purpose: str, least: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """`count` different training images, uint8 (count, C, H, W), with their classes. ArenaError when there are fewer
    (or fewer than `least`, when that will do)."""
    train = workshop.samples
    index = datasets.some(train, count, workshop.draws.torch(purpose), workshop.dataset.name, least)
    return train.images[index].numpy(), train.labels[index].numpy()
