"""How a Verifier asks so that nobody can tell him from a customer: his images come shuffled among ordinary ones, which no agent of the match holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from arena.workshop import Workshop


@dataclass(frozen=True)
class Question:
    """What is put to a service: images, uint8 (N, C, H, W), in a drawn order, and where each kind of them lies in it; `truth` is that of the ordinary ones,
    int64."""

    images: np.ndarray
    places: Mapping[str, np.ndarray]
    truth: np.ndarray

    def of(self, kind: str, labels: np.ndarray) -> np.ndarray:
        """The answers to the images of a kind, in their own order."""
        return labels[self.places[kind]]

    def ordinary(self, labels: np.ndarray) -> tuple[int, int]:
        """(right, asked) of the ordinary images."""
        return int((self.of("ordinary", labels) == self.truth).sum()), len(self.truth)


@dataclass
class Customers:
    """Ordinary images for each service, none of them twice: one that came before would be known as no key's."""

    used: dict[tuple[str, str], int] = field(default_factory=dict)

    def question(self, parts: Mapping[str, np.ndarray], service: tuple[str, str], shop: Workshop, purpose: str) -> Question:
        """The images of `parts` among as many ordinary ones as the scenario says, while they last."""
        images, truth = self._next(service, shop)
        kinds = {**parts, "ordinary": images}
        whole = np.concatenate(list(kinds.values()))
        order = shop.draws.numpy(f"order of {purpose}").permutation(len(whole))
        back = np.argsort(order)
        ends = np.cumsum([len(part) for part in kinds.values()])
        places = {kind: back[end - len(part) : end] for (kind, part), end in zip(kinds.items(), ends, strict=True)}
        return Question(whole[order], places, truth)

    def _next(self, service: tuple[str, str], shop: Workshop) -> tuple[np.ndarray, np.ndarray]:
        pool = shop.dataset.parts["customers"]
        order = shop.draws.numpy(f"customers of {service}").permutation(len(pool))
        start = self.used.get(service, 0)
        chosen = order[start : start + shop.customers]
        self.used[service] = start + len(chosen)
        return pool.images.numpy()[chosen], pool.labels.numpy()[chosen]
