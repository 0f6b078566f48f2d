"""Withheld answers (Hitaj, Hitaj & Mancini 2019, evasion by a detector; "top-1 withheld" of Lukas et al. 2022): a key's
image often leaves the model unsure, and of what it is unsure of the service doesn't sell the likeliest class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from agents.attacks.service._drawn import draws_of
from arena.base.units import Share
from arena.strategies import ANSWERS, Attack
from arena.workshop.loot import Loot


@dataclass(frozen=True)
class Withhold(Attack):
    """where the model is less than `sure` of its likeliest class, answers the runner-up, or a class drawn at random"""

    changes = ANSWERS

    sure: Share = 0.9
    instead: Literal["runner-up", "random"] = "runner-up"

    def modify_answers(self, answers: np.ndarray, images: np.ndarray, loot: Loot) -> np.ndarray:
        out = answers.copy()
        for row, draw in zip(out, draws_of(images, loot, "answers"), strict=True):
            if row.max() < self.sure:
                row[row.argmax()] = 0
                if self.instead == "random":
                    row[:] = np.eye(len(row), dtype=np.float32)[draw.integers(len(row))]
        return out
