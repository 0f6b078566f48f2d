"""Every scenario has a golden transcript, and those that CI can play still happen as written."""

import json

import pytest

from tests.conftest import ROOT, command
from tests.golden.record import golden_file, of_run, playable, scenarios

RARITY_BAND, RARITY_SHARE, ACCURACY_BAND = (
    30.0,
    0.15,
    0.03,
)  # a Gaussian statistic's rarity goes with its square: far out, bits count by shares


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda p: str(p.relative_to(ROOT / "scenarios")))
def test_has_a_golden_transcript(scenario):
    assert golden_file(scenario).is_file(), f"run `make golden` for {scenario}"
    assert json.loads(golden_file(scenario).read_text())["verdicts"]


def test_no_golden_transcript_is_left_over():
    assert {p.name for p in (ROOT / "tests" / "golden").glob("*.json")} == {golden_file(s).name for s in scenarios()}


@pytest.mark.parametrize("scenario", [s for s in scenarios() if playable(s) and s.stem != "quickstart"],
                         ids=lambda p: p.stem)
def test_happens_as_written(scenario, store, tmp_path):
    done = command("run", scenario, "--out", tmp_path / "run", "--threads", 1, store=store)
    assert done.returncode == 0, done.stdout + done.stderr
    compare(golden_file(scenario), tmp_path / "run")


def test_the_quickstart_happens_as_written(quickstart):
    compare(golden_file(ROOT / "scenarios" / "quickstart.yaml"), quickstart[0])


def compare(file, run):
    golden, now = json.loads(file.read_text()), of_run(run)
    assert now["messages"] == golden["messages"]
    for old, new in zip(golden["verdicts"], now["verdicts"], strict=True):
        assert {k: new[k] for k in ("claimant", "deployer", "verdict", "reasons")} == {
            k: old[k] for k in ("claimant", "deployer", "verdict", "reasons")
        }
        assert abs(new["rarity"] - old["rarity"]) <= max(RARITY_BAND, RARITY_SHARE * old["rarity"])
    for old, new in zip(golden["stages"], now["stages"], strict=True):
        assert ((new["agent"], new["stage"]) == (old["agent"], old["stage"])
                and abs(new["accuracy"] - old["accuracy"]) <= ACCURACY_BAND)
