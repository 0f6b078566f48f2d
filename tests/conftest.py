"""What several tests need: a store that all share, real data where it is at hand, and games played once."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from unittest import mock

import pytest

from arena.cli import main
from arena.game.ledger import meter
from arena.isolation import server
from tests.order import LONGEST, dealt, place_of

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if WORKER and hasattr(os, "sched_setaffinity"):
    cores = sorted(os.sched_getaffinity(0))
    # a core a worker: two that share both are slower than one
    os.sched_setaffinity(0, {cores[int(WORKER.removeprefix("gw")) % len(cores)]})
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell started this in the background
server.settle_environment()
server.PRELOAD.append("tests.prepared")
MARK = f"ARENA_TEST_MARK={uuid.uuid4().hex}"
"""In the environment of every process that tests of this worker start: so one that was left is found."""
os.environ["ARENA_TEST_MARK"] = MARK.partition("=")[2]
meter().watch_networks()  # as in an agent's process
ROOT = Path(__file__).resolve().parent.parent
UNPACK = ROOT.parent / "shared" / "data" / "unpack.py"


def pytest_collection_modifyitems(config, items):
    """Where several workers share the tests, the longest begin first."""
    if workers := getattr(config, "workerinput", {}).get("workercount"):
        long = sorted((item for item in items if place_of(item.nodeid) < len(LONGEST)),
                      key=lambda item: place_of(item.nodeid))
        items[:] = dealt(items, long, workers)


@pytest.fixture(scope="session", autouse=True)
def served():
    """The server of this worker's processes, started where it finds `tests.prepared`."""
    with contextlib.chdir(ROOT):
        server.warm_up()


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


def command(*arguments, store=None, cwd=None, **environment):
    """What `arena` gives and prints, from the same command line in this process: its matches are forked from the one
    server that all of a worker's have, where `arena` starts two interpreters and imports torch each time."""
    import torch

    words = [str(word) for word in arguments]
    settings = {**({"ARENA_STORE": str(store)} if store else {}), **environment}
    out, err, threads = io.StringIO(), io.StringIO(), torch.get_num_threads()
    with contextlib.ExitStack() as within:
        for context in (mock.patch.dict(os.environ, settings), contextlib.chdir(cwd or ROOT),
                        contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)):
            within.enter_context(context)
        try:
            code = main(words)
        except SystemExit as end:
            code = end.code
        finally:
            torch.set_num_threads(threads)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


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
