"""What is known of a match before anything is trained: the data's sizes and classes, the network, and what an earlier
attack took away.

Strategies are asked whether they fit it (`Strategy.misfit`), so that `arena check` refuses what can't be played. It
holds no images and no seed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from arena.base.errors import ArenaError

if TYPE_CHECKING:
    from arena.hosts.architecture import Architecture
    from arena.hosts.networks import Network

@dataclass(frozen=True)
class Misfit:
    """Why a strategy can't be played in a scenario; `parameter` is the one to mend, where it is one."""

    text: str
    parameter: str = ""


@dataclass(frozen=True)
class Data:
    """A data set in numbers: names of its classes, shape (C, H, W), images in each part, different training images (of
    each class)."""

    name: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    sizes: Mapping[str, int]
    different: tuple[int, ...]

    @property
    def table(self) -> bool:
        """Whether it is a table, whose columns have no neighbours: images one pixel high."""
        return self.shape[1] == 1

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Data:
        return cls(plain["name"], tuple(plain["classes"]), tuple(plain["shape"]), plain["sizes"],
                   tuple(plain["different"]))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Premises:
    """Where a strategy is to play: the task's data and network, `parts` of the data that its agent holds, `samples`
    that a thief says he has (0: all), `copies` that the victim sells (None: not known), and the conditions that earlier
    attacks broke, each with which one did (`lost`)."""

    data: Data
    architecture: Architecture
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
        return _built(self.architecture)

    @property
    def two_parts(self) -> Misfit | None:
        """A misfit when the network hasn't the two parts of which transfer learning replaces one."""
        from arena.hosts.networks import parts_misfit

        text = parts_misfit(self.network, _built(replace(self.architecture, classes=self.classes + 1)))
        return Misfit(text) if text else None

    @property
    def images(self) -> int:
        """At most so many different images has the agent to train a host on, and to make keys of."""
        held = ("train",) if "train" in self.parts else ("fine-tune", "validation")
        return min(sum(self.data.sizes.get(part, 0) for part in held), sum(self.data.different))

    @property
    def pool(self) -> int:
        """At most so many different images has a forger."""
        return min(self.images + (self.data.sizes.get("fine-tune", 0) if "train" in self.parts else 0),
                   sum(self.data.different))

    @property
    def stolen_samples(self) -> int:
        """How many labelled samples a thief has."""
        return self.samples or self.data.sizes.get("fine-tune", 0)

    def enough(self, wanted: int, there: int, parameter: str, what: str = "different images") -> Misfit | None:
        """A misfit when there are fewer than wanted."""
        return (Misfit(f"{wanted:,} {what} are wanted, but {self.data.name} has {there:,} for it", parameter)
                if wanted > there else None)

    def layer(self, name: str, parameter: str = "layer") -> Misfit | None:
        """A misfit when the network has no such layer to mark."""
        from arena.hosts.layers import layer_name

        try:
            layer_name(self.network, name)
        except ArenaError as error:
            return Misfit(str(error), parameter)
        return None


@lru_cache(maxsize=8)
def _built(architecture: Architecture) -> Network:
    from arena.game.ledger import meter
    from arena.hosts.networks import blank

    try:
        with meter().paused(), warnings.catch_warnings(action="ignore"):
            return blank(architecture).eval()
    except AssertionError as error:
        what = f"network {architecture.network!r} can't take images of shape {tuple(architecture.shape)}"
        raise ArenaError(f"{what}: {' '.join(str(error).split())}") from None
