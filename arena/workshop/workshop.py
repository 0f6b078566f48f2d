"""What an agent may use in its turn: the task's data, networks, training, the store, its own random draws.

Everything costly goes through here, so that it is counted, shown as progress and kept (`kept`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import torch
from torch import nn

from arena.base.draws import Draws
from arena.base.errors import ArenaError
from arena.game import ledger
from arena.game.evidence import Flaws, Setting
from arena.hosts import datasets, networks, training, weights
from arena.hosts.architecture import Architecture
from arena.hosts.datasets import Dataset, Samples
from arena.hosts.networks import Network
from arena.hosts.starting import start_from
from arena.hosts.store import Store
from arena.hosts.task import Base, Task
from arena.hosts.training import Training
from arena.workshop.kept import Curves, Keeper
from arena.workshop.options import Options
from arena.workshop.parts import held_by, without_customers

M = TypeVar("M", bound=nn.Module)
PUBLIC = b"public"
"""The secret of what isn't one: recipes that are the same for everybody."""
UNMARKED = "unmarked host"
ProgressSink = Callable[[str, int, int, str], None]


@dataclass
class Workshop:
    """One agent's workshop; see the module's docstring. `seed` is the agent's own, 32 secret bytes that the arena
    derived for him; `admitted` are the schemes that a verifier hears, `customers` the ordinary images that he mixes
    into a question."""

    task: Task
    seed: bytes = field(repr=False)
    agent: str
    options: Options
    verifiers: tuple[str, ...] = ()
    sink: ProgressSink = lambda what, done, total, text: None
    admitted: tuple[str, ...] = ()
    customers: int = 0
    _done: list[Curves] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.draws = Draws(self.seed)
        self.store = Store(Path(self.options.store))
        self.device = torch.device(self.options.device)
        self._network = networks.admit(self.task.network, self.folder)

    @cached_property
    def dataset(self) -> Dataset:
        """The task's data set, split by the world's seed (every agent sees the same split), with the parts that are
        this agent's. `train` is what he may train on: the owner's training images where he has them, else all labelled
        images that he holds himself."""
        return self.load_dataset(self.task.dataset)

    def load_dataset(self, name: str) -> Dataset:
        """Another data set by name, or the parts of the task's own that this agent has; ArenaError when it is
        missing."""
        whole = self._whole(name)
        if self.options.alone and not self.task.tests:
            whole = without_customers(whole)
        return held_by(self.agent, whole, self.options.parts) if name == self.task.dataset else whole

    def _whole(self, name: str) -> Dataset:
        task = self.task
        return datasets.load(name, self.options.data_folder, self.options.world, task.limit, task.pad, task.tests,
                             self.folder)

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
    def architecture(self) -> Architecture:
        """How the task's network is built."""
        task, data, (name, source) = self.task, self.dataset, self._network
        channels = task.base.input if task.base else "torchvision"
        return Architecture(name, len(data.classes), data.shape, task.resize, channels, source=source)

    @cached_property
    def flops(self) -> int:
        """FLOPs of one forward pass of the task's network on one image."""
        return _flops(self.architecture)

    def setting(self, flaws: Flaws | None = None) -> Setting:
        """What an examination needs to know beside the claim, of this task; `flaws` are the Verifier's (default:
        none)."""
        return Setting(len(self.dataset.classes), self.dataset.shape, self.flops, flaws or Flaws())

    @cached_property
    def dtype(self) -> torch.dtype:
        """bf16 where the device and the network gain by it."""
        return training.precision(self.device, self.flops)

    @property
    def grinder(self) -> Literal["auto", "cuda"]:
        """Which engine grinds hashes here (`forging.grinding.grind`)."""
        return "cuda" if self.device.type == "cuda" else "auto"

    @property
    def trainings(self) -> tuple[Curves, ...]:
        """The curves of all trainings so far, here and in workshops that were made from this one
        (`dataclasses.replace`)."""
        return tuple(self._done)

    def host(self, samples: Samples, purpose: str) -> Network:
        """A host of the task's kind trained on `samples`, or on top of the task's base."""
        generator = self.draws.torch(f"initial weights of {purpose}")
        network = networks.build(self.architecture, generator)
        base = self.task.base
        if base is not None and base.weights:
            start_from(network, self.folder / base.weights)
        elif base is not None:
            network.features.load_state_dict(self._base(base).features.state_dict())
        frozen = network.decision.parameters() if base is not None and base.freeze else None
        return self.fit(network, samples, Training(purpose, self.task.settings, list(frozen) if frozen else None))

    def training_for(self, epochs: int) -> training.Settings:
        """How the task trains, for so many epochs (0: as many as the task)."""
        return replace(self.task.settings, epochs=epochs or self.task.settings.epochs)

    def unmarked_host(self) -> Network:
        """The host that carries no mark: what a scheme marks that needs a trained one, and what accuracies are compared
        with. The same for all who ask, a network of its own for each."""
        return self.host(self.samples, UNMARKED)

    def _base(self, base: Base) -> Network:
        source = self._whole(base.dataset or self.task.dataset)
        if source.shape != self.architecture.shape:
            wrong = f"images of {source.name} have shape {source.shape}, the task's have {self.architecture.shape}"
            raise ArenaError(f"base: {wrong}")
        architecture = replace(self.architecture, classes=len(source.classes))
        draws = Draws.public(self.options.world)
        settings = replace(self.task.settings, epochs=base.epochs)
        network = networks.build(architecture, draws.torch("initial weights of the base"))
        return self._fit(network, source.parts["train"], Training("base", settings), draws.seed_for("base"), PUBLIC)

    def fit(self, model: M, samples: Samples, how: Training) -> M:
        """Trains `model` (in place) on `samples` and gives it back; taken from the store when the same was trained
        before."""
        return self._fit(model, samples, how, self.draws.seed_for(how.purpose), self.draws.secret)

    def _fit(self, model: M, samples: Samples, how: Training, seed: int, secret: bytes) -> M:
        how = replace(how, watched=how.watched or self._watched(model, how))
        self._done.append(self._keeper(secret).fit(model, samples, how, seed, partial(self.sink, how.purpose)))
        return model

    def _watched(self, model: nn.Module, how: Training) -> Samples | None:
        """The first test images, where they are looked at (`Options.watched`) and the model tells the task's
        classes."""
        if not self.options.watched or how.objective != "labels":
            return None
        kind, test = getattr(model, "architecture", None), self.dataset.parts["test"]
        mine = kind is not None and kind.classes == len(self.dataset.classes)
        return test.take(torch.arange(len(test))[: self.options.watched]) if mine else None

    def _keeper(self, secret: bytes) -> Keeper:
        return Keeper(self.store, secret, self.device, self.dtype, self.options.threads, self.flops)

    def predict(self, model: nn.Module, images: np.ndarray | torch.Tensor) -> np.ndarray:
        """Labels, int64 (N,), that `model` gives to uint8 images (N, C, H, W)."""
        pixels = torch.from_numpy(np.array(images)) if isinstance(images, np.ndarray) else images
        return training.predict(model, pixels, dtype=self.dtype, device=self.device).numpy()

    def control_answers(self, images: np.ndarray, count: int) -> np.ndarray:
        """What `count` innocent hosts of this workshop's own answer to images, int64 (count, N)."""
        hosts = [self.host(self.samples, f"control host {number}") for number in range(1, count + 1)]
        return np.stack([self.predict(host, images) for host in hosts])

    @torch.no_grad()
    def soft_answers(self, model: nn.Module, images: torch.Tensor) -> torch.Tensor:
        """Probabilities, float32 (N, classes), that `model` gives to uint8 images: soft targets for a student."""
        return torch.cat([model.eval()(training.to_input(part, self.device)).softmax(1).cpu()
                          for part in training.portions(images, self.device)])

    def accuracy(self, model: nn.Module, samples: Samples | None = None) -> float:
        """Share of samples (None: the task's test part) that `model` labels right; kept in the store, and charged, like
        a training."""
        return self._keeper(self.draws.secret).accuracy(model, samples or self.dataset.parts["test"])

    def save(self, network: Network) -> str:
        """Puts a network into the store, for all to see; gives the name by which a Release may hand it on. ArenaError
        for what is no network."""
        if not isinstance(network, Network):
            raise ArenaError(f"only a network with its architecture can be handed on, not a {type(network).__name__}")
        return self.store.put(weights.to_bytes(network))

    def released(self, name: str) -> Network:
        """A network that somebody released, for images of the task's shape; ArenaError as `load`."""
        return self.load(name, lambda architecture: architecture.shape == self.architecture.shape)

    def load(self, name: str, wanted: Callable[[Architecture], bool] = lambda architecture: True) -> Network:
        """The released network called `name`, if its architecture is `wanted`; ArenaError when it is not, or when the
        store lost it."""
        if not isinstance(name, str):
            raise ArenaError("a model has a name")
        raw = self.store.get(name)
        if raw is None:
            lost = f"is not in the store {self.store.folder} any more, or was damaged there"
            raise ArenaError(f"model {name[:12]} {lost}; run the scenario again")
        return weights.from_bytes(raw, f"model {name[:12]}", wanted).to(self.device).eval()


@lru_cache(maxsize=64)
def _flops(architecture: Architecture) -> int:
    """Counted once for all workshops of a process: it takes as long as a short training."""
    return ledger.flops(networks.build(architecture), architecture.shape)
