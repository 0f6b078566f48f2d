"""What an agent may use in its turn: the task's data, networks, training, the store, its own random draws.

Everything costly goes through here, so that it is counted, shown as progress and kept: what a recipe made once is taken from the store
the next time, and its work is charged all the same. So the ledger says what a thing costs, not whether somebody had made it already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from arena.base.draws import Draws
from arena.base.errors import ArenaError
from arena.game import ledger
from arena.hosts import datasets, networks, training, weights
from arena.hosts.datasets import Dataset, Part, Samples
from arena.hosts.mechanism import mechanism
from arena.hosts.networks import Network, Spec
from arena.hosts.store import Store
from arena.hosts.task import Base, Task
from arena.workshop.options import Options

RECIPE_VERSION = 2
PUBLIC = b"public"
"""The secret of what isn't one: recipes that are the same for everybody."""


ProgressSink = Callable[[str, int, int, str], None]


class Parts(dict[Part, Samples]):
    """The parts of a data set that somebody has; ArenaError, saying so, for the others."""

    owner = ""

    def __missing__(self, part: str) -> Samples:
        raise ArenaError(f"{self.owner} has no {part!r} data: what more a thief knows the scenario says (`knows: [training-data]`)")


@dataclass
class Workshop:
    """One agent's workshop; see the module's docstring. `seed` is the agent's own, 32 secret bytes that the arena derived for him; `admitted` are the schemes
    that a verifier hears, `customers` the ordinary images that he mixes into a question."""

    task: Task
    seed: bytes = field(repr=False)
    agent: str
    options: Options
    verifiers: tuple[str, ...] = ()
    sink: ProgressSink = lambda what, done, total, text: None
    histories: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    admitted: tuple[str, ...] = ()
    customers: int = 0

    def __post_init__(self) -> None:
        self.draws = Draws(self.seed)
        self.store = Store(Path(self.options.store))
        self.device = torch.device(self.options.device)

    @cached_property
    def dataset(self) -> Dataset:
        """The task's data set, split by the world's seed (every agent sees the same split), with the parts that are this agent's. `train` is what he may
        train on: the owner's training images where he has them, else all labelled images that he holds himself."""
        return self.load_dataset(self.task.dataset)

    def load_dataset(self, name: str) -> Dataset:
        """Another data set by name, or the parts of the task's own that this agent has; ArenaError when it is missing."""
        whole = datasets.load(name, self.options.data_folder, self.options.world, self.task.limit, self.task.pad, self.task.tests)
        if self.options.alone and not self.task.tests:
            whole = without_customers(whole)
        if name != self.task.dataset:
            return whole
        own = Parts({part: samples for part, samples in whole.parts.items() if part in self.options.parts})
        if "train" not in own:
            own["train"] = together(own["fine-tune"], own["validation"])
        own.owner = self.agent
        return replace(whole, parts=own)

    @property
    def folder(self) -> Path:
        """The scenario's folder, to which file paths of the user's own parts are relative."""
        return Path(self.options.folder)

    @property
    def samples(self) -> Samples:
        """What this agent may train on."""
        return self.dataset.parts["train"]

    @property
    def knows_training_data(self) -> bool:
        """Whether `samples` are the owner's training images."""
        return "train" in self.options.parts

    @cached_property
    def spec(self) -> Spec:
        """How the task's network is built."""
        base = self.task.base
        return Spec(self.task.network, len(self.dataset.classes), self.dataset.shape, self.task.resize, base.input if base else "torchvision")

    @cached_property
    def flops(self) -> int:
        """FLOPs of one forward pass of the task's network on one image."""
        return ledger.flops(networks.build(self.spec), self.spec.shape)

    @cached_property
    def dtype(self) -> torch.dtype:
        """bf16 where the device and the network gain by it."""
        return training.precision(self.device, self.flops)

    @property
    def grinder(self) -> Literal["auto", "cuda"]:
        """Which engine grinds hashes here (`forging.grinding.grind`)."""
        return "cuda" if self.device.type == "cuda" else "auto"

    def _recipe(self, what: str, model: nn.Module, samples: Samples, **more: Any) -> dict[str, Any] | None:
        """The name under which the store keeps what is made of a model and samples, with all that its bits depend on; None where it can't be told
        what the model computes, so that nothing must be kept."""
        if (computes := mechanism(model)) is None:
            return None
        machine = [torch.__version__, str(self.device), self.options.threads, torch.backends.cpu.get_cpu_capability()]
        return {what: RECIPE_VERSION, "model": computes, "data": self._digest(samples), "dtype": str(self.dtype), "machine": machine, **more}

    def host(self, samples: Samples, purpose: str) -> Network:
        """A host of the task's kind trained on `samples`, or on top of the task's base."""
        generator = self.draws.torch(f"initial weights of {purpose}")
        network = networks.build(self.spec, generator)
        base = self.task.base
        if base is not None:
            network.features.load_state_dict(self._base(base).features.state_dict())
        frozen = network.decision.parameters() if base is not None and base.freeze else None
        return self.fit(network, samples, self.task.settings, purpose, list(frozen) if frozen else None)

    def _base(self, base: Base) -> Network:
        if base.weights:
            network = networks.build(self.spec)
            body = network.features[1].model if self.task.network not in networks.NETWORKS else network  # type: ignore[index]
            weights.load_pretrained(body, self.folder / base.weights)
            return network
        source = datasets.load(base.dataset or self.task.dataset, self.options.data_folder, self.options.world, self.task.limit, self.task.pad, self.task.tests)
        if source.shape != self.spec.shape:
            raise ArenaError(f"base: images of {source.name} have shape {source.shape}, the task's have {self.spec.shape}")
        spec = Spec(self.task.network, len(source.classes), source.shape, self.task.resize, base.input)
        draws = Draws.public(self.options.world)
        settings = training.Settings(**{**self.task.settings.as_dict(), "epochs": base.epochs})
        network = networks.build(spec, draws.torch("initial weights of the base"))
        return self.fit(network, source.parts["train"], settings, "base", seed=draws.seed_for("base"), secret=PUBLIC)

    def fit(self, model: nn.Module, samples: Samples, settings: training.Settings, purpose: str,
            parameters: Sequence[nn.Parameter] | None = None, seed: int | None = None,
            penalty: Callable[[nn.Module], torch.Tensor] | None = None, penalty_recipe: Any = None,
            objective: training.Objective = "labels", secret: bytes | None = None) -> Any:
        """Trains `model` (in place) on `samples` and gives it back; taken from the store when the same was trained before (and `mechanism` can tell).

        `parameters` restricts training to some of the model's; `penalty(model)` is added to the loss, and `penalty_recipe` (JSON data)
        must then name it. `objective: images` trains an autoencoder. The history of the training is kept in `histories[purpose]`. What is kept is sealed
        with the agent's secret, or with `secret`.
        """
        secret = secret or self.draws.secret
        seed = self.draws.seed_for(purpose) if seed is None else seed
        recipe = self._recipe("fit", model, samples, start=weights.fingerprint(model), seed=seed, settings=settings.as_dict(),
                              trained=self._names(model, parameters), penalty=penalty_recipe, **({} if objective == "labels" else {"objective": objective}))
        if recipe is not None and (found := self._kept(model, recipe, secret)) is not None:
            facts = found
            ledger.meter().add(ledger.Spending(**facts["spent"]))
            self.histories[purpose] = facts["history"]
            return model.eval()
        before = ledger.meter().total
        history = training.fit(model, samples, settings, torch.Generator().manual_seed(seed), dtype=self.dtype, device=self.device, penalty=penalty,
                               objective=objective, parameters=list(parameters) if parameters is not None else None,
                               progress=lambda done, total, text: self.sink(purpose, done, total, text))
        self.histories[purpose] = {"loss": history.loss, "accuracy": history.accuracy}
        spent = (ledger.meter().total - before).as_dict()
        if recipe is not None:
            self.store.keep(recipe, weights.tensors_to_bytes(model), secret, history=self.histories[purpose], spent=spent)
        return model

    def _kept(self, model: nn.Module, recipe: Any, secret: bytes) -> dict[str, Any] | None:
        """Loads into `model` what the store has for a recipe, and gives the facts; None where it has nothing that fits."""
        found = self.store.find(recipe, secret)
        if found is None:
            return None
        try:
            ledger.check_spending(found[1]["spent"])
            history = found[1]["history"]
            model.load_state_dict(weights.read_tensors(found[0], "store"))
        except (ArenaError, RuntimeError, ValueError, KeyError):
            return None
        return {**found[1], "history": history}

    def predict(self, model: nn.Module, images: np.ndarray | torch.Tensor) -> np.ndarray:
        """Labels, int64 (N,), that `model` gives to uint8 images (N, C, H, W)."""
        pixels = torch.from_numpy(np.array(images)) if isinstance(images, np.ndarray) else images
        return training.predict(model, pixels, dtype=self.dtype, device=self.device).numpy()

    @torch.no_grad()
    def soft_answers(self, model: nn.Module, images: torch.Tensor) -> torch.Tensor:
        """Probabilities, float32 (N, classes), that `model` gives to uint8 images: soft targets for a student."""
        return torch.cat([model.eval()(training.to_input(part, self.device)).softmax(1).cpu() for part in training.portions(images, self.device)])

    def accuracy(self, model: nn.Module, samples: Samples | None = None) -> float:
        """Share of samples (None: the task's test part) that `model` labels right; kept in the store, and charged, like a training."""
        samples = samples or self.dataset.parts["test"]
        recipe = self._recipe("accuracy", model, samples, weights=weights.fingerprint(model))
        if recipe is not None and (found := self.store.find(recipe, self.draws.secret)) is not None:
            ledger.meter().add(ledger.Spending(**found[1]["spent"]))
            return float(found[1]["right"]) / len(samples)
        before = ledger.meter().total
        right = int((self.predict(model, samples.images) == samples.labels.numpy()).sum())
        if recipe is not None:
            self.store.keep(recipe, b"", self.draws.secret, right=right, spent=(ledger.meter().total - before).as_dict())
        return right / len(samples)

    def save(self, network: Network) -> str:
        """Puts a network into the store, for all to see; gives the name by which a Release may hand it on. ArenaError for what is no network."""
        if not isinstance(network, Network):
            raise ArenaError(f"only a network with its spec can be handed on, not a {type(network).__name__}")
        return self.store.put(weights.to_bytes(network))

    def released(self, name: str) -> Network:
        """A network that somebody released, for images of the task's shape; ArenaError as `load`."""
        return self.load(name, lambda spec: spec.shape == self.spec.shape)

    def load(self, name: str, wanted: Callable[[Spec], bool] = lambda spec: True) -> Network:
        """The released network called `name`, if its spec is `wanted`; ArenaError when it is not, or when the store lost it."""
        if not isinstance(name, str):
            raise ArenaError("a model has a name")
        raw = self.store.get(name)
        if raw is None:
            raise ArenaError(f"model {name[:12]} is not in the store {self.store.folder} any more, or was damaged there; run the scenario again")
        return weights.from_bytes(raw, f"model {name[:12]}", wanted).to(self.device).eval()

    @staticmethod
    def _digest(samples: Samples) -> str:
        h = hashlib.sha256(str(tuple(samples.images.shape)).encode())
        h.update(samples.images.contiguous().numpy().data)
        h.update(samples.labels.contiguous().numpy().data)
        if samples.fixed is not None:
            h.update(samples.fixed.contiguous().numpy().data)
        return h.hexdigest()

    @staticmethod
    def _names(model: nn.Module, parameters: Sequence[nn.Parameter] | None) -> list[str] | None:
        if parameters is None:
            return None
        wanted = {id(p) for p in parameters}
        return [name for name, p in model.named_parameters() if id(p) in wanted]


def without_customers(dataset: Dataset) -> Dataset:
    """Where nobody asks a service, the test images are all for testing."""
    parts = dict(dataset.parts)
    parts["test"] = together(parts["test"], parts.pop("customers"))
    return replace(dataset, parts=parts)


def together(*samples: Samples) -> Samples:
    """Several samples as one."""
    return Samples(torch.cat([s.images for s in samples]), torch.cat([s.labels for s in samples]))
