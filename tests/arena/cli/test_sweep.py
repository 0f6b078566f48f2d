"""`arena sweep` as users type it: plan, table, going on, and one line for what is wrong."""

import re
import subprocess
import sys
import time

import pytest

from arena.tournament.journal import FILE
from tests.arena.tournament.sweep import stubs
from tests.arena.tournament.sweep.stubs import plays, scenario
from tests.conftest import ROOT, command

VARY = "agents.mallory.attacks=[[], [fine-tune], [prune]]"
SLOW = """
import sys, time
import arena.cli, arena.face.sweeping
arena.face.sweeping.WORK = "tests.arena.tournament.sweep.stubs:slowly"
sys.argv[0] = "arena"
sys.exit(arena.cli.main())
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr("arena.face.sweeping.WORK", stubs.WORK)
    scenario(tmp_path)
    return tmp_path


def swept(folder, *words, vary=VARY):
    return command("sweep", folder / "who.yaml", "--vary", vary, "--out", folder / "out", "--store", folder / "store",
                   "--executor", "serial", *words)


def test_a_table_of_what_came_of_it(folder):
    done = swept(folder, "--seeds", "1-3")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and lines[0] == "3 combinations with 3 seeds each: 9 matches"
    head = next(number for number, line in enumerate(lines) if line.startswith("mallory.attacks"))
    assert [re.split("  +", line) for line in lines[head:]] == [
        ["mallory.attacks", "claim", "granted", "rarity, bits", "work, bits", "accuracy, %"],
        ["[]", "alice on mallory", "2 of 3 (9 to 99 %)", "20.0 ± 10.0 (3)", "5.0 ± 0.0 (3)", "98.0 ± 1.0 (3)"],
        ["", "nobody on bob", "-", "-", "-", "50.0 ± 0.0 (3)"],
        ["[fine-tune]", "alice on mallory", "0 of 3 (0 to 71 %)", "20.0 ± 10.0 (3)", "5.0 ± 0.0 (3)", "98.0 ± 1.0 (3)"],
        ["", "nobody on bob", "-", "-", "-", "50.0 ± 0.0 (3)"],
        ["[prune]", "! failed: ValueError: no knife"],
        [f"report: {folder / 'out' / 'report.html'}"]]
    assert sum(line.startswith("! agents.mallory.attacks=[prune], seed ") for line in lines) == 3


def test_the_same_command_goes_on_and_the_plan_plays_nothing(folder):
    planned = swept(folder, "--plan")
    assert planned.returncode == 0 and not plays(folder) and not (folder / "out").exists()
    assert planned.stdout.splitlines() == ["3 combinations with 5 seeds each: 15 matches", *(
        f"  agents.mallory.attacks=[{attack}]" for attack in ("", "fine-tune", "prune"))]
    swept(folder, "--seeds", "2")
    again = swept(folder, "--seeds", "2")
    assert len(plays(folder)) == 6 and f"6 of them are in {folder / 'out'}: they are not played again" in again.stdout
    assert again.stdout.splitlines()[-8:] == swept(folder, "--seeds", "1,2").stdout.splitlines()[-8:]


def test_nothing_finished_is_exit_1(folder):
    assert swept(folder, "--seeds", "1", vary="agents.mallory.attacks=[[prune]]").returncode == 1


@pytest.mark.parametrize(("words", "told"), [
    (["--seeds", "5-1"], "--seeds 5-1: 1-5, 1,4,9 or a count is wanted"),
    (["--vary", "task.epochs=[]"], "--vary task.epochs: a list of one value at least is wanted"),
    (["--vary", "task.epochs=["], "--vary task.epochs:2:1: not YAML"),
    (["--vary", "task.epohs=[1]"], "--vary task.epohs=1: "),
    (["--set", "task.epohs=1"], "task.epohs: unknown key 'epohs'"), (["--executor", "rya"], "--executor: 'rya'"),
    (["--limit", "match"], "--limit match: NAME=VALUE is wanted"), (["--limit", "match=now"], "--limit: match: ")])
def test_what_is_wrong_is_one_line_and_exit_2(folder, words, told):
    done = swept(folder, *words)
    assert done.returncode == 2 and told in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert not plays(folder)


def test_a_file_that_is_not_there():
    done = command("sweep", "nobody.yaml")
    assert done.returncode == 2 and done.stderr.startswith("arena: nobody.yaml: no such file, and")


def test_who_stops_it_is_told_how_to_go_on(tmp_path):
    """Ctrl-C leaves what is finished, and the command to go on."""
    scenario(tmp_path)
    words = ["sweep", str(tmp_path / "who.yaml"), "--vary", VARY, "--out", str(tmp_path / "out"), "--executor",
             "serial", "--store", str(tmp_path / "store")]
    process = subprocess.Popen([sys.executable, "-c", SLOW, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.PIPE, start_new_session=True)
    journal, until = tmp_path / "out" / FILE, time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until and not (journal.is_file() and journal.stat().st_size):
        time.sleep(0.01)
    process.send_signal(2)
    out, _ = process.communicate(timeout=60)
    told = f"stopped: what is finished is in {tmp_path / 'out'}; to go on: arena sweep {tmp_path / 'who.yaml'} --vary '"
    assert process.returncode == 130 and told in out and 0 < journal.read_text().count("\n") < 15
