"""A well-formed claim, ready to be tested: by what the service answers (`BlackBox`) or by its weights (`WhiteBox`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from arena.game.rarity import Evidence

if TYPE_CHECKING:
    import torch

    from arena.game.evidence import Setting, Work
    from arena.workshop.workshop import Workshop


class Examination:
    """What both have in common. `commitment` is the hex digest that fixed the key, if anything did."""

    commitment: str

    @property
    def parameters(self) -> Mapping[str, int]:
        """What the scheme left to the claimant and a policy may bound."""
        return {}

    @property
    def selectable(self) -> bool:
        """Whether the evidence may have been looked for: images chosen until they are answered as claimed (the
        Verifier's floor of work)."""
        return False

    def score_copy(self, model: torch.nn.Module, workshop: Workshop) -> Evidence:
        """Evidence from a model at hand, as its owner or a forger sees it."""
        raise NotImplementedError

    def forging_cost(self, evidence: Evidence, setting: Setting) -> Work:
        """What forging this evidence takes, in bits of work: by the cheapest forger known for its level, and by the
        paper's formula."""
        raise NotImplementedError


class BlackBox(Examination):
    """The evidence is what a service answers to `images`, uint8 (N, C, H, W)."""

    images: np.ndarray

    @property
    def controls(self) -> int:
        """On how many of the Verifier's own control hosts answers are weighed, at the least (0: on none)."""
        return 0

    def score(self, labels: np.ndarray, controls: np.ndarray | None = None) -> Evidence:
        """Evidence from answers, int64 (N,), against what control hosts answer, int64 (hosts, N), where `controls` asks
        for some."""
        raise NotImplementedError

    def score_copy(self, model: torch.nn.Module, workshop: Workshop) -> Evidence:
        return self.score(workshop.predict(model, self.images))


def consensus(controls: np.ndarray) -> np.ndarray:
    """What most control hosts answer, int64 (N,), of int64 (hosts, N); the lowest class of several."""
    return np.array([np.bincount(column).argmax() for column in controls.T])


class WhiteBox(Examination):
    """The evidence is in a model's weights, which the deployer must disclose: nothing to ask the service but spot
    checks."""

    def score(self, model: torch.nn.Module, reference: torch.nn.Module | None = None) -> Evidence:
        """Evidence from a model's weights; `reference` is the model that the claimant released, if he did. Where the
        two are one network, the Verifier has put the model's channels where the reference has them, and to its size.
        Raises Malformed when the model lacks what the key is about."""
        raise NotImplementedError

    def score_copy(self, model: torch.nn.Module, workshop: Workshop) -> Evidence:
        return self.score(model)
