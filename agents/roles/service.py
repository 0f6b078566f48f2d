"""The Service: a model from elsewhere that is deployed as it is, so that an owner may claim it and a Verifier judge.

It is a file of weights, or any function of the user's own, which is called in this agent's process alone: it may be
hostile, and what it does wrong costs nobody else's turn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from arena.base.errors import ArenaError
from arena.base.files import file_hash
from arena.base.names import split
from arena.base.userfiles import module_called, part_called
from arena.game.messages import Body, Demand, Deployment, Disclosure, Envelope, Query, Response
from arena.game.notes import StageNote
from arena.hosts import networks
from arena.hosts.architecture import Architecture
from arena.hosts.networks import Network
from arena.hosts.starting import serving
from arena.hosts.weights import fingerprint
from arena.strategies.agent import Agent, Turn
from arena.strategies.premises import Misfit, Premises

SERVED = "served"
Answering = Callable[[np.ndarray], np.ndarray]


@dataclass
class Service(Agent):
    """deploys a trained model of the user's own, and answers queries

    `model` is a function, `serve.py:predict`, of images, uint8 (N, C, H, W), to labels (N,) or logits (N, classes); or
    `weights` is a .safetensors, or .npz, of the task's `network` or of another; those are shown when the Verifier
    demands it and `discloses` says so. The service begins once somebody has said something: owners take their turn
    before it.
    """

    deploys: ClassVar[bool] = True
    reads: ClassVar[tuple[str, ...]] = ("weights",)

    model: str = ""
    weights: str = ""
    network: str = ""
    discloses: bool = True
    _deployed: bool = field(default=False, init=False, repr=False)
    _network: Network | None = field(default=None, init=False, repr=False)
    _answers: Answering | None = field(default=None, init=False, repr=False)

    def misfit(self, premises: Premises, beside: Path) -> Misfit | None:
        if bool(self.model) == bool(self.weights):
            return Misfit("a service has a `model` (`serve.py:predict`) or a file of `weights`; one of them is wanted")
        if self.network and self.model:
            return Misfit("a function is no network: `network` says what a file of `weights` is of", "network")
        try:
            if self.model:
                _called(self.model, beside)
            else:
                serving(beside / self.weights, self._architecture(premises.architecture, beside))
        except ArenaError as error:
            return Misfit(str(error), "model" if self.model else "weights")
        return None

    def take_turn(self, turn: Turn) -> Iterable[Body | Envelope]:
        if not self._deployed and turn.inbox:
            self._deployed = True
            self._note(turn)
            yield Deployment(f"{turn.me}'s service")
        for message, query in turn.received(Query):
            yield Envelope(message.sender, Response(query.service, self._labels(query.images, turn), query.about))
        for message, demand in turn.received(Demand):
            if self.discloses and self._network is not None:
                shown = turn.workshop.save(self._network)
                yield Envelope(message.sender, Disclosure(demand.service, shown, demand.about))

    def curtain_call(self, images: np.ndarray, turn: Turn) -> dict[str, np.ndarray]:
        return {f"0. {SERVED}": self._labels(images, turn)} if self._deployed else {}

    def disclose_stages(self, turn: Turn) -> dict[str, str]:
        return {} if self._network is None else {f"0. {SERVED}": turn.workshop.save(self._network)}

    def _note(self, turn: Turn) -> None:
        test, shop = turn.workshop.dataset.parts["test"], turn.workshop
        right = float((self._labels(test.images.numpy(), turn) == test.labels.numpy()).mean())
        name = _hash_of(self.model, shop.folder) if self._network is None else fingerprint(self._network)
        turn.note(StageNote(SERVED, name, "", self.model or self.weights, right, right))

    def _labels(self, images: np.ndarray, turn: Turn) -> np.ndarray:
        """Labels, int64 (N,), that the service gives; ArenaError where its function gives none."""
        shop = turn.workshop
        if self._answers is None:
            self._answers = _called(self.model, shop.folder) if self.model else self._loaded(turn)
        given = self._answers(np.array(images))
        return given if self._network is not None else as_labels(given, len(images), len(shop.dataset.classes))

    def _loaded(self, turn: Turn) -> Answering:
        shop = turn.workshop
        network = serving(shop.folder / self.weights, self._architecture(shop.architecture, shop.folder))
        self._network = network.to(shop.device)
        return lambda images: shop.predict(network, images)

    def _architecture(self, task: Architecture, beside: Path) -> Architecture:
        """How the network of the weights is built."""
        if not self.network:
            return task
        name, source = networks.admit(self.network, beside)
        return replace(task, network=name, source=source, temperature=0.0)


def _called(name: str, beside: Path) -> Callable[[np.ndarray], Any]:
    """The function that a service's `model` names; ArenaError when there is none."""
    found = part_called(name, beside)
    if not callable(found) or isinstance(found, type):
        raise ArenaError(f"{name}: a function of images, uint8 (N, C, H, W), to labels is wanted, not "
                         f"{'nothing' if found is None else f'a {type(found).__name__}'}")
    return found


def as_labels(given: Any, count: int, classes: int) -> np.ndarray:
    """Labels, int64 (count,), of what a function gave: labels, or logits of which the largest counts. ArenaError for
    anything else."""
    try:
        answer = given.detach().cpu().numpy() if isinstance(given, torch.Tensor) else np.asarray(given)
    except (ValueError, TypeError, RuntimeError):
        raise ArenaError(f"a service gives labels or logits as one array, not a {type(given).__name__}") from None
    if answer.dtype.kind not in "iufb" or answer.shape not in ((count,), (count, classes)):
        raise ArenaError(f"a service gives labels ({count},) or logits ({count}, {classes}), not {answer.dtype} "
                         f"{answer.shape}")
    if not np.isfinite(answer).all():
        raise ArenaError("a service gives numbers that are not finite")
    labels = answer.argmax(1) if answer.ndim == 2 else answer
    if labels.min() < 0 or labels.max() >= classes or (labels != labels.astype(np.int64)).any():
        raise ArenaError(f"a service gives labels from 0 to {classes - 1}, not {labels.min()} to {labels.max()}")
    return labels.astype(np.int64)


def _hash_of(name: str, beside: Path) -> str:
    """What a function is called in the lineage: SHA-256 of its file and its name."""
    where, wanted = split(name)
    file = getattr(module_called(where, beside), "__file__", None) or where
    return hashlib.sha256(f"{file_hash(Path(file))}:{wanted}".encode()).hexdigest()
