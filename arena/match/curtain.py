"""The curtain call: after the last verdict, for the record alone, every key is tried on every stage of every
deployment.

The deployer shows his stages (answers to the key's images, or models where the key is read from weights), and the
Verifier who heard the claim scores them by his own examination: no other null model than that of the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from arena.base.errors import Malformed
from arena.game import wire
from arena.game.evidence import evidence_from
from arena.game.messages import encode
from arena.isolation.door import Arrays
from arena.match.books import Books, decoded
from arena.match.player import Left, Player
from arena.strategies.agent import CURTAIN


class Curtain:
    """Asks the players of a match that is over."""

    def __init__(self, books: Books, players: Mapping[str, Player]) -> None:
        self.books, self.players = books, players

    def call(self) -> None:
        """Once for each claimant and deployer: by their first claim, before who heard it."""
        for number, deployer, verifier in list(self._claims()):
            asked = self._asked(verifier, {"do": "ask", "claim": number})
            if not isinstance(asked, Mapping) or not asked:
                continue
            images = asked.get("images")
            stages = self._stages(deployer, images if is_images(images) else None)
            if stages:
                self._score(number, deployer, verifier, stages)

    def _claims(self) -> Iterator[tuple[int, str, str]]:
        """(number, deployer, verifier) of the claims to be tried."""
        seen = set()
        for entry, _ in self.books.messages:
            body, verifier = entry["body"], entry["to"]
            pair = (entry["sender"], body.get("deployer"))
            if body["kind"] == "Claim" and pair not in seen and self._plays(pair[1]) and self._plays(verifier):
                seen.add(pair)
                yield entry["number"], pair[1], verifier

    def _plays(self, name: str) -> bool:
        return name in self.players and not self.players[name].out

    def _stages(self, name: str, images: np.ndarray | None) -> dict[str, Any]:
        """Stage -> labels, or name of its model where there is nothing to ask, as the deployer shows them."""
        found = self._asked(name, {"do": "stages", "images": images})
        if found is None or shown_right(found, images):
            return dict(found or {})
        wanted = "int64 labels" if images is not None else "names of models"
        self.books.refused(CURTAIN, name, f"what its stages would have shown must be {wanted} by the stages' names")
        return {}

    def _score(self, claim: int, deployer: str, verifier: str, stages: Mapping[str, Any]) -> None:
        found = self._asked(verifier, {"do": "score", "claim": claim, "stages": dict(stages)})
        if not found:
            return
        try:
            evidence = {str(name): evidence_from(data).as_data() for name, data in found.items() if name in stages}
        except (ValueError, KeyError, TypeError, AttributeError):
            self.books.refused(CURTAIN, verifier,
                               "what a key scores on the stages must be evidence by the stages' names")
            return
        kept: Arrays = {}
        entry = {"entry": "curtain", "agent": deployer, "about": claim, "by": verifier,
                 "evidence": encode(evidence, kept)}
        self.books.add(entry, kept, private=True)

    def _asked(self, name: str, order: dict[str, Any]) -> Any:
        """What an agent says at the curtain call; None where he leaves the play over it."""
        if not self._plays(name):
            return None
        try:
            event, arrays = self.players[name].curtain_call(order)
            return decoded(event["data"], arrays)
        except Left as left:
            self.books.left(CURTAIN, name, left)
        except Malformed as fault:
            self.books.refused(CURTAIN, name, str(fault))
        return None


def is_images(value: Any) -> bool:
    """Whether it is uint8 (N, C, H, W), with one image at least."""
    return _holds(wire.images, value)


def shown_right(stages: Any, images: np.ndarray | None) -> bool:
    """Whether each stage has a label for each of the images, or, where there are none, the name of a model."""
    if not isinstance(stages, Mapping):
        return False
    if images is None:
        return all(_holds(wire.digest, name) for name in stages.values())
    return all(_holds(wire.labels, labels) and len(labels) == len(images) for labels in stages.values())


def _holds(check: Callable[[Any], None], value: Any) -> bool:
    try:
        check(value)
    except Malformed:
        return False
    return True
