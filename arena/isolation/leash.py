"""The first thing that the server of agents' processes imports: from here on it dies with the arena that started it,
also while it imports torch.

Only where the arena's main thread started it: the kernel's death signal comes when the thread that started a process
ends.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from arena.isolation.sandbox import die_with_parent, serve_from_here

HOLDER = "ARENA_LEASH"
"""Environment: who holds the leash, a process's number."""


def hold() -> None:
    """Before the server is started: this process holds its leash."""
    if threading.current_thread() is threading.main_thread():
        os.environ[HOLDER] = str(os.getpid())
    else:
        os.environ.pop(HOLDER, None)


if any("multiprocessing.forkserver" in word for word in sys.orig_argv):
    serve_from_here()
if any("multiprocessing.forkserver" in word for word in sys.orig_argv) and HOLDER in os.environ:
    die_with_parent()
    if os.environ[HOLDER] != str(os.getppid()):  # it was dead before
        os.kill(os.getpid(), signal.SIGKILL)
