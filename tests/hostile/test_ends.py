"""However a match ends, it leaves a run that can be read and nothing else: no process, no torn file, no lock."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid

import pytest

from arena.game.transcript import read
from arena.match.runfolder import locked
from tests.conftest import ROOT, TINY, arena, command
from tests.hostile.test_hostile import processes_with

LOOP = '''
import time
from dataclasses import dataclass
from arena.agent import Agent


@dataclass
class Loop(Agent):
    def take_turn(self, turn):
        print("looping", flush=True)
        while True:
            pass
'''


def looping(tmp_path, store, mark):
    """A match that hangs in an agent's turn."""
    (tmp_path / "loop.py").write_text(LOOP)
    scenario = tmp_path / "s.yaml"
    scenario.write_text(TINY.replace("  victor:", "  loop: {role: 'loop.py:Loop'}\n  victor:"))
    command = [sys.executable, "-m", "arena", "run", str(scenario), "--out", str(tmp_path / "run"), "--store",
               str(store)]
    playing = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "ARENA_TEST_MARK": mark})
    for line in playing.stdout:
        if "looping" in line:
            return playing
    raise AssertionError(playing.stderr.read())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_polite_end(tmp_path, store, number):
    mark = uuid.uuid4().hex
    playing = looping(tmp_path, store, mark)
    playing.send_signal(number)
    out, err = playing.communicate(timeout=30)
    assert playing.returncode == 130 and "cancelled" in err and "Traceback" not in err, err
    assert (read(tmp_path / "run").status == "cancelled"
            and json.loads((tmp_path / "run" / "result.json").read_text())["status"] == "cancelled")
    assert "cancelled" in (tmp_path / "run" / "report.html").read_text() and "report:" in out
    assert not processes_with(mark)
    with locked(tmp_path / "run"):
        pass


def test_kill_nine_leaves_nothing_and_the_same_command_resumes(tmp_path, store):
    mark = uuid.uuid4().hex
    playing = looping(tmp_path, store, mark)
    assert len(processes_with(mark)) >= 5
    playing.kill()
    playing.wait()
    deadline = time.monotonic() + 10
    while processes_with(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not processes_with(mark)
    torn = read(tmp_path / "run")
    assert torn.status == "unfinished" and next(e["entry"] for e in torn.entries) == "head"
    assert b"secret" not in (tmp_path / "run" / "transcript.jsonl").read_bytes()
    done = arena("run", tmp_path / "s.yaml", "--out", tmp_path / "run", "--limit", "quiet=3", store=store)
    assert done.returncode == 0 and "loop left the play: it gave no sign of life for 3 s" in done.stdout
    assert read(tmp_path / "run").status == "finished"


def test_a_reader_who_goes_away_ends_no_match(tmp_path, tiny, store):
    command = (f"{sys.executable} -m arena run {tiny} --out {tmp_path / 'run'} --store {store} | head -n 1; echo "
               f"${{PIPESTATUS[0]}}")
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["tiny", "0"] and not done.stderr, done
    assert read(tmp_path / "run").status == "finished"


def test_a_terminal_that_lacks_characters(tmp_path, tiny, store):
    done = arena("run", tiny, "--out", tmp_path / "run", store=store, PYTHONIOENCODING="ascii")
    assert done.returncode == 0 and not done.stderr and re.search(r"^\? alice +mallory", done.stdout, re.M)


def test_a_run_folder_has_one_arena(tmp_path, tiny, store):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "result.json").write_text("{}")
    with locked(tmp_path / "run"):
        done = command("run", tiny, "--out", tmp_path / "run", store=store)
    assert done.returncode == 2 and "another arena is playing" in done.stderr and done.stderr.count("\n") == 1


def test_variants_have_folders_of_their_own(tmp_path, tiny, store):
    for changes in ([], ["--set", "agents.alice.scheme.rose.triggers=7"],
                    ["--set", "agents.alice.scheme.rose.triggers=8"]):
        assert command("run", tiny, *changes, store=store, cwd=tmp_path).returncode == 0
    names = sorted(p.name for p in (tmp_path / "runs").iterdir())
    assert len(names) == 3 and names[0] == "tiny-seed5" and all(name.startswith("tiny-seed5-") for name in names[1:])


def test_replay_works_from_any_folder_and_says_what_changed(tmp_path, store):
    (tmp_path / "blur.py").write_text("from dataclasses import dataclass\nfrom arena.strategies import "
                                      "Attack\n\n\n@dataclass(frozen=True)\nclass Same(Attack):\n"
                                      "    def modify_query(self, images, loot):\n        return images\n")
    scenario, elsewhere = tmp_path / "s.yaml", tmp_path / "elsewhere"
    elsewhere.mkdir()
    scenario.write_text(TINY.replace("{role: attacker}", "{role: attacker, attacks: ['blur.py:Same']}"))
    assert command("run", "s.yaml", "--out", "run", store=store, cwd=tmp_path).returncode == 0
    done = arena("replay", tmp_path / "run", store=store, cwd=elsewhere)
    assert done.returncode == 0 and "the same:" in done.stdout and "changed" not in done.stdout, \
        done.stdout + done.stderr
    (tmp_path / "blur.py").write_text((tmp_path / "blur.py").read_text() + "\n# another\n")
    done = command("replay", tmp_path / "run", store=store, cwd=elsewhere)
    assert done.returncode == 0 and "blur.py" in done.stdout and "changed" in done.stdout
    assert command("report", tmp_path / "run", store=store, cwd=elsewhere).returncode == 0


def test_the_seed_is_told_when_it_is_over(tmp_path, tiny, store):
    done = command("run", tiny, "--out", tmp_path / "run", "--seed", "random", store=store)
    assert done.returncode == 0
    seed = read(tmp_path / "run").scenario["seed"]
    assert seed > 2**64 and str(seed) in (tmp_path / "run" / "report.html").read_text()
    again = command("run", tiny, "--out", tmp_path / "again", "--seed", seed, store=store)
    assert read(tmp_path / "again").hash == read(tmp_path / "run").hash and again.returncode == 0


def test_a_store_that_cannot_be_written_is_said_before_anything_is_trained(tmp_path, tiny):
    (tmp_path / "store").write_text("a file")
    done = arena("run", tiny, "--out", tmp_path / "run", "--store", tmp_path / "store")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and str(tmp_path / "store") in done.stderr
