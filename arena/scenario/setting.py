"""What is known of a match before anything is trained: the data's sizes and classes, the network, and what an earlier attack took away.

Strategies are asked whether they fit it (`Strategy.misfit`), so that `arena check` refuses what can't be played. It holds no images and no seed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.base.errors import ArenaError, suggest
from arena.base.yamlfile import YamlPath
from arena.scenario.builder import Builder
from arena.strategies import Misfit

if TYPE_CHECKING:
    from arena.hosts.networks import Network, Spec
    from arena.workshop.workshop import Base, Task

TO_BE_FETCHED = {"mnist": (10, (1, 28, 28), 60_000, 10_000), "fashion-mnist": (10, (1, 28, 28), 60_000, 10_000),
                 "cifar10": (10, (3, 32, 32), 50_000, 10_000), "cifar100": (100, (3, 32, 32), 50_000, 10_000)}
"""Classes, shape, training and test images of what torchvision downloads when it is first needed."""


@dataclass(frozen=True)
class Data:
    """A data set in numbers: names of its classes, shape (C, H, W), images in each part, different training images (of each class)."""

    name: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    sizes: Mapping[str, int]
    different: tuple[int, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Data:
        return cls(plain["name"], tuple(plain["classes"]), tuple(plain["shape"]), plain["sizes"], tuple(plain["different"]))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Setting:
    """Where a strategy is to play: the task's data and network, `parts` of the data that its agent holds, `samples` that a thief says he has (0: all),
    `copies` that the victim sells (None: not known), and the conditions that earlier attacks broke, each with which one did (`lost`)."""

    data: Data
    spec: Spec
    other: Callable[[str], Data]
    parts: tuple[str, ...] = ("train", "validation", "fine-tune", "test")
    samples: int = 0
    copies: int | None = None
    victim: str = ""
    lost: Mapping[str, str] = field(default_factory=dict)

    @property
    def classes(self) -> int:
        return len(self.data.classes)

    @property
    def network(self) -> Network:
        """The task's network in shapes alone: its weights hold no numbers."""
        return _built(self.spec)

    @property
    def images(self) -> int:
        """At most so many different images has the agent to train a host on, and to make keys of."""
        held = ("train",) if "train" in self.parts else ("fine-tune", "validation")
        return min(sum(self.data.sizes.get(part, 0) for part in held), sum(self.data.different))

    @property
    def pool(self) -> int:
        """At most so many different images has a forger."""
        return min(self.images + (self.data.sizes.get("fine-tune", 0) if "train" in self.parts else 0), sum(self.data.different))

    @property
    def stolen_samples(self) -> int:
        """How many labelled samples a thief has."""
        return self.samples or self.data.sizes.get("fine-tune", 0)

    def enough(self, wanted: int, there: int, parameter: str, what: str = "different images") -> Misfit | None:
        """A misfit when there are fewer than wanted."""
        return Misfit(f"{wanted:,} {what} are wanted, but {self.data.name} has {there:,} for it", parameter) if wanted > there else None

    def layer(self, name: str, parameter: str = "layer") -> Misfit | None:
        """A misfit when the network has no such layer to mark."""
        from arena.hosts.layers import layer_name

        try:
            layer_name(self.network, name)
        except ArenaError as error:
            return Misfit(str(error), parameter)
        return None


@lru_cache(maxsize=8)
def _built(spec: Spec) -> Network:
    import torch

    from arena.game.ledger import meter
    from arena.hosts.networks import build

    def built(device: str) -> Network:
        with meter().paused(), torch.device(device), warnings.catch_warnings(action="ignore"):
            return build(spec).eval()

    try:
        return built("meta")
    except AssertionError as error:
        raise ArenaError(f"network {spec.network!r} can't take images of shape {tuple(spec.shape)}: {' '.join(str(error).split())}") from None
    except ArenaError as error:
        if "meta tensor" not in str(error):
            raise
        return built("cpu")  # it reckons with numbers while it is built


class Library:
    """Opens data sets for a check, each once; `task` says how many images are kept of each."""

    def __init__(self, folder: Path | None, task: Task) -> None:
        self.folder, self.task = folder, task
        self._known: dict[str, Data] = {}

    def __call__(self, name: str) -> Data:
        """ArenaError when the data set is missing, or not as it should be."""
        if name not in self._known:
            self._known[name] = self._opened(name)
        return self._known[name]

    def _opened(self, name: str) -> Data:
        from arena.hosts import datasets

        datasets.available(name, self.folder)
        if name in TO_BE_FETCHED and next(datasets._files(name, self.folder), None) is None:
            return self._announced(name, *TO_BE_FETCHED[name])
        task = self.task
        whole = datasets.load(name, self.folder, 0, task.limit, task.pad, task.tests)
        sizes = {str(part): len(samples) for part, samples in whole.parts.items()}
        training = [(samples.images.numpy(), samples.labels.numpy()) for part, samples in whole.parts.items() if part in ("train", "validation", "fine-tune")]
        return Data(name, whole.classes, whole.shape, sizes, _different(training, len(whole.classes)))

    def _announced(self, name: str, classes: int, shape: tuple[int, int, int], training: int, tests: int) -> Data:
        kept, side = min(training, self.task.limit or training), self.task.pad
        sizes = {"train": int(kept * 0.8), "validation": int(kept * 0.9) - int(kept * 0.8), "fine-tune": kept - int(kept * 0.9),
                 "test": min(tests, self.task.tests or tests)}
        names = tuple(f"{name} {number}" for number in range(classes))
        return Data(name, names, (shape[0], max(side, shape[1]), max(side, shape[2])), sizes, (kept,) * classes)


def _different(training: list[tuple[np.ndarray, np.ndarray]], classes: int) -> tuple[int, ...]:
    """How many different images there are of each class."""
    seen = {(int(label), hash(image.tobytes())) for images, labels in training for image, label in zip(images, labels, strict=True)}
    counts = np.bincount([label for label, _ in seen], minlength=classes) if seen else np.zeros(classes, int)
    return tuple(int(n) for n in counts)


def open_task(builder: Builder, raw: Any, folder: Path | None) -> tuple[Setting, Library]:
    """The task of a scenario, built, its data and weights opened and its network tried; ArenaError at the place of the first fault."""
    from arena.hosts.networks import NETWORKS, Spec, torchvision_names
    from arena.workshop.workshop import Task

    task = builder.dataclass(Task, raw, ("task",))
    library, error = Library(folder, task), builder.file.error
    data = _tried(builder, ("task", "dataset"), lambda: library(task.dataset))
    if task.network not in NETWORKS and task.network not in torchvision_names():
        raise error(("task", "network"), f"unknown network {task.network!r:.80}{suggest(task.network, [*NETWORKS, *torchvision_names()])}")
    spec = Spec(task.network, len(data.classes), data.shape, task.resize, task.base.input if task.base else "torchvision")
    setting = Setting(data, spec, library)
    _tried(builder, ("task", "network"), lambda: setting.network)
    if task.base is not None:
        _check_base(builder, task.base, setting)
    return setting, library


def _check_base(builder: Builder, base: Base, setting: Setting) -> None:
    if base.weights:
        _tried(builder, ("task", "base", "weights"), lambda: _check_weights(builder.beside / base.weights, setting))
    elif base.dataset:
        source = _tried(builder, ("task", "base", "dataset"), lambda: setting.other(base.dataset))
        if source.shape != setting.spec.shape:
            raise builder.file.error(("task", "base", "dataset"), f"images of {source.name} have shape {source.shape}, the task's have {setting.spec.shape}")


def _check_weights(path: Path, setting: Setting) -> None:
    from arena.hosts import networks, weights

    if not path.is_file():
        raise ArenaError(f"{path}: no such file")
    network = networks.build(setting.spec)
    weights.load_pretrained(network.features[1].model if setting.spec.network not in networks.NETWORKS else network, path)  # type: ignore[index]


def _tried(builder: Builder, path: YamlPath, action: Callable[[], Any]) -> Any:
    try:
        return action()
    except ArenaError as error:
        raise builder.file.error(path, str(error)) from None
