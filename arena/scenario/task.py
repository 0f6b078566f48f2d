"""The task of a scenario: its data and weights opened, its network tried, before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.base.errors import ArenaError, suggest
from arena.base.names import canonical, is_own, place_of, split
from arena.base.yamlfile import YamlPath
from arena.hosts.data.finding import is_path
from arena.hosts.data.known import DOWNLOADS, Download
from arena.scenario.builder import Builder
from arena.strategies.premises import Data, Premises

if TYPE_CHECKING:
    from arena.hosts.architecture import Architecture
    from arena.hosts.task import Base, Task


PICTURES_ONLY = ("shift", "flip", "resize")
"""What a task can't ask of a table."""


class Library:
    """Opens data sets for a check, each once; `task` says how many images are kept of each, paths are relative to the
    folder `beside`. `files` are those of the user's own that were opened."""

    def __init__(self, folder: Path | None, task: Task, beside: Path = Path()) -> None:
        self.folder, self.task, self.beside = folder, task, beside
        self.files = list[str]()
        self._known: dict[str, Data] = {}

    def __call__(self, name: str) -> Data:
        """ArenaError when the data set is missing, or not as it should be."""
        if name not in self._known:
            self._known[name] = self._opened(name)
        return self._alike(self._known[name])

    def _alike(self, data: Data) -> Data:
        """The data set, which can stand beside the task's: pictures can be resized, a table's columns are what they
        are. ArenaError where it can't."""
        own = self._known.get(self.task.dataset, data)
        if (own.table or data.table) and own.shape != data.shape:
            raise ArenaError(f"{data.name} {_held(data)}, and the task's {own.name} {_held(own)}")
        return data

    def _opened(self, name: str) -> Data:
        from arena.hosts import datasets

        datasets.available(name, self.folder, self.beside)
        if name in DOWNLOADS and not datasets.at_hand(name, self.folder):
            return self._announced(name, DOWNLOADS[name])
        task = self.task
        whole = datasets.load(name, self.folder, 0, task.limit, task.pad, task.tests, self.beside)
        if is_path(name):
            self.files.append(place_of(name, self.beside))
        sizes = {str(part): len(samples) for part, samples in whole.parts.items()}
        training = [(samples.images.numpy(), samples.labels.numpy())
                    for part, samples in whole.parts.items() if part in ("train", "validation", "fine-tune")]
        return Data(name, whole.classes, whole.shape, sizes, _different(training, len(whole.classes)))

    def _announced(self, name: str, there: Download) -> Data:
        """What is only downloaded when it is needed."""
        kept, side = min(there.training, self.task.limit or there.training), self.task.pad
        sizes = {"train": int(kept * 0.8), "validation": int(kept * 0.9) - int(kept * 0.8),
                 "fine-tune": kept - int(kept * 0.9),
                 "test": min(there.tests, self.task.tests or there.tests)}
        names = tuple(f"{name} {number}" for number in range(there.classes))
        channels, high, wide = there.shape
        return Data(name, names, (channels, max(side, high), max(side, wide)), sizes, (kept,) * there.classes)


def _held(data: Data) -> str:
    return f"is a table of {data.shape[2]} columns" if data.table else "holds pictures"


def _different(training: list[tuple[np.ndarray, np.ndarray]], classes: int) -> tuple[int, ...]:
    """How many different images there are of each class."""
    seen = {(int(label), hash(image.tobytes())) for images, labels in training
            for image, label in zip(images, labels, strict=True)}
    counts = np.bincount([label for label, _ in seen], minlength=classes) if seen else np.zeros(classes, int)
    return tuple(int(n) for n in counts)


def open_task(builder: Builder, raw: Any, folder: Path | None) -> tuple[Premises, Base | None, Library]:
    """The task of a scenario, its data and weights opened and its network tried (one of the user's own elsewhere:
    `arena.scenario.alone`), what it builds on, and what opens further data; ArenaError at the place of the first
    fault."""
    from arena.hosts.architecture import Architecture
    from arena.hosts.task import Task

    task = builder.dataclass(Task, raw, ("task",))
    library = Library(folder, task, builder.beside)
    data = _tried(builder, ("task", "dataset"), lambda: library(task.dataset))
    if data.table and (moves := next((word for word in PICTURES_ONLY if getattr(task, word)), "")):
        raise builder.file.error(("task", moves), f"{moves} is for pictures, and {data.name} is a table")
    name = _tried(builder, ("task", "network"), lambda: _network_called(task.network, builder.beside))
    channels = task.base.input if task.base else "torchvision"
    premises = Premises(data, Architecture(name, len(data.classes), data.shape, task.resize, channels), library)
    if name.startswith("transformers:"):
        library.files.append(split(name)[1])
    if not is_own(name):
        _tried(builder, ("task", "network"), lambda: premises.network)
    if task.base is not None:
        _check_base(builder, task.base, premises, library)
    return premises, task.base, library


def _network_called(name: str, beside: Path) -> str:
    """The one name of a network; of one of the user's own nothing is known yet but that. ArenaError when there is
    none."""
    from arena.hosts.networks import NETWORKS, torchvision_names

    if ":" in name or name.endswith(".py"):
        return canonical(":".join(split(name)), beside)
    if name not in NETWORKS and name not in torchvision_names():
        raise ArenaError(f"unknown network {name!r:.80}{suggest(name, [*NETWORKS, *torchvision_names()])}")
    return name


def _check_base(builder: Builder, base: Base, premises: Premises, library: Library) -> None:
    """What a host builds on; of a network of the user's own its parts and weights are looked at elsewhere."""
    if base.weights:
        library.files.append(place_of(base.weights, builder.beside))
        if not is_own(premises.architecture.network):
            _tried(builder, ("task", "base", "weights"),
                   lambda: check_weights(builder.beside / base.weights, premises.architecture))
    elif base.dataset:
        source = _tried(builder, ("task", "base", "dataset"), lambda: premises.other(base.dataset))
        if source.shape != premises.architecture.shape:
            wrong = f"images of {source.name} have shape {source.shape}, the task's have {premises.architecture.shape}"
            raise builder.file.error(("task", "base", "dataset"), wrong)


def check_weights(path: Path, architecture: Architecture) -> None:
    """ArenaError unless a file holds weights that such a network can start from."""
    from arena.hosts import networks
    from arena.hosts.starting import start_from

    start_from(networks.build(architecture), path)


def _tried(builder: Builder, path: YamlPath, action: Callable[[], Any]) -> Any:
    try:
        return action()
    except ArenaError as error:
        raise builder.file.error(path, str(error)) from None
