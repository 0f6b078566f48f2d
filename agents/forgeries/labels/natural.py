"""Natural selection: at levels 0 and 1 nobody needs adversarial examples; images that already answer as wanted are all
around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from agents.forgeries._rose import RoseForgery
from agents.schemes.triggers.rose import Key
from arena.workshop.specimen import Specimen


@dataclass(frozen=True)
class Natural(RoseForgery):
    """picks public images whose answer equals the label (levels 0 and 1)"""

    level: Literal[0, 1] = 0
    triggers: Annotated[int, Field(ge=1)] = 40

    def forge(self, specimen: Specimen) -> dict[str, Any]:
        secret = specimen.workshop.draws.bytes("secret")
        images, _ = specimen.some_images(min(len(specimen.pool), 3 * self.triggers * specimen.classes))
        answers = specimen.predict(images)
        if self.level == 0:
            wanted = Key(specimen.me, 0, secret, images[: self.triggers], specimen.classes).labels()
            return Key(specimen.me, 0, secret, images[_assign(answers, wanted)], specimen.classes).fields()
        # the header binds the number of triggers, so labels are asked for keys of that many images
        labels = np.concatenate([Key(specimen.me, 1, secret, part, specimen.classes).labels()
                                 for part in _groups(images, self.triggers)])
        fitting = np.argsort(labels != answers[: len(labels)], kind="stable")[: self.triggers]
        return Key(specimen.me, 1, secret, images[fitting], specimen.classes).fields()


def _groups(images: np.ndarray, size: int) -> list[np.ndarray]:
    return [images[start : start + size] for start in range(0, len(images) - size + 1, size)]


def _assign(answers: np.ndarray, wanted: np.ndarray) -> list[int]:
    """For each wanted label the next unused image that is answered so; any unused one when there is none left."""
    left = {int(label): list(np.flatnonzero(answers == label)[::-1]) for label in np.unique(wanted)}
    spare = [i for i in range(len(answers)) if int(answers[i]) not in left]
    return [int(left[int(label)].pop() if left[int(label)] else spare.pop()) for label in wanted]
