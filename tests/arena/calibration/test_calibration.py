"""A calibration's record, its words, and that it goes on where it stopped."""

import json
from dataclasses import replace

import numpy as np
import pytest

from agents.schemes.triggers.adi import Adi
from arena.base.errors import ArenaError
from arena.calibration import calibration, trial
from arena.calibration.calibration import Calibration, calibrate
from arena.calibration.exceedance import exceedances
from arena.calibration.journal import Journal
from arena.calibration.plan import DATA, TASK, Company
from arena.calibration.trial import Scored
from arena.testing.calibrated import BRIEF
from arena.workshop.options import Options


@pytest.fixture(scope="module")
def small(store):
    return {"scheme": Adi(keys=5), "task": BRIEF, "options": Options(str(store)), "hosts": 4, "keys": 3}


@pytest.fixture(scope="module")
def found(small):
    return calibrate(**small)


def test_the_record_is_read_as_it_was_written(found):
    again = Calibration.from_data(json.loads(json.dumps(found.as_data())))
    assert again.as_data() == {**found.as_data(), "task": again.task}  # its milestones are a list in JSON
    assert again.levels == found.levels and again.hosts == found.hosts and again.pairs == 12


@pytest.mark.parametrize("wrong", [{"version": 0}, {"levels": 3}, {"hosts": [{"name": "x"}]}, {"keys": None}])
def test_what_is_no_record_is_refused(found, wrong):
    plain = {**found.as_data(), **wrong}
    if plain["keys"] is None:
        del plain["keys"]
    with pytest.raises(ArenaError, match="calibration"):
        Calibration.from_data(plain)


def test_innocents_go_with_each_network_and_data_in_turn(store):
    company = Company(TASK, Options(str(store)), 0, 60, ("a", "b", "c"))
    kinds = [(host.network, host.data) for host in company.innocents]
    assert {kinds.count(kind) for kind in kinds} == {5} and len(set(kinds)) == 3 * len(DATA)


def test_everybody_has_other_draws_and_the_controls_are_no_innocents(small):
    company = Company(BRIEF, small["options"], 0, 4, ("digits-cnn",))
    secrets = [company.shop(name).seed for name in ("victor", "claimant 1", "claimant 2",
                                                    *(f"innocent {n}" for n in range(4)))]
    assert len(set(secrets)) == 7


def test_half_the_data_is_another_half_for_each_and_apart_is_nobodys(small):
    from arena.calibration.plan import _samples

    company = Company(BRIEF, small["options"], 0, 4, ("digits-cnn",))
    shops = [company.shop(f"innocent {n}") for n in (0, 1)]
    held = {image.tobytes() for image in shops[0].samples.images.numpy()}
    halves = [{image.tobytes() for image in _samples(shop, "half").images.numpy()} for shop in shops]
    assert all(half < held for half in halves) and halves[0] != halves[1]
    apart = {image.tobytes() for image in _samples(shops[0], "apart").images.numpy()}
    assert apart and not apart & held


def of(found, rarity, granted=0):
    return replace(found, levels=exceedances(rarity, False), granted=granted)


def test_its_verdict_in_words(found):
    uniform = -np.log2(np.random.default_rng(1).random((400, 1)))
    kept, broken = of(found, uniform), of(found, 2 * uniform)
    assert kept.calibrated and kept.holds and kept.verdict.startswith("calibrated: ")
    assert not broken.calibrated and not broken.holds
    assert broken.verdict.startswith("wrong null: at R = ") and "times as often as 2^-" in broken.verdict
    assert not of(found, uniform, granted=1).holds


def test_it_goes_on_where_it_stopped(small, found, tmp_path, monkeypatch):
    scored, path = [], tmp_path / "scores.jsonl"
    plain = trial.Trial.scores

    def counted(self, numbers):
        if len(scored) == 2:
            raise KeyboardInterrupt
        scored.extend(numbers)
        return plain(self, numbers)

    monkeypatch.setattr(calibration, "TOGETHER", 1)
    monkeypatch.setattr(calibration.Trial, "scores", counted)
    with pytest.raises(KeyboardInterrupt):
        calibrate(**small, journal=path)
    with path.open("a") as torn:
        torn.write('{"key":3,"rar')
    scored.clear()
    assert calibrate(**small, journal=path).as_data() == found.as_data()
    assert scored == [3]


def test_scores_of_something_else_are_begun_anew(tmp_path):
    score = Scored(1, (2.0, 0.5), (True, False), False)
    journal = Journal(tmp_path / "scores.jsonl", {"scheme": "one"})
    journal.add(score)
    assert Journal(tmp_path / "scores.jsonl", {"scheme": "one"}).scores == {1: score}
    assert Journal(tmp_path / "scores.jsonl", {"scheme": "two"}).scores == {}


@pytest.mark.parametrize("wrong", [{"hosts": 0}, {"keys": 1}])
def test_too_few_of_either_are_refused(small, wrong):
    with pytest.raises(ArenaError, match="are wanted"):
        calibrate(**{**small, **wrong})
