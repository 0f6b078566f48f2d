"""How a Verifier asks so that nobody can tell him from a customer: his images come shuffled among ordinary ones, which
no agent of the match holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from arena.workshop.disclosure import dusted
from arena.workshop.workshop import Workshop

QUESTIONS = 8
"""Over so many questions to a service the ordinary images are spread, where they are few."""


@dataclass(frozen=True)
class Question:
    """What is put to a service: images, uint8 (N, C, H, W), in a drawn order, and where each kind of them lies in it;
    `truth` is that of the ordinary ones, int64."""

    images: np.ndarray
    places: Mapping[str, np.ndarray]
    truth: np.ndarray

    def of(self, kind: str, labels: np.ndarray) -> np.ndarray:
        """The answers to the images of a kind, in their own order."""
        return labels[self.places[kind]]

    def fits(self, labels: np.ndarray) -> bool:
        """Whether there is a label for each image."""
        return labels.shape == (len(self.images),)

    def shown(self, kind: str) -> np.ndarray:
        """The images of a kind, in their own order."""
        return self.images[self.places[kind]]

    def ordinary(self, labels: np.ndarray) -> tuple[int, int]:
        """(right, asked) of the ordinary images."""
        return int((self.of("ordinary", labels) == self.truth).sum()), len(self.truth)


@dataclass
class Customers:
    """Ordinary images for each service, none of them twice while they last: one that came before would be known as no
    key's. A small stock is spread over several questions; then it begins again, every image a grey level off here and
    there, so that it isn't known by its bytes."""

    used: dict[tuple[str, str], int] = field(default_factory=dict)

    def question(self, parts: Mapping[str, np.ndarray], service: tuple[str, str], shop: Workshop,
                 purpose: str) -> Question:
        """The images of `parts` among as many ordinary ones as the scenario says, or as the stock allows."""
        images, truth = self._next(service, shop)
        kinds = {**parts, "ordinary": images}
        whole = np.concatenate(list(kinds.values()))
        order = shop.draws.numpy(f"order of {purpose}").permutation(len(whole))
        back = np.argsort(order)
        ends = np.cumsum([len(part) for part in kinds.values()])
        places = {kind: back[end - len(part) : end] for (kind, part), end in zip(kinds.items(), ends, strict=True)}
        return Question(whole[order], places, truth)

    def _next(self, service: tuple[str, str], shop: Workshop) -> tuple[np.ndarray, np.ndarray]:
        pool, start = shop.dataset.parts["customers"], self.used.get(service, 0)
        count = min(shop.customers, max(1, len(pool) // QUESTIONS))
        order = shop.draws.numpy(f"customers of {service}").permutation(len(pool))
        chosen = order[np.arange(start, start + count) % len(pool)]
        self.used[service] = start + count
        images = pool.images.numpy()[chosen]
        return (images if start + count <= len(pool)
                else dusted(images, shop.draws.numpy(f"dust {start} of {service}")), pool.labels.numpy()[chosen])
