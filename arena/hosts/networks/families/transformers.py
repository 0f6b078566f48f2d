"""The image classifiers of Hugging Face's transformers: `transformers:path`, a folder beside the scenario with the
model's config.json, as `save_pretrained` writes it. Of code in such a folder none is run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from arena.base.errors import ArenaError
from arena.base.files import file_hash
from arena.base.told import told
from arena.hosts.networks.others import Making, Other, called_in, imported

CONFIG, INPUT = "config.json", "preprocessor_config.json"


class Logits(nn.Module):
    """A classifier of transformers that gives its logits alone."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Any) -> Any:
        return self.model(pixel_values=images).logits


class Classifier(Other):
    """A classifier of transformers, whose files may have names of earlier versions."""

    def named(self, tensors: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:
        import transformers

        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        kind: Any = type(self.inner)
        with torch.random.fork_rng(devices=[]):
            found, info = kind.from_pretrained(None, config=self.inner.config, state_dict=dict(tensors),
                                               dtype=torch.float32, ignore_mismatched_sizes=True,
                                               output_loading_info=True)
        lost = {*info["missing_keys"], *(key for key, *_ in info["mismatched_keys"])}
        return {key: tensor for key, tensor in found.state_dict().items() if key not in lost}


def maker(name: str, beside: Path) -> Making:
    folder = _folder(name, beside)
    library = imported("transformers")
    wanted = _json(folder / CONFIG)
    says = _json(folder / INPUT) if (folder / INPUT).is_file() else {}

    def make(classes: int, shape: tuple[int, int, int]) -> Classifier:
        config = library.AutoConfig.for_model(**{**wanted, **_sides(wanted, shape)}, num_labels=classes)
        config.num_channels = shape[0]
        model = library.AutoModelForImageClassification.from_config(config, dtype=torch.float32)
        mean, sd = (called_in(says.get(key), shape[0], 0.5) for key in ("image_mean", "image_std"))
        return Classifier(Logits(model), mean, sd, ("classifier",))

    return make


def source(name: str, beside: Path) -> str:
    folder = _folder(name, beside)
    told_of = [imported("transformers").__version__, *(file_hash(folder / file) for file in (CONFIG, INPUT))]
    return hashlib.sha256(f"transformers {' '.join(told_of)}".encode()).hexdigest()


def _folder(name: str, beside: Path) -> Path:
    folder = beside / name
    if not (folder / CONFIG).is_file():
        raise ArenaError(f"transformers:{told(name, 100)}: no {CONFIG} in {told(folder, 200)}; models are not fetched: "
                         f"save one with save_pretrained, and give its folder relative to the scenario")
    return folder


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ArenaError(f"{file}: can't be read: {told(error, 200)}") from None
    if not isinstance(found, dict):
        raise ArenaError(f"{file}: a mapping is wanted")
    return {key: value for key, value in found.items() if key not in ("id2label", "label2id", "auto_map", "num_labels")}


def _sides(config: dict[str, Any], shape: tuple[int, int, int]) -> dict[str, Any]:
    """The side of the images, where a model hangs on it."""
    side = shape[1] if shape[1] == shape[2] else list(shape[1:])
    return {"image_size": side} if "image_size" in config else {}
