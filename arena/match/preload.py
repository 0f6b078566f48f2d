"""What the server of agents' processes does before the first agent is asked for: import what every agent needs.

It happens once, on a core that is idle while the scenario is read. Nothing is computed that would start threads: a
process that has threads can't be forked safely.
"""

import atexit
import os
import tempfile
from contextlib import suppress

import safetensors.torch  # noqa: F401
import torch.nn.utils.prune  # noqa: F401
from pydantic import TypeAdapter

import arena.scenario.builder
import arena.scenario.scenario
import arena.workshop.workshop  # noqa: F401
from arena.base.errors import ArenaError
from arena.hosts.winograd.ways import ways
from arena.strategies.catalogue import built_in
from arena.strategies.kinds import KINDS

with suppress(ImportError):
    from tqdm.std import TqdmDefaultWriteLock

    TqdmDefaultWriteLock.mp_lock = None  # torch.fx makes bars that it hides, whose semaphore would outlive an agent

TypeAdapter(int)  # the first looks for plugins in every package that is installed: half of a short match's time
with suppress(ArenaError):  # whoever asks for a strategy will be told
    for kind in KINDS:
        built_in(kind)
ways(3)  # most convolutions': compiled once for all agents
tempfile.gettempdir()  # found out while it can be: torch asks for it when it imports its compiler, sandbox or not


@atexit.register
def leave(server: int = os.getpid()) -> None:
    """The server's end is the end: taking torch down in good order takes seconds in which its agents would go on."""
    if os.getpid() == server:
        os._exit(0)
