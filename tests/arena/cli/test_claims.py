"""The end of a run: a table of claims, reasons when asked for, JSON alone for machines; nobody's finished run is lost
to another scenario."""

import json

import pytest

from tests.conftest import TINY, command

EXPECTING = TINY.replace("{role: verifier}", "{role: verifier, policy: {rarity: 33 bits, work: 44}}")


@pytest.fixture
def played(tmp_path, store):
    path = tmp_path / "who.yaml"
    path.write_text(EXPECTING + "expect: {alice on mallory: granted}\n")
    return lambda *words: command("run", path, "--out", tmp_path / "run", *words, store=store)


def test_the_table_says_what_was_asked_and_what_was_expected(played, store):
    done = played()
    head, row = next((line, after) for line, after in zip(done.stdout.splitlines(), done.stdout.splitlines()[1:],
                                                          strict=False) if "claimant" in line)
    assert head.split() == ["claimant", "on", "verdict", "rarity,", "bits", "work,", "bits", "expected"]
    assert row.startswith("✗ alice") and "denied for rarity" in row and row.endswith("no: granted")
    assert " of 33 " in row and " of 44 " in row and done.returncode == 1
    assert "below 33" not in done.stdout and "below 33" in played("-v").stdout


def test_machines_read_json_and_nothing_else(played):
    done = played("--json", "-v")
    found = json.loads(done.stdout)
    claim, = found["claims"]
    assert done.returncode == 1 and not found["as_expected"] and found["missed"][0]["pair"] == "alice on mallory"
    assert (claim["claimant"], claim["on"], claim["granted"], claim["expected"]) == ("alice", "mallory", False, False)
    assert claim["rarity_asked"] == 33 > claim["rarity"] and claim["work_asked"] == 44
    assert "tiny" in done.stderr and "below 33" in claim["reasons"][0]


def test_a_finished_run_of_another_scenario_is_replaced_when_that_is_asked_for(played, tmp_path, store):
    other = tmp_path / "other.yaml"
    other.write_text(TINY.replace("title: tiny", "title: another"))
    assert played().returncode == played().returncode == 1  # the same goes on as ever
    before = (tmp_path / "run" / "result.json").read_bytes()
    refused = command("run", other, "--out", tmp_path / "run", store=store)
    assert refused.returncode == 2 and "who.yaml is there; --overwrite" in refused.stderr
    assert (tmp_path / "run" / "result.json").read_bytes() == before
    done = command("run", other, "--out", tmp_path / "run", "--overwrite", store=store)
    assert done.returncode == 0 and json.loads((tmp_path / "run" / "result.json").read_text())["scenario"][
        "title"] == "another"
