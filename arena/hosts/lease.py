"""Who makes a thing holds its lease meanwhile: others wait for it instead of making it too.

The kernel holds it (flock), so that it expires with its holder, whatever ended him. Nobody waits for ever: who holds a
lease longer than that is as if he weren't there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover: no lease, and things may be made twice
    fcntl = None  # type: ignore[assignment]

PATIENCE, GLANCE = 1800.0, 0.05


@contextmanager
def lease(path: Path, alive: Callable[[], None] = lambda: None, patience: float = PATIENCE) -> Iterator[None]:
    """Holds the lease at `path` within; waits for another holder, and calls `alive` while it waits. Where no file can
    be written there is none to hold."""
    held = _wait_for(path, alive, time.monotonic() + patience) if fcntl is not None else None
    try:
        yield
    finally:
        if held is not None:
            with suppress(OSError):
                path.unlink()  # while it is held: who waits for it sees that it is another file
            os.close(held)


def _wait_for(path: Path, alive: Callable[[], None], until: float) -> int | None:
    while time.monotonic() < until:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError:
            return None
        if _taken(file, path):
            return file
        os.close(file)
        alive()
        time.sleep(GLANCE)
    return None


def _taken(file: int, path: Path) -> bool:
    """Whether the open file is held now, and is still the one at `path`."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False
