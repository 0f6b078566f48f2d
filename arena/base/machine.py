"""What a reader must know of the machine that something was played or measured on."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path

VERSION = "0.1.0"


def machine() -> dict[str, str]:
    """What a reader must know of the machine: system, processor, Python and library versions."""
    from importlib.metadata import PackageNotFoundError, version

    out = {"system": f"{platform.system()} {platform.machine()}", "processor": _processor(),
           "python": platform.python_version(), "arena": VERSION}
    for name in ("torch", "torchvision", "numpy"):
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = "absent"
    return out


def _processor() -> str:
    try:
        lines: Iterator[str] = iter(Path("/proc/cpuinfo").read_text().splitlines())
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
                platform.processor())
