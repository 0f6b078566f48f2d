"""A well-formed claim, ready to be tested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from arena.game.rarity import Evidence

if TYPE_CHECKING:
    import numpy as np
    import torch

    from arena.game.evidence import Case, Work
    from arena.workshop.workshop import Workshop

class Examination:
    """A well-formed claim, ready to be tested: what to ask, how to score the answers, what forging it would cost."""

    commitment: str
    images: np.ndarray

    @property
    def white_box(self) -> bool:
        """Whether the mark is read from the weights, which the deployer must then disclose."""
        return False

    def score_weights(self, model: torch.nn.Module, reference: torch.nn.Module | None = None) -> Evidence:
        """White box: evidence from a model's weights; `reference` is the model that the claimant released, if he did. Raises Malformed when
        the model lacks what the key is about."""
        raise NotImplementedError

    @property
    def wants_controls(self) -> bool:
        """Whether answers are scored against what control models answer."""
        return False

    @property
    def parameters(self) -> Mapping[str, int]:
        """What the scheme left to the claimant and a policy may bound."""
        return {}

    @property
    def selectable(self) -> bool:
        """Whether the evidence may have been looked for: images chosen until they are answered as claimed (Verifier's floor of work)."""
        return False

    def score(self, labels: np.ndarray, consensus: np.ndarray | None = None) -> Evidence:
        """Evidence from the service's answers, int64 (N,); where `wants_controls`, against what control models answer."""
        raise NotImplementedError

    def score_copy(self, model: torch.nn.Module, workshop: Workshop) -> Evidence:
        """Evidence from a model at hand: from its weights in the white box, else from its answers."""
        return self.score_weights(model) if self.white_box else self.score(workshop.predict(model, self.images))

    def forging_cost(self, evidence: Evidence, case: Case) -> Work:
        """What forging this evidence takes, in bits of work: by the cheapest forger known for its level, and by the paper's formula."""
        raise NotImplementedError


class WhiteBoxExamination(Examination):
    """A well-formed claim of a mark in the weights: nothing to ask the service but spot checks."""

    @property
    def white_box(self) -> bool:
        return True
