"""What all marks by key samples share (Namba and Sakuma 2019, sections 3.1, 3.2, 6.3): images, labels, how they are embedded and claimed.

Key: a secret, the images, and for each image the class that it "is" (`truth`). Where labels are free they come from a hash over all of that and
the claimant's name, so that nobody can choose them: uniform among the c - 1 classes that an image is not. Schemes whose labels follow a rule of
their own (one target class; the true class) say so, and their claims cost no more to forge than to look for images that are answered so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import nn

from arena.base.errors import ArenaError, Malformed
from arena.forging import cost
from arena.forging.hashing import frame, image_bytes, keyed_hash, labels, pad_to_block, sha256
from arena.game.evidence import Case, Work
from arena.game.messages import Claim
from arena.game.rarity import Evidence, Matches
from arena.hosts.datasets import Samples, different
from arena.hosts.networks import build
from arena.strategies import Examination, Misfit, Scheme, name_of
from arena.workshop.workshop import Workshop

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

Rule = Literal["changed", "target", "true"]
FIELDS = frozenset({"secret", "images", "truth", "labels"})
MOST_KEYS = 10_000
FEWEST = 3
BOOTSTRAPS = 30


@dataclass(frozen=True)
class Key:
    """A key: 32 secret bytes, images uint8 (K, C, H, W), the class each image is, the rule that gives labels, number of classes."""

    claimant: str
    secret: bytes
    images: np.ndarray
    truth: np.ndarray
    classes: int
    rule: Rule
    scheme: str

    @cached_property
    def labels(self) -> np.ndarray:
        """int64 (K,): by a hash over everything, uniform among the other c - 1 classes; or one target class for all; or the true classes."""
        if self.rule == "true":
            return self.truth
        header = pad_to_block(frame("arena/key-samples/1", self.scheme, self.claimant, self.classes, len(self.images), *self.images.shape[1:]))
        truth = pad_to_block(self.truth.astype(">u2").tobytes())
        digest = keyed_hash(self.secret, header + truth + b"".join(image_bytes(self.images)))
        if self.rule == "target":
            return np.repeat(labels(digest, 1, self.classes), len(self.images))
        return (self.truth + 1 + labels(digest, len(self.images), self.classes - 1)) % self.classes

    def fields(self) -> dict[str, Any]:
        """The key as a Claim carries it."""
        return {"secret": self.secret, "images": self.images, "truth": self.truth, "labels": self.labels}


@dataclass(frozen=True)
class KeySamples(Scheme):
    """Base of the schemes; subclasses give `images_and_truth`, the `rule` of the labels, and whether key samples join the training from its start
    (`from_scratch`); otherwise a second training of `epochs` embeds them. For each image of an epoch, `share` key samples are shown (the paper's
    key mini-batch of 4 beside a batch of 100)."""

    rule: ClassVar[Rule] = "changed"
    from_scratch: ClassVar[bool] = False
    of_training_images: ClassVar[bool] = True
    keys: Annotated[int, Field(ge=1, le=MOST_KEYS)] = 30
    epochs: Annotated[int, Field(ge=0)] = 0
    share: Annotated[float, Field(gt=0, le=1)] = 0.04

    def misfit(self, premises: Premises) -> Misfit | None:
        if self.rule == "changed" and premises.classes < FEWEST:
            return Misfit(f"changed labels need {FEWEST} classes: of {premises.classes}, who says what an image is says its label")
        return premises.enough(self.keys, premises.images, "keys", "different key images") if self.of_training_images else None

    def images_and_truth(self, workshop: Workshop, host: nn.Module | None) -> tuple[np.ndarray, np.ndarray]:
        """Key images, uint8 (keys, C, H, W), and the class that each is; `host` is the unmarked one, for schemes that need it."""
        raise NotImplementedError

    def needs_host(self) -> bool:
        """Whether key images are made with the unmarked host."""
        return False

    def draw_key(self, workshop: Workshop) -> Key:
        host = self.plain(workshop) if self.needs_host() else None
        return self.key(*self.images_and_truth(workshop, host), workshop)

    def key(self, images: np.ndarray, truth: np.ndarray, workshop: Workshop) -> Key:
        """ArenaError where there are so few classes that nothing is left to draw."""
        if self.rule == "changed" and len(workshop.dataset.classes) < FEWEST:
            raise ArenaError(f"changed labels need {FEWEST} classes: of two, who says what an image is says its label")
        return Key(workshop.agent, workshop.draws.bytes("secret"), images, truth, len(workshop.dataset.classes), self.rule, name_of(type(self)))

    def plain(self, workshop: Workshop) -> nn.Module:
        """The same host without a mark."""
        return workshop.host(workshop.samples, "unmarked host")

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        """Trained with the key samples from scratch, or trained plainly first and then once more with them (Table 6 and section 3.1)."""
        mixed = mix(self.rest(key, workshop), self.training_samples(key, workshop), self.share, as_they_are=not self.from_scratch)
        if self.from_scratch:
            network = build(workshop.spec, workshop.draws.torch("initial weights of marked host"))
            return workshop.fit(network, mixed, workshop.task.settings, "marked host")
        return workshop.fit(self.carrier(workshop), mixed, self.again(workshop), "embedding")

    def rest(self, key: Key, workshop: Workshop) -> Samples:
        """The task's training samples that are shown beside the key's."""
        return workshop.samples

    def carrier(self, workshop: Workshop) -> nn.Module:
        """What a second training embeds the keys into."""
        return self.plain(workshop)

    def again(self, workshop: Workshop) -> Any:
        """How the second training goes: as the first, for `epochs` (0: as many)."""
        return replace(workshop.task.settings, epochs=self.epochs or workshop.task.settings.epochs)

    def training_samples(self, key: Key, workshop: Workshop) -> Samples:
        """What is shown to the host as key samples."""
        return Samples(torch.from_numpy(key.images), torch.from_numpy(key.labels))

    def open_key(self, key: Key) -> dict[str, Any]:
        return key.fields()

    @classmethod
    def commitment(cls, fields: Mapping[str, Any], claimant: str) -> str:
        """A digest of claimant, secret, images and what they are; the labels follow from them."""
        images = np.ascontiguousarray(fields["images"])
        return sha256(frame("arena/key-samples/commitment/1", cls.__name__, claimant, fields["secret"], *images.shape, images.tobytes(),
                            np.asarray(fields["truth"]).astype(">u2").tobytes())).hex()

    @classmethod
    def examine(cls, claim: Claim, case: Case) -> Examination:
        fields = claim.key
        _check(fields, case)
        if cls.rule == "changed" and case.classes < FEWEST:
            raise Malformed(f"changed labels need {FEWEST} classes")
        key = Key(claim.claimant, fields["secret"], fields["images"], fields["truth"], case.classes, cls.rule, name_of(cls))
        if not np.array_equal(fields["labels"], key.labels):
            raise Malformed("the labels are not those that the key gives for this claimant")
        return KeyExamination(key, cls.commitment(fields, claim.claimant), fields["images"])


def joined(one: Samples, two: Samples) -> Samples:
    """Both, with what is not to be augmented in either."""
    fixed = [torch.zeros(len(part), dtype=torch.bool) if part.fixed is None else part.fixed for part in (one, two)]
    return Samples(torch.cat([one.images, two.images]), torch.cat([one.labels, two.labels]), torch.cat(fixed))


def mix(train: Samples, keys: Samples, share: float, as_they_are: bool = True) -> Samples:
    """The training samples with key samples among them, `share` for each, and each at least once; images that are keys as they are leave their place in
    the training set.

    Keys that a host learns by heart are shown as they are (`as_they_are`), and every other time augmented where an epoch shows them often: so the host
    answers as it should nearby too, which is where an autoencoder takes them. Images with a pattern are augmented like everything else, unless they
    were before they got it (`keys.fixed`): else the host takes the want of augmentation for the pattern, and answers clean images with the target.
    """
    own = {image.tobytes() for image in keys.images.numpy()}
    keep = torch.tensor([image.tobytes() not in own for image in train.images.numpy()])
    shown = torch.arange(len(keys)).repeat(max(1, round(share * len(train) / len(keys))))
    images = torch.cat([train.images[keep], keys.images[shown]])
    first = torch.arange(len(shown)) // len(keys) % 2 == 0
    known = first & as_they_are if keys.fixed is None else keys.fixed[shown]
    fixed = torch.cat([(torch.zeros(len(train), dtype=torch.bool) if train.fixed is None else train.fixed)[keep], known])
    return Samples(images, torch.cat([train.labels[keep], keys.labels[shown]]), fixed if fixed.any() else None)


def auc(marked: np.ndarray, unmarked: np.ndarray, count: int, draw: np.random.Generator) -> tuple[float, list[tuple[float, float]]]:
    """(AUC, ROC points) of section 6.3: `count` key samples drawn with replacement 30 times, watermark accuracies of a marked and an unmarked model
    (hits as booleans, one a key sample). It tells two models apart, and is no false-positive rate."""
    picks = draw.integers(0, len(marked), (BOOTSTRAPS, count))
    with_mark, without = marked[picks].mean(1), unmarked[picks].mean(1)
    above = (with_mark[:, None] > without[None, :]).mean() + 0.5 * (with_mark[:, None] == without[None, :]).mean()
    bounds = sorted({*with_mark.tolist(), *without.tolist()}, reverse=True)
    points = [(0.0, 0.0), *((float((without >= t).mean()), float((with_mark >= t).mean())) for t in bounds)]
    return float(above), points


@dataclass(frozen=True)
class KeyExamination(Examination):
    """A well-formed claim by key samples: watermark accuracy, rarity and AUC come from the same answers."""

    key: Key
    commitment: str
    images: np.ndarray

    @property
    def wants_controls(self) -> bool:
        return True

    @property
    def selectable(self) -> bool:
        return self.key.rule != "changed"

    @property
    def chance(self) -> float:
        return 1 / max(2, self.key.classes - 1)

    def score(self, labels: np.ndarray, consensus: np.ndarray | None = None) -> Evidence:
        """Labels drawn by a hash are each one of c - 1, so a random key matches with chance 1/(c - 1) an image. Where labels follow a rule instead, only
        those that surprise the Verifier's control hosts count (what every accurate model answers proves nothing), and the same tail then supposes that
        an innocent model's answers to the key's images have nothing to do with each other. To alike images they may: see what such a key costs."""
        hits = labels == self.key.labels
        extra: dict[str, Any] = {"watermark accuracy": round(float(hits.mean()), 6)}
        counted = np.ones(len(hits), bool)
        if consensus is not None:
            plain = consensus == self.key.labels
            draw = np.random.default_rng(int.from_bytes(bytes.fromhex(self.commitment)[:8], "big"))
            for count in (20, 10, 5):
                extra[f"auc {count}"], roc = auc(hits, plain, count, draw)
                if count == 20:
                    extra["roc"] = roc
            if self.key.rule != "changed":
                counted = ~plain
        return Matches(int(hits[counted].sum()), int(counted.sum()), self.chance, "key samples answered as claimed", extra=extra)

    def forging_cost(self, evidence: Evidence, case: Case) -> Work:
        assert isinstance(evidence, Matches)
        level = 2 if self.key.rule == "changed" else 0
        terms = cost.Terms(level, len(self.key.images), max(2, self.key.classes - 1), int(np.prod(case.shape)), case.flops)
        return cost.cheapest(terms, evidence)


def _check(fields: Mapping[str, Any], case: Case) -> None:
    if set(fields) != FIELDS:
        raise Malformed(f"a key has the fields {', '.join(sorted(FIELDS))}; this one has {', '.join(sorted(fields)) or 'none'}")
    images = fields["images"]
    if not isinstance(fields["secret"], bytes) or len(fields["secret"]) != 32:
        raise Malformed("the secret must be 32 bytes")
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != tuple(case.shape):
        raise Malformed(f"key images must be uint8 (K, {', '.join(map(str, case.shape))})")
    count = len(images)
    if not 1 <= count <= MOST_KEYS or len(set(image_bytes(images))) < count:
        raise Malformed(f"1 to {MOST_KEYS} different key images are wanted")
    for name in ("truth", "labels"):
        values = fields[name]
        if not isinstance(values, np.ndarray) or values.dtype != np.int64 or values.shape != (count,) or values.min() < 0 or values.max() >= case.classes:
            raise Malformed(f"{name} must be {count} int64 numbers from 0 to {case.classes - 1}")


def some(workshop: Workshop, count: int, purpose: str, without: int | None = None, least: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """`count` different training images, uint8 (count, C, H, W), with their classes; none of class `without`. ArenaError when there are fewer (or fewer
    than `least`, when that will do)."""
    train = workshop.samples
    order = torch.randperm(len(train), generator=workshop.draws.torch(purpose))
    if without is not None:
        order = order[train.labels[order] != without]
    index = different(train.images.numpy(), order.tolist(), count)
    if len(index) < (count if least is None else least):
        raise ArenaError(f"{count} different key images are wanted, but {workshop.dataset.name} has {len(index)} for them")
    return train.images[index].numpy(), train.labels[index].numpy()
