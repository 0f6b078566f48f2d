"""Every built-in scheme's rarity promises what innocents keep; two nulls that they don't keep are found out."""

import shlex
from dataclasses import dataclass, fields

import pytest

from agents.schemes.patterns.content import Content
from agents.schemes.patterns.ewe import Ewe
from agents.schemes.patterns.noise import Noise
from agents.schemes.patterns.unrelated import Unrelated
from agents.schemes.triggers._key_samples import KeyExamination
from agents.schemes.triggers.adi import Adi
from agents.schemes.triggers.blackmarks import Blackmarks
from agents.schemes.triggers.certified import Certified
from agents.schemes.triggers.dataset_inference import DatasetInference
from agents.schemes.triggers.dawn import Dawn
from agents.schemes.triggers.deepsigns import Deepsigns
from agents.schemes.triggers.eaaw import Eaaw
from agents.schemes.triggers.exponential_weighting import ExponentialWeighting
from agents.schemes.triggers.frontier_stitching import FrontierStitching
from agents.schemes.triggers.ipguard import Ipguard
from agents.schemes.triggers.label_change import LabelChange
from agents.schemes.triggers.rose import Rose
from agents.schemes.weights.deepmarks import Deepmarks
from agents.schemes.weights.deepsigns_white_box import DeepsignsWhiteBox
from agents.schemes.weights.negative_correlation import NegativeCorrelation
from agents.schemes.weights.passports import Passports
from agents.schemes.weights.radioactive import Radioactive
from agents.schemes.weights.riga import Riga
from agents.schemes.weights.uchida import Uchida
from arena.base.errors import ArenaError
from arena.face.calibrating import calibrate, load
from arena.game.rarity import Hits
from arena.report.panels.calibration.machine import command
from arena.strategies import built_in, name_of
from arena.testing import check_calibration, small_calibration
from tests.conftest import arena

HEART = "heart-grey"
SCHEMES = [*(Rose(level=level, memory=16) for level in (0, 1, 2, 3)), LabelChange(), ExponentialWeighting(), Adi(),
           Deepsigns(), FrontierStitching(), Ipguard(60), Content(overlay=HEART), Content(overlay=HEART, targets="one"),
           Noise(), Unrelated(dataset="turned"), Uchida(64), NegativeCorrelation(2), DeepsignsWhiteBox(40), Ewe(),
           Certified(), Blackmarks(), Deepmarks(), Riga(others=1), Passports(), Eaaw(), Dawn(), Radioactive(100),
           DatasetInference(15)]
"""Nulls are what they are for fewer images, which is faster."""
TRAINED = (Ipguard, Blackmarks, Deepmarks, DeepsignsWhiteBox, Passports, Radioactive, Riga, Uchida, DatasetInference)
"""Each key of these costs a training or a search: fewer of them."""


def test_none_is_missing():
    assert {name_of(scheme) for scheme in SCHEMES} == set(built_in("schemes"))


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
def test_innocents_keep_what_rarity_promises(scheme, store, turned):
    check_calibration(scheme, store, keys=16 if isinstance(scheme, TRAINED) else 40, data=turned)


@dataclass(frozen=True)
class SurpriseExamination(KeyExamination):
    """True labels as they once were judged: those that one control host gets wrong count, each as if an innocent got it
    right by chance."""

    @property
    def controls(self):
        return 1

    def score(self, labels, controls=None):
        surprising = controls[0] != self.key.labels
        hits = labels[surprising] == self.key.labels[surprising]
        return Hits(int(hits.sum()), len(hits), 1 / (self.key.classes - 1))


@dataclass(frozen=True)
class Surprises(FrontierStitching):
    """frontier stitching, by surprises"""

    @classmethod
    def examine(cls, claim, setting):
        return _as(SurpriseExamination, super().examine(claim, setting))


@dataclass(frozen=True)
class ImageByImageExamination(KeyExamination):
    """One target, counted as if each image had a draw of its own."""

    def score(self, labels, controls=None):
        hits = labels == self.key.labels
        return Hits(int(hits.sum()), len(hits), 1 / (self.key.classes - 1))


@dataclass(frozen=True)
class ImageByImage(Content):
    """content, image by image"""

    @classmethod
    def examine(cls, claim, setting):
        return _as(ImageByImageExamination, super().examine(claim, setting))


def _as(kind, plain):
    return kind(**{f.name: getattr(plain, f.name) for f in fields(plain)})


@pytest.mark.parametrize("scheme", [Surprises(), ImageByImage(overlay=HEART, targets="one")], ids=str)
def test_a_wrong_null_is_found_out(scheme, store):
    found = small_calibration(scheme, store)
    assert not found.calibrated and found.verdict.startswith("wrong null: at R = "), found.verdict
    with pytest.raises(AssertionError, match="wrong null"):
        check_calibration(scheme, store)


SMALL = ("--hosts", 3, "--keys", 4, "--threads", 2, "--set", "task.limit=300", "--set", "task.epochs=1")


def test_from_the_command_line(store, tmp_path):
    done = arena("calibrate", "{deepsigns: {keys: 9}}", *SMALL, "--set", "scheme.deepsigns.keys=5", "--out", tmp_path,
                 store=store)
    assert done.returncode == 0 and done.stdout.splitlines()[-2].startswith("calibrated: "), done.stdout + done.stderr
    found = load(tmp_path)
    assert (found.described, len(found.hosts), found.keys) == ("deepsigns keys=5 epochs=0 share=0.04", 3, 4)
    assert found.task["limit"] == 300 and (tmp_path / "calibration.png").is_file()
    assert "innocent hosts" in (tmp_path / "report.html").read_text()
    again = shlex.split(command(found))  # as the page says
    assert arena(*again[1:], "--threads", 2, "--out", tmp_path / "again", store=store).returncode == 0
    assert load(tmp_path / "again") == found


@pytest.mark.parametrize(("scheme", "how", "fault"), [
    ("rosé", {}, "unknown scheme"), ("adi", {"changes": ["agents.alice=1"]}, "can be changed here"),
    ("adi", {"changes": {"task.epochs": "none"}}, "epochs"), ("adi", {"keys": 1}, "2 to 100000 keys"),
    ("unrelated", {}, "unrelated images are wanted"), ({"adi": {"keys": 0}}, {}, "keys"),
    ("adi", {"dataset": "x"}, "'x' is missing"), (Adi(), {"changes": {"scheme.adi.keys": 3}}, "can be changed here"),
    ("adi", {"seed": -1}, "seed -1")])
def test_a_users_mistake_is_one_line(scheme, how, fault, store):
    with pytest.raises(ArenaError, match=fault) as error:
        calibrate(scheme, store=store, threads=1, **how)
    assert "\n" not in str(error.value)


def test_and_has_its_exit_code(store, tmp_path):
    done = arena("calibrate", "{adi: {keys: 0}}", "--out", tmp_path, store=store)
    assert done.returncode == 2 and done.stderr.startswith("arena: ") and done.stderr.count("\n") == 1


def test_what_is_no_record_is_refused(tmp_path):
    for text in ("", "[1]", "{}", "nonsense"):
        (tmp_path / "calibration.json").write_text(text)
        with pytest.raises(ArenaError, match="no calibration"):
            load(tmp_path)
