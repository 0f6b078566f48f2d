"""A server of agents' processes within a worker: a fork of the worker before it was told anything.

A worker plays one match after another beside other workers. Its agents come from this server, which has torch already,
holds no seed, and dies with the worker and takes every agent with it. So nothing is imported twice, what one agent
knows is in no other's memory, and whoever ends the worker ends the whole match.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import forkserver, resource_tracker, util
from typing import Any

from arena.isolation.sandbox import die_with_parent, serve_from_here
from arena.isolation.server import without_main


def become_clean_server() -> None:
    """From here on the processes that `arena.isolation.server.context` makes are forks of this process as it is now.
    To be called before the process learns a secret."""
    resource_tracker.ensure_running()
    own: Any = util
    spawning = own.spawnv_passfds
    forkserver.set_forkserver_preload([])
    own.spawnv_passfds = _forked
    try:
        with without_main():
            forkserver.ensure_running()
    finally:
        own.spawnv_passfds = spawning


def _forked(path: str, args: Sequence[Any], passed: Sequence[int]) -> int:
    """What starts a program for multiprocessing, here without one: the program's text is run in a fork."""
    pid = os.fork()
    if pid:
        return pid
    try:
        die_with_parent()
        serve_from_here()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _close_all_but(passed)
        _forget(forkserver)
        with suppress(SystemExit):
            exec(args[-1], {})
    finally:
        os._exit(0)


def _forget(server: Any) -> None:
    """The server that the worker talks to is no server of the fork's."""
    type(server._forkserver).__init__(server._forkserver)


def _close_all_but(kept: Sequence[int]) -> None:
    places = [2, *sorted(kept), os.sysconf("SC_OPEN_MAX")]
    for low, high in itertools.pairwise(places):
        os.closerange(low + 1, high)
