"""The models of timm, by their names there: `timm:resnet10t`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError, suggest
from arena.hosts.networks.others import Making, Other, called_in, imported

NEAR = 8


def maker(name: str, beside: Path) -> Making:
    timm = _library(name)

    def make(classes: int, shape: tuple[int, int, int]) -> Other:
        takes_side = {"img_size": tuple(shape[1:])} if _has_fixed_side(timm, name) else {}
        model = timm.create_model(name, pretrained=False, num_classes=classes, in_chans=shape[0], **takes_side)
        says = model.default_cfg
        head = says.get("classifier") or ""
        return Other(model, called_in(says.get("mean"), shape[0]), called_in(says.get("std"), shape[0], 1.0),
                     (head,) if isinstance(head, str) else tuple(head))

    return make


def source(name: str, beside: Path) -> str:
    return hashlib.sha256(f"timm {_library(name).__version__} {name}".encode()).hexdigest()


def _library(name: str) -> Any:
    """timm, if it has such a model; ArenaError otherwise."""
    timm = imported("timm")
    if not timm.is_model(name) or "." in name or ":" in name:
        plain = name.split(".")[0]
        tagged = timm.is_model(plain) and plain != name
        hint = ("; weights by a tag are not fetched: name the model alone, and a file in `base: {weights: ...}`"
                if tagged else suggest(name, sorted(timm.list_models(f"*{plain[:4]}*"))[:NEAR]))
        raise ArenaError(f"timm has no model {name!r:.80}{hint}")
    return timm


def _has_fixed_side(timm: Any, name: str) -> bool:
    config = timm.get_pretrained_cfg(name, allow_unregistered=False)
    return bool(config is not None and config.fixed_input_size)
