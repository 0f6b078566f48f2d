"""Perturbed answers: at a rate the service says another class than its model does. It spoils a key's answers at the
price of as many customers'.

Whether and what follows from the image and the thief's draws: one question is always answered alike, so nobody averages
the noise away (as DAWN keeps its own wrong answers; Szyller et al. 2021, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.attacks.service._drawn import draws_of
from arena.base.units import Share
from arena.strategies import ANSWERS, Attack
from arena.workshop.loot import Loot


@dataclass(frozen=True)
class Perturb(Attack):
    """answers a share `rate` of all questions with another class, drawn at random"""

    changes = ANSWERS

    rate: Share = 0.1

    def modify_answers(self, answers: np.ndarray, images: np.ndarray, loot: Loot) -> np.ndarray:
        out = answers.copy()
        for row, draw in zip(out, draws_of(images, loot, "answers"), strict=True):
            if draw.random() < self.rate:
                others = np.delete(np.arange(len(row)), row.argmax())
                row[:] = np.eye(len(row), dtype=np.float32)[draw.choice(others)]
        return out
