"""Where and how things are played here, as callers and the command line say it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from arena.base.errors import ArenaError
from arena.base.files import default_folder
from arena.base.machine import cores
from arena.workshop.options import Options

Place = str | os.PathLike[str]


def options(store: Place | None = None, data: Place | None = None, device: str = "auto", threads: int = 0) -> Options:
    """How matches are played here: where artefacts are kept ($ARENA_STORE, else the user's cache), where data sets are
    ($ARENA_DATA), `device` cpu, cuda or auto, `threads` (0: the cores that this process may use; the bits depend on
    it). ArenaError for what isn't there."""
    if threads < 0:
        raise ArenaError(f"{threads} threads: at least 1")
    return Options(str(store or default_folder()), str(found.resolve()) if (found := data_folder(data)) else "",
                   _device(device), threads or cores())


def data_folder(data: Place | None = None) -> Path | None:
    """Where data sets are; ArenaError for a folder that isn't there."""
    if data and not Path(data).is_dir():
        raise ArenaError(f"{data}: no such folder")
    given = data or os.environ.get("ARENA_DATA")
    return Path(given) if given else None


def _may_have_cuda() -> bool:
    """Whether asking torch is worth importing it: on Linux, CUDA needs a device file."""
    return sys.platform != "linux" or any(Path("/dev").glob("nvidia*")) or Path("/dev/dxg").exists()


def _device(wanted: str) -> str:
    if wanted == "cpu" or (wanted == "auto" and not _may_have_cuda()):
        return "cpu"
    import torch

    if wanted not in ("auto", "cuda"):
        raise ArenaError(f"device {wanted!r}: cpu, cuda or auto is wanted")
    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise ArenaError("device cuda: torch finds no CUDA device here")
    return "cpu"
