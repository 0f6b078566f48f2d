"""Independent pieces of work side by side: a process for each core, a thread for each process.

Small networks gain little from a second thread and much from a second process, and with one thread each their bits are
the same on any number of cores (README, "Speed").
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, TypeVar

from arena.base.errors import ArenaError
from arena.base.userfiles import load_file, own_files
from arena.isolation.server import context

T = TypeVar("T")


def together(work: Callable[[Any], T], items: Sequence[Any], processes: int) -> Iterator[T]:
    """What `work` makes of each item, in their order; `work`, items and results must be picklable. What it raises is
    raised here, when its turn comes; ArenaError when a process dies."""
    with ProcessPoolExecutor(min(processes, max(1, len(items))), mp_context=context(), initializer=_begin,
                             initargs=(own_files(),)) as pool:
        try:
            yield from pool.map(work, items)
        except BrokenProcessPool:
            raise ArenaError("a process that worked on this ended without a word: was memory short?") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin(files: Sequence[Path]) -> None:
    """A worker knows the user's own files, has one thread, ends on Ctrl-C without a word, and doesn't outlive who
    started it."""
    import torch

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    torch.set_num_threads(1)
    for file in files:
        load_file(file)
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()


def _end_with(parent: Any) -> None:
    wait([parent.sentinel])
    os._exit(1)
