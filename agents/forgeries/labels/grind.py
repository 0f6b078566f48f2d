"""Grinding: at level 2 one flipped bit changes all labels at once, so the forger tries and tries (ROSE III-C)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from agents.forgeries._rose import RoseForgery
from agents.schemes.triggers.rose import Key, memory_misfit
from arena.base.units import Bits, Count
from arena.forging.grinding import Template, grind
from arena.game.rarity import greatest_rarity
from arena.strategies import Misfit
from arena.workshop.specimen import Specimen

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class Grind(RoseForgery):
    """tries until the joint hash gives labels that the model answers (levels 2 and 3), for `tries` at the most

    `free: pixels` flips low bits of the last image (the cached prefix makes that cheap), `free: secret` draws new
    secrets. `labels: natural` grinds for the true labels instead of this model's answers: such a key fits every
    accurate model. At level 3 every try pays for scrypt with N = `memory`.
    """

    grinds = True

    triggers: Annotated[int, Field(ge=1)] = 40
    level: Literal[2, 3] = 2
    tries: Count = 2**22
    rarity: Bits = 64.0
    free: Literal["pixels", "secret"] = "pixels"
    labels: Literal["model", "natural"] = "model"
    memory: Count = 2**14

    def misfit(self, premises: Premises) -> Misfit | None:
        if self.level == 3 and (fault := memory_misfit(self.memory)) is not None:
            return fault
        return super().misfit(premises)

    def forge(self, specimen: Specimen) -> dict[str, Any]:
        images, truth = specimen.some_images(self.triggers)
        answers = specimen.predict(images) if self.labels == "model" else truth
        memory = self.memory if self.level == 3 else 0
        key = Key(specimen.me, self.level, specimen.workshop.draws.bytes("secret"), images, specimen.classes, memory)
        if self.level == 3 or self.free == "secret":
            return self._by_secrets(key, answers, specimen).fields()
        template = Template(key.secret, key.header(), images, answers, specimen.classes)
        found = grind(template, target=min(self.rarity, greatest_rarity(self.triggers, 1 / specimen.classes)),
                      tries=self.tries,
                      threads=specimen.workshop.options.threads, engine=specimen.workshop.grinder,
                      progress=lambda done, text: specimen.workshop.sink("grinding", done, self.tries, text))
        return replace(key, images=template.flipped(found.counter)).fields()

    def _by_secrets(self, key: Key, answers: np.ndarray, specimen: Specimen) -> Key:
        """The best of `tries` secrets: each costs the whole message again."""
        best, score = key, -1
        for number in range(self.tries):
            tried = replace(key, secret=specimen.workshop.draws.bytes(f"secret {number}"))
            matches = int((tried.labels() == answers).sum())
            if matches > score:
                best, score = tried, matches
            if number % 16 == 0:
                specimen.workshop.sink("grinding secrets", number, self.tries, f"best {score} of {self.triggers}")
        return best
