"""Query modification (Namba and Sakuma 2019, section 4): queries that don't look like the task's are passed through an
autoencoder first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import torch
from pydantic import Field

from arena.base.draws import borrowed
from arena.base.errors import ArenaError
from arena.base.units import Share
from arena.hosts.datasets import Samples
from arena.hosts.networks import autoencoder
from arena.hosts.training import Training, portions, to_input
from arena.strategies import PICTURES, QUERIES, Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class Thresholds:
    """Above either, an image is taken for a key sample."""

    reconstruction: float
    divergence: float


@dataclass(frozen=True)
class Autoencoder(Attack):
    """detects key samples by reconstruction loss or Jensen-Shannon divergence and answers their reconstruction instead

    `quantile` of the thief's own images stay below each threshold (10-fold cross validation in the paper: `folds`);
    `always` modifies every query. Trained by Adam, as Table 5 says; a thief with few images or little time does better
    with small batches and a one-cycle schedule of a higher rate.
    """

    changes = QUERIES
    needs = frozenset({PICTURES})
    own_network = True  # what it trains is no host

    epochs: Annotated[int, Field(ge=1)] = 400
    batch: Annotated[int, Field(ge=1)] = 100
    rate: Annotated[float, Field(gt=0)] = 1e-3
    schedule: Literal["constant", "one-cycle"] = "constant"
    folds: Annotated[int, Field(ge=2)] = 10
    quantile: Share = 0.95
    always: bool = False

    def misfit(self, premises: Premises) -> Misfit | None:
        """There are thresholds to find by cross validation, unless every query is modified."""
        return (super().misfit(premises)
                or (None if self.always else premises.enough(self.folds, premises.stolen_samples, "folds",
                                                             "samples of a thief")))

    def modify_query(self, images: np.ndarray, loot: Loot) -> np.ndarray:
        if self.always:
            return np.concatenate([to_pixels(back) for _, back in passed(self.network(loot), images, loot)])
        suspicious, changed = self.examine(images, loot)
        return swapped(images, changed, suspicious["both"])

    def detect(self, images: np.ndarray, loot: Loot) -> dict[str, np.ndarray]:
        """Which images, (N,) booleans, are taken for key samples: by `reconstruction`, by `divergence`, by `both`
        (either of them)."""
        return self.examine(images, loot)[0]

    def examine(self, images: np.ndarray, loot: Loot) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """(what `detect` finds, the images' reconstructions), in one pass."""
        bounds = self.thresholds(loot)
        loss, distance, changed = scores(self.network(loot), images, loot)
        found = {"reconstruction": loss > bounds.reconstruction, "divergence": distance > bounds.divergence}
        return {**found, "both": found["reconstruction"] | found["divergence"]}, changed

    def network(self, loot: Loot, samples: Samples | None = None, fold: str = "all") -> torch.nn.Module:
        """The autoencoder trained on the thief's images (or on those of a fold); trained once."""
        if fold not in loot.memo:
            data = samples or loot.data
            with borrowed(loot.generator(f"autoencoder {fold}")):
                fresh = autoencoder.Autoencoder(data.images.shape[1])
            settings = replace(loot.workshop.task.settings, epochs=self.epochs, rate=self.rate, batch=self.batch,
                               schedule=self.schedule,
                               optimizer="adam", weight_decay=0.0, shift=0, flip=False)
            how = Training(f"{loot.stage}: autoencoder {fold}", settings, objective="images")
            loot.memo[fold] = loot.workshop.fit(fresh, data, how)
        return loot.memo[fold]

    def fold(self, number: int, loot: Loot) -> tuple[torch.nn.Module, torch.Tensor]:
        """The autoencoder trained without the images of a fold, and which those are, int64. ArenaError when the thief
        has fewer images than folds."""
        count = len(loot.data)
        if count < self.folds:
            raise ArenaError(f"{self.folds} folds of {count} images: the attacker has too few samples")
        out = torch.randperm(count, generator=loot.generator("folds")).tensor_split(self.folds)[number]
        kept = torch.ones(count, dtype=torch.bool)
        kept[out] = False
        return self.network(loot, loot.data.take(kept.nonzero()[:, 0]), f"fold {number}"), out

    def thresholds(self, loot: Loot) -> Thresholds:
        """By cross validation on the thief's images."""
        if "thresholds" not in loot.memo:
            losses, distances = [], []
            for number in range(self.folds):
                network, out = self.fold(number, loot)
                loss, distance, _ = scores(network, loot.data.images[out].numpy(), loot)
                losses.append(loss)
                distances.append(distance)
            loot.memo["thresholds"] = Thresholds(*(float(np.quantile(np.concatenate(each), self.quantile))
                                                   for each in (losses, distances)))
        return loot.memo["thresholds"]


@torch.no_grad()
def passed(network: torch.nn.Module, images: np.ndarray, loot: Loot) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Portions of uint8 images as a network's input, and what the autoencoder makes of each."""
    for part in portions(torch.from_numpy(np.array(images)), loot.workshop.device):
        x = to_input(part, loot.workshop.device)
        yield x, network.eval()(x)


def swapped(images: np.ndarray, changed: np.ndarray, suspicious: np.ndarray) -> np.ndarray:
    """The images, those that are suspicious (N,) changed."""
    return np.where(suspicious[:, None, None, None], changed, images)


def to_pixels(images: torch.Tensor) -> np.ndarray:
    """Images in 0..1 as uint8."""
    return images.mul(255).round().to(torch.uint8).cpu().numpy()


@torch.no_grad()
def scores(network: torch.nn.Module, images: np.ndarray, loot: Loot) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Squared reconstruction error (eq. 8) and divergence of the service's answers before and after (eq. 9), (N,) each,
    and the reconstructions as uint8 images. ArenaError without the model that answers."""
    if loot.model is None:
        raise ArenaError("query modification needs the model that answers: it comes with the attacker's stage")
    model, found = loot.model.eval(), []
    for x, back in passed(network, images, loot):
        answers = [model(each).float().softmax(1) for each in (x, back)]
        loss, distance = (x - back).square().sum((1, 2, 3)), autoencoder.divergence(*answers)
        found.append((loss.cpu().numpy(), distance.cpu().numpy(), to_pixels(back)))
    losses, distances, changed = (np.concatenate(each) for each in zip(*found, strict=True))
    return losses, distances, changed
