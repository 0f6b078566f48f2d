"""The quickstart as users meet it: who wins and why, the report, cancelling, speed of the small things."""

import json
import re
import signal
import subprocess
import sys
import time

from arena.face import load
from arena.game.transcript import read
from tests.conftest import ROOT, arena, command


def test_the_right_ones_win_for_the_right_reasons(quickstart):
    run, done = quickstart
    assert done.returncode == 0, done.stdout + done.stderr
    result = load(run)
    assert len(result.outcomes) == 6 and result.as_expected
    granted = [v for v in result.verdicts if v.granted]
    assert [(v.claimant, v.deployer) for v in granted] == [("alice", "mallory")] and granted[0].rarity >= 80
    accuracy, = result.accuracies
    # six of 359 images; five seeds: README
    assert accuracy.unmarked > 0.97 and accuracy.marked > accuracy.unmarked - 0.0175
    assert re.search(r"^✓ alice +mallory +granted +\S+ of 64 +\S+ of 64 +yes$", done.stdout, re.M), done.stdout
    assert len(re.findall(r"^✗ ", done.stdout, re.M)) == 5 and "report.html" in done.stdout


def test_the_ledger_has_everybody(quickstart):
    run = read(quickstart[0])
    spent, asked = load(quickstart[0]).ledger, sum(len(m.body.images) for m in run.messages() if m.kind == "Query")
    assert (spent["alice"].gradients > 30_000 and spent["eve"].compressions > 2**17
            and spent["victor"].queries == asked > 2 * 64 + 3 * 40 + 3 * 32)
    assert spent["oscar"].gradients > 0 and spent["rex"].gradients == 0


def test_the_report_is_one_whole_page(quickstart):
    html = (quickstart[0] / "report.html").read_text()
    assert not re.findall(r'src="(?!data:)[^"]+"', html), "nothing may be loaded from elsewhere"
    for link in re.findall(r'href="(?!data:|#)([^"]+)"', html):
        assert (quickstart[0] / link).is_file()
    for needed in ("Verdicts", "Along the attacks", "Messages", "Who spent what", "Keys", "data:image/png;base64",
                   "granted", "seed: 7", "torch"):
        assert needed in html
    assert html.count("<svg") >= 3


def test_the_report_is_the_same_twice(quickstart, tmp_path):
    run = quickstart[0]
    before = (run / "report.html").read_bytes()
    assert command("report", run).returncode == 0
    assert (run / "report.html").read_bytes() == before


def test_help_is_fast_and_lists_are_complete():
    times = []
    for _ in range(5):
        start = time.perf_counter()
        assert "COMMAND" in arena("--help").stdout
        times.append(time.perf_counter() - start)
    assert min(times) < 0.3
    listed = command("list").stdout
    for name in ("rose", "fine-tune", "quantize", "flip-bits", "rarity-and-work", "gtsrb", "rose-cifar",
                 "quickstart", "verifier"):
        assert name in listed
    assert all(re.match(r"  \S.* {2,}\S", line) for line in command("list", "attacks").stdout.splitlines())
    assert json.loads(arena("schema").stdout)["title"] == "Arena scenario"


def test_cancelling_leaves_a_readable_run_and_the_same_command_resumes(tmp_path):
    words = [sys.executable, "-m", "arena", "run", "scenarios/quickstart.yaml", "--out", str(tmp_path / "run"),
               "--store", str(tmp_path / "store"),
               "--set", "task.epochs=400", "--set", "agents.alice.reference=true"]
    playing = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
    deadline = time.time() + 60
    while time.time() < deadline and "Commitment" not in ((tmp_path / "run" / "transcript.jsonl").read_text()
                                                          if (tmp_path / "run" / "transcript.jsonl").exists() else ""):
        time.sleep(0.1)
    playing.send_signal(signal.SIGINT)
    _, err = playing.communicate(timeout=60)
    assert playing.returncode == 130 and "cancelled" in err and "Traceback" not in err, err
    assert (read(tmp_path / "run").status == "cancelled"
            and json.loads((tmp_path / "run" / "result.json").read_text())["status"] == "cancelled")
    assert "cancelled" in (tmp_path / "run" / "report.html").read_text()
    again = command("run", "scenarios/quickstart.yaml", "--out", tmp_path / "run", "--set", "task.epochs=2",
                  store=tmp_path / "store")
    assert again.returncode in (0, 1) and read(tmp_path / "run").status == "finished"


def test_a_strategy_that_raises_is_named_with_its_own_lines(tmp_path, tiny, store):
    (tmp_path / "broken.py").write_text(
        "from dataclasses import dataclass\nfrom arena.strategies import "
        "Attack\n\n\n@dataclass(frozen=True)\nclass Broken(Attack):\n"
        "    def modify_model(self, model, loot):\n        return model.no_such_thing\n"
    )
    done = command("run", tiny, "--out", tmp_path / "run", "--set", "agents.mallory.attacks=['broken.py:Broken']",
                 store=store)
    assert done.returncode == 0 and "! mallory left the play: AttributeError" in done.stdout
    assert "no_such_thing" in done.stderr and "multiprocessing" not in done.stderr
    run = read(tmp_path / "run")
    assert run.status == "finished" and [(e["agent"], e["turn"]) for e in run.of("left")] == [("mallory", 1)]
    assert "left the play in turn 1" in (tmp_path / "run" / "report.html").read_text()
    expecting = tiny.with_name("expecting.yaml")
    expecting.write_text(tiny.read_text() + "expect: {alice on mallory: granted}\n")
    again = command("run", expecting, "--out", tmp_path / "again", "--set",
                    "agents.mallory.attacks=['broken.py:Broken']", store=store)
    assert again.returncode == 1 and "! expected alice on mallory: granted ; got no verdict" in again.stdout
