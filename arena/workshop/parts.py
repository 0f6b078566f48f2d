"""Which parts of a data set somebody has."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import torch

from arena.base.errors import ArenaError
from arena.hosts.datasets import Dataset, Part, Samples


class Parts(dict[Part, Samples]):
    """The parts of a data set that somebody has; ArenaError, saying so, for the others."""

    owner = ""

    def __missing__(self, part: str) -> Samples:
        where = "what more a thief knows the scenario says (`knows: [training-data]`)"
        raise ArenaError(f"{self.owner} has no {part!r} data: {where}")


def held_by(owner: str, whole: Dataset, held: Collection[Part]) -> Dataset:
    """The data set as its `owner` has it: the parts that he holds, and as `train` all his labelled images where the
    owner's training images are not his."""
    own = Parts({part: samples for part, samples in whole.parts.items() if part in held})
    if "train" not in own:
        own["train"] = together(own["fine-tune"], own["validation"])
    own.owner = owner
    return replace(whole, parts=own)


def without_customers(dataset: Dataset) -> Dataset:
    """Where nobody asks a service, the test images are all for testing."""
    parts = dict(dataset.parts)
    parts["test"] = together(parts["test"], parts.pop("customers"))
    return replace(dataset, parts=parts)


def together(*samples: Samples) -> Samples:
    """Several samples as one."""
    return Samples(torch.cat([s.images for s in samples]), torch.cat([s.labels for s in samples]))
