"""What is made once and charged every time: trainings, and accuracies, through the store.

What a recipe made is taken from the store the next time, and its work is charged all the same. So the ledger says what
a thing costs, not whether somebody had made it already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from arena.base.errors import ArenaError
from arena.base.llvm import host
from arena.game import ledger
from arena.game.notes import TrainingNote
from arena.hosts import training, weights
from arena.hosts.checkpoints import Checkpoints
from arena.hosts.datasets import Samples
from arena.hosts.mechanism import mechanism
from arena.hosts.store import Store
from arena.hosts.training import Progress, Training

RECIPE_VERSION, CHECKPOINTS = 4, 1


@dataclass(frozen=True)
class Curves:
    """How a training went: loss (mean over the epoch's images) and training accuracy after each epoch, and accuracy on
    what was watched, if anything was."""

    purpose: str
    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    watched: tuple[float, ...] = ()

    @classmethod
    def of(cls, purpose: str, history: Mapping[str, Iterable[float]]) -> Curves:
        """From their plain form."""
        loss, accuracy = (tuple(map(float, history[name])) for name in ("loss", "accuracy"))
        return cls(purpose, loss, accuracy, tuple(map(float, history.get("watched", ()))))

    def plain(self) -> dict[str, list[float]]:
        """As JSON data."""
        seen = {"watched": list(self.watched)} if self.watched else {}
        return {"loss": list(self.loss), "accuracy": list(self.accuracy), **seen}


def noted(trainings: Iterable[Curves]) -> TrainingNote:
    """Curves as an agent notes them: by purpose, the latest of each."""
    return TrainingNote({curves.purpose: {"loss": list(curves.loss), "accuracy": list(curves.accuracy)}
                         for curves in trainings})


@dataclass(frozen=True)
class Keeper:
    """Trains and measures on this machine; what comes of it is kept in the store for who holds `secret`. `flops` are
    those of a pass of the task's network."""

    store: Store
    secret: bytes = field(repr=False)
    device: torch.device
    dtype: torch.dtype
    threads: int
    flops: int

    def fit(self, model: nn.Module, samples: Samples, how: Training, seed: int, progress: Progress) -> Curves:
        """Trains `model` in place, or fills it with the weights that the same training gave before (where `mechanism`
        can tell that it is the same, and where the same was watched if anything is to be)."""
        recipe = self._recipe("fit", model, samples, start=weights.fingerprint(model), seed=seed, **_told(how, model))
        watched = "" if how.watched is None else _digest(how.watched)
        if (curves := self._restored(model, recipe, how.purpose, watched)) is not None:
            return curves
        with self._making(recipe):
            return self._restored(model, recipe, how.purpose, watched) or self._trained(model, samples, how, seed,
                                                                                        progress, recipe)

    def _making(self, recipe: Any) -> AbstractContextManager[None]:
        """Nobody trains what somebody else is training."""
        return nullcontext() if recipe is None else self.store.making(recipe, self.secret, ledger.meter().alive)

    def _trained(self, model: nn.Module, samples: Samples, how: Training, seed: int, progress: Progress,
                 recipe: Any) -> Curves:
        before, seen = ledger.meter().total, "" if how.watched is None else _digest(how.watched)
        unfinished = None if recipe is None else {**recipe, "unfinished": CHECKPOINTS, "watched": seen}
        parameters = None if how.parameters is None else list(how.parameters)
        penalty = how.penalty.of if how.penalty else None
        with training.threads_for(self.flops * how.settings.batch):
            history = training.fit(model, samples, how.settings, torch.Generator().manual_seed(seed),
                                   parameters=parameters, dtype=self.dtype, device=self.device, progress=progress,
                                   penalty=penalty, objective=how.objective, watched=how.watched,
                                   checkpoints=self._checkpoints(unfinished, before))
        curves = Curves.of(how.purpose, vars(history))
        on = {} if how.watched is None else {"watched": _digest(how.watched)}
        self._keep(recipe, weights.tensors_to_bytes(model), before, history=curves.plain(), **on)
        if unfinished is not None:
            self.store.forget(unfinished, self.secret)
        return curves

    def _checkpoints(self, recipe: Any, before: ledger.Spending) -> Checkpoints | None:
        """Where a training that is cut off is found again; its work is charged with it."""
        def read() -> bytes | None:
            if (found := self._found(recipe)) is None:
                return None
            _charge(found[1])
            return found[0]

        return None if recipe is None else Checkpoints(read, lambda raw: self._keep(recipe, raw, before))

    def accuracy(self, model: nn.Module, samples: Samples) -> float:
        """Share of the samples that `model` labels right."""
        recipe = self._recipe("accuracy", model, samples, weights=weights.fingerprint(model))
        if (found := self._found(recipe)) is not None:
            _charge(found[1])
            return float(found[1]["right"]) / len(samples)
        before = ledger.meter().total
        answers = training.predict(model, samples.images, dtype=self.dtype, device=self.device)
        right = int((answers == samples.labels).sum())
        self._keep(recipe, b"", before, right=right)
        return right / len(samples)

    def _recipe(self, what: str, model: nn.Module, samples: Samples, **more: Any) -> dict[str, Any] | None:
        """The name under which the store keeps what is made of a model and samples, with all that its bits depend on;
        None where it can't be told what the model computes, so that nothing must be kept."""
        if (computes := mechanism(model)) is None:
            return None
        machine = [torch.__version__, str(self.device), self.threads, torch.backends.cpu.get_cpu_capability(),
                   host()[0] is not None]
        return {what: RECIPE_VERSION, "model": computes, "data": _digest(samples), "dtype": str(self.dtype),
                "machine": machine, **more}

    def _found(self, recipe: Any) -> tuple[bytes, dict[str, Any]] | None:
        return None if recipe is None else self.store.find(recipe, self.secret)

    def _restored(self, model: nn.Module, recipe: Any, purpose: str, watched: str) -> Curves | None:
        """Loads into `model` what the store has for a recipe, and charges it; None where it has nothing that fits."""
        if (found := self._found(recipe)) is None:
            return None
        raw, facts = found
        if watched and facts.get("watched") != watched:
            return None
        try:
            ledger.check_spending(facts["spent"])
            curves = Curves.of(purpose, facts["history"])
            model.load_state_dict(weights.read_tensors(raw, "store"))
        except (ArenaError, RuntimeError, TypeError, ValueError, KeyError):
            return None
        _charge(facts)
        model.eval()
        return curves

    def _keep(self, recipe: Any, raw: bytes, before: ledger.Spending, **facts: Any) -> None:
        """Keeps what a recipe made, with what was spent since `before`."""
        if recipe is not None:
            self.store.keep(recipe, raw, self.secret, **facts, spent=(ledger.meter().total - before).as_dict())


def _charge(facts: Mapping[str, Any]) -> None:
    ledger.meter().add(ledger.Spending(**facts["spent"]))


def _digest(samples: Samples) -> str:
    h = hashlib.sha256(str(tuple(samples.images.shape)).encode())
    for tensor in (samples.images, samples.labels, *(() if samples.fixed is None else (samples.fixed,))):
        h.update(tensor.contiguous().numpy().data)
    return h.hexdigest()


def _told(how: Training, model: nn.Module) -> dict[str, Any]:
    """All that a training's bits depend on beside start, samples and seed, as JSON data."""
    objective = {} if how.objective == "labels" else {"objective": how.objective}
    wanted = None if how.parameters is None else {id(p) for p in how.parameters}
    names = None if wanted is None else [name for name, p in model.named_parameters() if id(p) in wanted]
    penalty = how.penalty.recipe if how.penalty else None
    return {"settings": how.settings.as_dict(), "trained": names, "penalty": penalty, **objective}
