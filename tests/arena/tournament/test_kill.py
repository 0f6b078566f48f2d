"""kill -9 of the coordinator, of a worker or of an agent, at whatever moment: the same command goes on, no finished
match is played again, no line is lost or doubled, and the tables are the same, bit by bit. ARENA_KILLS=30 for a long
run."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from arena.tournament.answers.analysis import Analysis
from arena.tournament.journal import FILE, read
from tests.arena.tournament.stubs import GAMES, PAYOFFS, spec_of
from tests.conftest import ROOT, command

KILLS = int(os.environ.get("ARENA_KILLS", "4"))
PLAY = """
import sys
from pathlib import Path
from arena.executors.executor import Bounds
from arena.executors.local import LocalProcesses
from arena.isolation import server
from tests.arena.tournament.stubs import PAYOFFS, played, spec_of
server.PRELOAD[:] = ["arena.isolation.leash", "tests.arena.tournament.stubs"]  # stubs need no torch
folder = Path(sys.argv[1])
executor = LocalProcesses(2, Bounds(30))
for row in played(spec_of(folder, 3, 3, PAYOFFS, 12, 12), folder, executor):
    pass
executor.close()
assert "torch" not in sys.modules, "who only plans and writes down needs none"
print("finished")
"""


def start(folder):
    return subprocess.Popen([sys.executable, "-c", PLAY, str(folder)], cwd=ROOT, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True)


def lines(folder):
    return (folder / FILE).read_bytes().count(b"\n") if (folder / FILE).is_file() else 0


def workers_of(process):
    """Whoever has the coordinator as an ancestor: the server, its workers and theirs."""
    found, every = [process.pid], {}
    for stat in os.listdir("/proc"):
        if stat.isdigit():
            try:
                every[int(stat)] = int(open(f"/proc/{stat}/stat").read().rpartition(")")[2].split()[1])  # noqa: SIM115
            except OSError:
                continue
    for parent in found:
        found += [pid for pid, above in every.items() if above == parent]
    return found[1:]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "stub.json").write_text(json.dumps({"payoffs": GAMES["rps"], "sleep": 0.03}))
    return tmp_path


def test_whoever_is_killed_nothing_is_lost_nor_played_twice(folder):
    draw, everything = random.Random(1), 3 * 3 * 12
    for kill in range(KILLS):
        process, before = start(folder), lines(folder)
        until, wanted = time.monotonic() + 60, before + draw.randrange(1, 1 + everything // (KILLS + 1))
        while process.poll() is None and lines(folder) < wanted and time.monotonic() < until:
            time.sleep(0.005)
        if kill % 2 and (others := workers_of(process)):
            os.kill(draw.choice(others), signal.SIGKILL)
            time.sleep(0.3)
        process.kill()
        process.wait(20)
        process.stdout.close()
    last = start(folder)
    assert last.communicate(timeout=120)[0] == "finished\n"
    rows = [row for row in read(folder) if row.finished]
    keys = [row.key for row in rows]
    assert len(keys) == len(set(keys)) == everything

    whole = folder / "whole"
    whole.mkdir()
    (whole / "stub.json").write_text(json.dumps({"payoffs": GAMES["rps"]}))
    assert start(whole).communicate(timeout=120)[0] == "finished\n"
    tables = [Analysis(spec_of(place, 3, 3, PAYOFFS, 12, 12), list(read(place))).game("task", "default").samples
              for place in (folder, whole)]
    assert np.array_equal(tables[0], tables[1])


REAL = """
base: {dataset: digits, network: digits-cnn, epochs: 1, limit: 200}
schemes: {rose: {rose: {triggers: 16}}, label-change: {label-change: {keys: 10, epochs: 1}}}
attacks: {as-is: [], fine-tune: [{fine-tune: {epochs: 2}}]}
seeds: {least: 2, most: 2}
sampling: {rule: uniform}
limits: {attempts: 10}
"""


def real(folder, out, store):
    """The command line of a tournament of real matches."""
    return ["tournament", str(folder / "real.yaml"), "--out", str(out), "--store", str(store)]


def agents_of(process):
    """Those below a worker's own server of agents: coordinator, server, worker, its server, agent."""
    found, parents = [], {}
    for pid in workers_of(process):
        try:
            parents[pid] = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])  # noqa: SIM115
        except OSError:
            continue
    for pid in parents:
        depth, at = 0, pid
        while at in parents:
            depth, at = depth + 1, parents[at]
        found += [pid] if depth >= 4 else []
    return found


def test_matches_whose_agents_are_killed_are_played_again(tmp_path):
    (tmp_path / "real.yaml").write_text(REAL)
    draw, killed, words = random.Random(2), 0, real(tmp_path, tmp_path / "struck", tmp_path / "store")
    process = subprocess.Popen([sys.executable, "-m", "arena", *words], cwd=ROOT, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    until = time.monotonic() + 240
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.4 if killed else 0.05)
        if killed < max(2, KILLS // 2) and (agents := agents_of(process)):
            os.kill(draw.choice(agents), signal.SIGKILL)
            killed += 1
    assert process.wait(30) == 0 and killed >= 2
    assert command(*real(tmp_path, tmp_path / "whole", tmp_path / "store")).returncode == 0
    struck, calm = (list(read(tmp_path / name)) for name in ("struck", "whole"))
    assert len(calm) == 8 and all(row.finished for row in calm)
    again = [row for row in struck if not row.finished]
    assert again and {row.status for row in again} == {"killed"}
    finished = {row.key: row.figures for row in struck if row.finished}
    assert finished == {row.key: row.figures for row in calm}, "each match that was struck was played once more"
