"""How far a training has come, as bytes: weights, what the optimiser remembers, random state, place in the epoch's
order. One that was killed goes on from there, and its bits are those of one that wasn't.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn

from arena.hosts.optimizers import Optimizer

EVERY = 60.0
"""Seconds of training that a kill may cost."""


@dataclass
class History:
    """Loss (mean over the epoch's images) and training accuracy after each epoch, and accuracy on samples that are
    watched."""

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    watched: list[float] = field(default_factory=list)


@dataclass
class Standing:
    """So many whole epochs, and so many batches of the next one in its `order` (N,), with their loss and hits."""

    order: torch.Tensor
    total: torch.Tensor
    hits: torch.Tensor
    history: History = field(default_factory=History)
    step: int = 0

    @classmethod
    def start(cls, count: int, device: torch.device) -> Standing:
        """Before the first batch of so many images."""
        return cls(torch.arange(count), torch.zeros((), device=device),
                   torch.zeros((), device=device, dtype=torch.int64))

    @property
    def epoch(self) -> int:
        return len(self.history.loss)

    def begin(self) -> None:
        """A new epoch, in an order from the global generator."""
        self.order = torch.randperm(len(self.order))
        self.total, self.hits = torch.zeros_like(self.total), torch.zeros_like(self.hits)

    def end(self, loss: float, accuracy: float) -> None:
        """The epoch is over."""
        self.history.loss.append(loss)
        self.history.accuracy.append(accuracy)
        self.step = 0

    def tensors(self) -> dict[str, torch.Tensor]:
        """All of it, with the state of the global generators."""
        numbers = torch.tensor([self.history.loss, self.history.accuracy], dtype=torch.float64)
        places = {"order": self.order, "total": self.total, "hits": self.hits, "history": numbers,
                  "watched": torch.tensor(self.history.watched, dtype=torch.float64),
                  "step": torch.tensor(self.step), "random": torch.get_rng_state()}
        return places | ({"cuda": torch.cuda.get_rng_state()} if self.total.is_cuda else {})

    def put(self, tensors: dict[str, torch.Tensor]) -> None:
        """What `tensors` gave."""
        self.order, self.step = tensors["order"], int(tensors["step"])
        self.total, self.hits = (tensors[name].to(self.total.device) for name in ("total", "hits"))
        self.history.loss, self.history.accuracy = tensors["history"].tolist()
        self.history.watched = tensors["watched"].tolist()
        torch.set_rng_state(tensors["random"])
        if self.total.is_cuda:
            torch.cuda.set_rng_state(tensors["cuda"])


@dataclass
class Checkpoints:
    """Where a training keeps how far it has come (`write`) and finds how far it had (`read`), if it had begun."""

    read: Callable[[], bytes | None]
    write: Callable[[bytes], None]
    _last: float = field(default_factory=time.monotonic, init=False)

    def restore(self, standing: Standing, model: nn.Module, optimizer: Optimizer) -> None:
        """Puts all three where the training stood; leaves them where nothing that fits is kept."""
        from arena.hosts.weights import read_tensors

        if (raw := self.read()) is None:
            return
        kept: dict[str, dict[str, torch.Tensor]] = {"model": {}, "optimizer": {}, "standing": {}}
        for name, tensor in read_tensors(raw, "checkpoint").items():
            part, _, place = name.partition("/")
            kept[part][place] = tensor
        model.load_state_dict(kept["model"])
        optimizer.put(kept["optimizer"])
        standing.put(kept["standing"])

    def after_step(self, standing: Standing, model: nn.Module, optimizer: Optimizer) -> None:
        """Keeps how far it has come, if that was long ago."""
        if time.monotonic() - self._last < EVERY:
            return
        from arena.hosts.weights import pack

        parts = {"model": model.state_dict(), "optimizer": optimizer.tensors(), "standing": standing.tensors()}
        self.write(pack({f"{part}/{name}": each for part, tensors in parts.items() for name, each in tensors.items()}))
        self._last = time.monotonic()
