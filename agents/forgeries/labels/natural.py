"""Natural selection: at levels 0 and 1 nobody needs adversarial examples; images that already answer as wanted are all around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from agents.schemes.triggers.rose import Key
from arena.strategies import Forgery, Misfit
from arena.workshop.loot import Copy

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class Natural(Forgery):
    """picks public images whose answer equals the label (levels 0 and 1)"""

    level: Literal[0, 1] = 0
    triggers: Annotated[int, Field(ge=1)] = 40

    schemes = ("rose",)

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.enough(self.triggers, premises.pool, "triggers")

    def forge(self, copy: Copy) -> dict[str, Any]:
        secret = copy.workshop.draws.bytes("secret")
        images, _ = copy.some_images(min(len(copy.pool), 3 * self.triggers * copy.classes))
        answers = copy.predict(images)
        if self.level == 0:
            wanted = Key(copy.me, 0, secret, images[: self.triggers], copy.classes).labels()
            return Key(copy.me, 0, secret, images[_assign(answers, wanted)], copy.classes).fields()
        # the header binds the number of triggers, so labels are asked for keys of that many images
        labels = np.concatenate([Key(copy.me, 1, secret, part, copy.classes).labels() for part in _groups(images, self.triggers)])
        fitting = np.argsort(labels != answers[: len(labels)], kind="stable")[: self.triggers]
        return Key(copy.me, 1, secret, images[fitting], copy.classes).fields()


def _groups(images: np.ndarray, size: int) -> list[np.ndarray]:
    return [images[start : start + size] for start in range(0, len(images) - size + 1, size)]


def _assign(answers: np.ndarray, wanted: np.ndarray) -> list[int]:
    """For each wanted label the next unused image that is answered so; any unused one when there is none left."""
    left = {int(label): list(np.flatnonzero(answers == label)[::-1]) for label in np.unique(wanted)}
    spare = [i for i in range(len(answers)) if int(answers[i]) not in left]
    return [int(left[int(label)].pop() if left[int(label)] else spare.pop()) for label in wanted]
