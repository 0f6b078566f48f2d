"""What several tests need: a store that all share, real data where it is at hand, and games played once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from arena.game.ledger import meter
from arena.isolation.server import settle_environment

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if WORKER and hasattr(os, "sched_setaffinity"):
    cores = sorted(os.sched_getaffinity(0))
    # a core a worker: two that share both are slower than one
    os.sched_setaffinity(0, {cores[int(WORKER.removeprefix("gw")) % len(cores)]})
settle_environment()
meter().watch_networks()  # as in an agent's process
ROOT = Path(__file__).resolve().parent.parent
UNPACK = ROOT.parent / "shared" / "data" / "unpack.py"


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """One store for the whole session, all workers: what one test trained, another may use."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if WORKER else base) / "store"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def real_data(tmp_path_factory):
    """A folder with mnist.npz and cifar10.npz: real images; skips where there are none."""
    if not UNPACK.is_file():
        pytest.skip("../shared/data is not here")
    folder = tmp_path_factory.mktemp("data")
    subprocess.run([sys.executable, str(UNPACK), str(folder), "mnist", "cifar10"], check=True, capture_output=True)
    return folder


def arena(*arguments, store=None, cwd=None, **environment):
    """Runs the command line in a process of its own."""
    settings = {**os.environ, **({"ARENA_STORE": str(store)} if store else {}), **environment}
    return subprocess.run([sys.executable, "-m", "arena", *map(str, arguments)], capture_output=True, text=True,
                          cwd=cwd or ROOT, env=settings,
                          timeout=600)


@pytest.fixture(scope="session")
def quickstart(store, tmp_path_factory):
    """(run folder, finished process) of the quickstart."""
    run = tmp_path_factory.mktemp("runs") / "quickstart"
    done = arena("run", "scenarios/quickstart.yaml", "--out", run, "--threads", 1, store=store)
    return run, done


TINY = """\
title: tiny
seed: 5
task: {dataset: digits, epochs: 2, rate: 2e-3, schedule: one-cycle, limit: 400}
agents:
  alice: {role: owner, reference: false, scheme: {rose: {triggers: 10, oversample: 3}}}
  mallory: {role: attacker}
  victor: {role: verifier}
"""


@pytest.fixture
def tiny(tmp_path):
    """A scenario file that plays in a second."""
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path
