"""The folder of a run: one arena at a time, a name of its own for every variant, hashes of the user's files."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

from arena.base.errors import ArenaError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # not everywhere
    fcntl = None

LOCK = ".lock"
_held: set[int] = set()
"""Locks of this process. A process that is forked from it must not hold them any longer than it does."""


@contextmanager
def locked(run: Path) -> Iterator[None]:
    """Keeps other arenas out of a run's folder; ArenaError when another is playing there. Ends with this process,
    however that ends."""
    path = run / LOCK
    try:
        run.mkdir(parents=True, exist_ok=True)
        handle = _flocked(path, fcntl) if fcntl else os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644)
    except (BlockingIOError, FileExistsError) as error:
        taken = isinstance(error, BlockingIOError) or Path(error.filename or "") == path
        hint = "" if fcntl else f" (if none is, remove {path})"
        wrong = f"another arena is playing into this folder{hint}" if taken else "is no folder"
        raise ArenaError(f"{run}: {wrong}") from None
    except (OSError, ValueError) as error:
        raise ArenaError(f"{run}: can't be written: {getattr(error, 'strerror', None) or error}") from None
    _held.add(handle)
    try:
        yield
    finally:
        _release(handle, path)


def _flocked(path: Path, system: ModuleType) -> int:
    """An open, locked file; opened again when who had the lock removed it in between. BlockingIOError when somebody has
    it."""
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o644)
        try:
            system.flock(handle, system.LOCK_EX | system.LOCK_NB)
            if _is(handle, path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _release(handle: int, path: Path) -> None:
    if handle in _held:
        _held.discard(handle)
        with suppress(OSError):
            if _is(handle, path):
                path.unlink()
        os.close(handle)


def _is(handle: int, path: Path) -> bool:
    """Whether the open file is the one at `path` still."""
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False


def _let_go() -> None:
    for handle in _held:
        with suppress(OSError):
            os.close(handle)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


def default_run(scenario: Path, seed_text: str, changes: Sequence[str]) -> Path:
    """runs/STEM-seedSEED, and with changes a name that depends on them, so that no variant overwrites another."""
    variant = "-" + hashlib.sha256(json.dumps(list(changes)).encode()).hexdigest()[:8] if changes else ""
    return Path("runs") / f"{scenario.stem}-seed{seed_text}{variant}"
