"""What hosts are for: data set, network, how it is trained, and where its features come from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Literal

from pydantic import Field

from arena.hosts import training


@dataclass(frozen=True)
class Base:
    """Where the features of a host come from when it is not trained from scratch (ROSE II-A, transfer learning)."""

    dataset: str = ""
    epochs: Annotated[int, Field(ge=1)] = 10
    weights: str = ""
    input: Literal["torchvision", "caffe"] = "torchvision"
    freeze: bool = False


@dataclass(frozen=True)
class Task(training.Settings):
    """What hosts are for: data set, network and how it is trained. `dataset` is a name, or a path beside the scenario
    (`./photos`, a folder of PNG or JPEG by class or what Hugging Face's `datasets` saved; `mine.npz`). `network` is
    one of the library, one of torchvision, one of the user's own (`mine.py:Net`, a class or function of `classes`
    and `shape`), or another library's (`timm:resnet10t`, `transformers:folder` with its config.json); `limit` keeps
    that many training images and `tests` that many test images (0: all); `resize` is the side of the images that a
    torchvision model is fed; `pad` the side to which smaller images are padded with black before anything else;
    `base` starts from the features of another host, or from a file of weights."""

    dataset: str = "digits"
    network: str = "digits-cnn"
    limit: Annotated[int, Field(ge=0)] = 0
    tests: Annotated[int, Field(ge=0)] = 0
    resize: Annotated[int, Field(ge=0, le=512)] = 0
    pad: Annotated[int, Field(ge=0, le=512)] = 0
    base: Base | None = None

    @property
    def settings(self) -> training.Settings:
        return training.Settings(**{f.name: getattr(self, f.name) for f in fields(training.Settings)})
