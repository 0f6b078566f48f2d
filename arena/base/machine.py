"""What a reader must know of the machine that something was played or measured on."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from arena.base.names import HOME

VERSION = "0.1.0"


def machine() -> dict[str, str]:
    """What a reader must know of the machine: system, processor, Python and library versions."""
    from importlib.metadata import PackageNotFoundError, version

    out = {"system": f"{platform.system()} {platform.machine()}", "processor": _processor(),
           "python": platform.python_version(), "arena": f"{VERSION}, sources {sources()[:12]}"}
    for name in ("torch", "torchvision", "numpy"):
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = "absent"
    return out


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def sources() -> str:
    """SHA-256 of the two packages' files, by name and content: whether two runs were played by the same code."""
    home = Path(__file__).resolve().parent.parent.parent
    files = sorted(path for package in ("arena", HOME) for path in (home / package).rglob("*.py"))
    found = hashlib.sha256()
    for path in files:
        raw = path.read_bytes()
        found.update(f"{path.relative_to(home).as_posix()} {len(raw)}\n".encode() + raw)
    return found.hexdigest()


def _processor() -> str:
    try:
        lines: Iterator[str] = iter(Path("/proc/cpuinfo").read_text().splitlines())
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
                platform.processor())
