"""Query modification (Namba and Sakuma 2019, section 4): queries that don't look like the task's are passed through an autoencoder first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import torch
from pydantic import Field

from arena.draws import borrowed
from arena.errors import ArenaError
from arena.hosts.autoencoder import Autoencoder as Network
from arena.hosts.autoencoder import divergence
from arena.hosts.datasets import Samples
from arena.hosts.training import portions, to_input
from arena.strategies import Attack
from arena.units import Share
from arena.workshop import Loot


@dataclass(frozen=True)
class Thresholds:
    """Above either, an image is taken for a key sample."""

    reconstruction: float
    divergence: float


@dataclass(frozen=True)
class Autoencoder(Attack):
    """detects key samples by reconstruction loss or Jensen-Shannon divergence and answers their reconstruction instead

    `quantile` of the thief's own images stay below each threshold (10-fold cross validation in the paper: `folds`); `always` modifies every query.
    """

    epochs: Annotated[int, Field(ge=1)] = 400
    folds: Annotated[int, Field(ge=2)] = 10
    quantile: Share = 0.95
    always: bool = False

    def modify_query(self, images: np.ndarray, loot: Loot) -> np.ndarray:
        network = self.network(loot)
        changed = reconstruct(network, images, loot)
        if self.always:
            return changed
        suspicious = self.detect(images, loot)["both"]
        return np.where(suspicious[:, None, None, None], changed, images)

    def detect(self, images: np.ndarray, loot: Loot) -> dict[str, np.ndarray]:
        """Which images, (N,) booleans, are taken for key samples: by `reconstruction`, by `divergence`, by `both` (either of them)."""
        bounds = self.thresholds(loot)
        loss, distance = self.scores(self.network(loot), images, loot)
        found = {"reconstruction": loss > bounds.reconstruction, "divergence": distance > bounds.divergence}
        return {**found, "both": found["reconstruction"] | found["divergence"]}

    def scores(self, network: torch.nn.Module, images: np.ndarray, loot: Loot) -> tuple[np.ndarray, np.ndarray]:
        """Squared reconstruction error (eq. 8) and divergence of the service's answers before and after (eq. 9), (N,) each."""
        if loot.model is None:
            raise ArenaError("query modification needs the model that answers: it comes with the attacker's stage")
        losses, distances = [], []
        with torch.no_grad():
            for part in portions(torch.from_numpy(np.array(images)), loot.workshop.device):
                x = to_input(part, loot.workshop.device)
                back = network.eval()(x)
                losses.append((x - back).square().sum((1, 2, 3)).cpu())
                distances.append(divergence(*(loot.model.eval()(each).float().softmax(1) for each in (x, back))).cpu())
        return torch.cat(losses).numpy(), torch.cat(distances).numpy()

    def network(self, loot: Loot, samples: Samples | None = None, fold: str = "all") -> torch.nn.Module:
        """The autoencoder trained on the thief's images (or on those of a fold); trained once."""
        if fold not in loot.memo:
            data = samples or loot.data
            with borrowed(loot.generator(f"autoencoder {fold}")):
                fresh = Network(data.images.shape[1])
            settings = replace(loot.workshop.task.settings, epochs=self.epochs, rate=1e-3, batch=100, optimizer="adam", schedule="constant",
                               weight_decay=0.0, shift=0, flip=False)
            loot.memo[fold] = loot.workshop.fit(fresh, data, settings, f"{loot.stage}: autoencoder {fold}", objective="images")
        return loot.memo[fold]

    def thresholds(self, loot: Loot) -> Thresholds:
        """By cross validation on the thief's images. ArenaError when he has fewer than folds."""
        if "thresholds" not in loot.memo:
            count = len(loot.data)
            if count < self.folds:
                raise ArenaError(f"{self.folds} folds of {count} images: the attacker has too few samples")
            order = torch.randperm(count, generator=loot.generator("folds"))
            losses, distances = [], []
            for number, out in enumerate(order.tensor_split(self.folds)):
                kept = torch.ones(count, dtype=torch.bool)
                kept[out] = False
                network = self.network(loot, loot.data.take(kept.nonzero()[:, 0]), f"fold {number}")
                loss, distance = self.scores(network, loot.data.images[out].numpy(), loot)
                losses.append(loss)
                distances.append(distance)
            loot.memo["thresholds"] = Thresholds(*(float(np.quantile(np.concatenate(each), self.quantile)) for each in (losses, distances)))
        return loot.memo["thresholds"]


@torch.no_grad()
def reconstruct(network: torch.nn.Module, images: np.ndarray, loot: Loot) -> np.ndarray:
    """What the autoencoder makes of uint8 images."""
    split = portions(torch.from_numpy(np.array(images)), loot.workshop.device)
    return torch.cat([network.eval()(to_input(part, loot.workshop.device)).mul(255).round().to(torch.uint8).cpu() for part in split]).numpy()
