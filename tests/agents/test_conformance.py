"""Every built-in strategy passes the suite that authors of new ones run; the suite itself finds what it is for."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from agents.attacks.model.adversarial_training import AdversarialTraining
from agents.attacks.model.align_features import AlignFeatures
from agents.attacks.model.blur_labels import BlurLabels
from agents.attacks.model.dummy_neurons import DummyNeurons
from agents.attacks.model.fine_prune import FinePrune
from agents.attacks.model.fine_tune import FineTune
from agents.attacks.model.launder import Launder
from agents.attacks.model.morph import Morph
from agents.attacks.model.neural_cleanse import NeuralCleanse
from agents.attacks.model.overwrite import Overwrite
from agents.attacks.model.overwrite_by_length import OverwriteByLength
from agents.attacks.model.prune import Prune
from agents.attacks.model.quantize import Quantize
from agents.attacks.model.refit import Refit
from agents.attacks.model.regularize import Regularize
from agents.attacks.model.transfer import Transfer
from agents.attacks.model.weight_shift import WeightShift
from agents.attacks.service.autoencoder import Autoencoder
from agents.attacks.service.input_noise import InputNoise
from agents.attacks.service.jpeg import Jpeg
from agents.attacks.service.mirror import Mirror
from agents.attacks.service.occlude import Occlude
from agents.attacks.service.perturb import Perturb
from agents.attacks.service.smooth import Smooth
from agents.attacks.service.squeeze import Squeeze
from agents.attacks.service.withhold import Withhold
from agents.attacks.theft.average import Average
from agents.attacks.theft.distill import Distill
from agents.attacks.theft.ensemble_of_thieves import EnsembleOfThieves
from agents.attacks.theft.independent_host import IndependentHost
from agents.attacks.theft.knockoff import Knockoff
from agents.attacks.theft.twin import Twin
from agents.attacks.tuned import Tuned
from agents.forgeries.flaws.encoding_gap import EncodingGap
from agents.forgeries.flaws.truncated_seed import TruncatedSeed
from agents.forgeries.labels.adversarial import Adversarial
from agents.forgeries.labels.duplicates import Duplicates
from agents.forgeries.labels.false_claim import FalseClaim
from agents.forgeries.labels.flip_bits import FlipBits
from agents.forgeries.labels.grind import Grind
from agents.forgeries.labels.multi_target import MultiTarget
from agents.forgeries.labels.natural import Natural
from agents.forgeries.labels.raise_level import RaiseLevel
from agents.forgeries.labels.random_key import RandomKey
from agents.forgeries.labels.replay import Replay
from agents.forgeries.weights.grind_seed import GrindSeed
from agents.forgeries.weights.invert_passport import InvertPassport
from agents.forgeries.weights.sign_sequence import SignSequence
from agents.forgeries.weights.solve_projection import SolveProjection
from agents.policies.rarity_and_work import RarityAndWork
from agents.policies.watermark_accuracy import WatermarkAccuracy
from agents.roles.attacker import Attacker
from agents.roles.owner import Owner
from agents.roles.seller import Seller
from agents.roles.usurper import Usurper
from agents.roles.verifier import Verifier
from agents.schemes.patterns.content import Content
from agents.schemes.patterns.ewe import Ewe
from agents.schemes.patterns.noise import Noise
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
from arena.base.errors import Malformed
from arena.game.evidence import Flaws, Work
from arena.game.rarity import Hits
from arena.strategies import Attack, WhiteBox, built_in, name_of
from arena.testing import check_agent, check_attack, check_forgery, check_scheme, check_strategy, check_verdicts
from arena.testing.rehearsal import SMALL

ATTACKS = [FineTune(epochs=2, rate=1e-4), Prune(0.3), Prune(0.3, "descending", "fully-connected"), Prune(0.3, "random"),
           Quantize(), Quantize("full-integer"),
           Quantize("float16"), Transfer("digits", epochs=1), Transfer("digits", epochs=1, train="all"), Jpeg(75),
           IndependentHost(1), Morph(), Morph(permute=False), Overwrite(Uchida(64, strength=0.1), epochs=1),
           Overwrite(NegativeCorrelation(2, alpha=0.1)), Average(), WeightShift(epochs=1),
           Prune(0.5, layers="features.0"),
           Prune(0.5, retrain=2), Autoencoder(epochs=2, folds=2), Autoencoder(epochs=2, folds=2, always=True),
           Distill(2), Distill(2, "hard"), Twin(1, 1), Morph(scale=1e3, scaled="one"),
           Smooth("mean"), Smooth("median"), Smooth("gaussian"), InputNoise(), Squeeze(), Mirror(), Occlude(),
           Perturb(0.3), Withhold(), Withhold(1, "random"),
           *(Refit(mode, epochs=1) for mode in ("FTLL", "FTAL", "RTLL", "RTAL")), Regularize(epochs=1, mend=1),
           BlurLabels(epochs=1), BlurLabels(0, 0.3, epochs=1), AdversarialTraining(1), FinePrune(epochs=1),
           NeuralCleanse(steps=2, epochs=1), Launder(2, epochs=1), Launder(2, epochs=1, margin=0, labels="stolen"),
           AlignFeatures(copies=1, epochs=1), OverwriteByLength(epochs=1), DummyNeurons(),
           Knockoff(epochs=1), Knockoff("digits", "resnet-8", 50, 1, "hard"),
           EnsembleOfThieves([Prune(0.1), Prune(0.2), Quantize()]),
           Tuned(Prune(0), LabelChange(5), {"rate": [0.0, 0.9], "order": ["ascending", "random", "descending"]}, 2)]
FORGERIES = [RandomKey(), RandomKey(level=0), Natural(0), Natural(1), Adversarial(), FlipBits(), FlipBits(epsilon=0),
             Grind(tries=3000), Replay(),
             Grind(tries=20, free="secret"), Grind(tries=3000, labels="natural"), Grind(level=3, tries=3, memory=16),
             FalseClaim(triggers=10, surrogates=1), Duplicates(),
             RaiseLevel(Natural(1), memory=16), MultiTarget(tries=3000)]
FLAWED = [(TruncatedSeed(seed_bits=8), "rose"), (EncodingGap(), "rose"), (SolveProjection(), "uchida"),
          (SignSequence(), "negative-correlation"), (InvertPassport(), "passports")]
WHITE_BOX = [(GrindSeed(tries=3), "uchida"), (GrindSeed("negative-correlation", tries=3), "negative-correlation")]
UNRELATED = "unrelated"
SCHEMES = [*(Rose(20, level, 5, memory=16) for level in (0, 1, 2, 3)), Uchida(64),
           Uchida(64, embed="fine-tune", epochs=2), Uchida(64, embed="distill", epochs=2),
           Uchida(64, embed="weights", strength=30), Uchida(252, code=True, strength=1),
           NegativeCorrelation(2, alpha=0.1), NegativeCorrelation(3, alpha=0.1, codebook="simplex", sign="positive"),
           Adi(20), Content(20, overlay="heart-grey", share=0.4), Content(20, overlay="symbol", share=0.4),
           Noise(20, share=0.5), Deepsigns(20), FrontierStitching(40, epochs=9),
           Ipguard(60),
           LabelChange(20, 20), ExponentialWeighting(20, 20), DeepsignsWhiteBox(40, 8, 0.3),
           Ewe(20, share=0.4), Certified(20), Blackmarks(40), Deepmarks(7, 2), Riga(64), Passports(2), Eaaw(),
           Dawn(), Radioactive(epsilon=0.3, share=0.8), DatasetInference()]
LONGER = {"dataset-inference": replace(SMALL, epochs=16)}
"""What lives on memory needs a host that has one."""
ROLES = [Owner(Rose(10)), Seller(), Attacker([Prune(0.1)]), Usurper(RandomKey()),
         Usurper(RandomKey(), commits="early"), Verifier(RarityAndWork())]


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_attacks(attack, store):
    check_attack(attack, store)


@pytest.mark.parametrize("forgery", FORGERIES, ids=str)
def test_forgeries(forgery, store):
    check_forgery(forgery, store)


@pytest.mark.parametrize(("forgery", "scheme"), WHITE_BOX, ids=str)
def test_forgeries_of_marks_in_weights(forgery, scheme, store):
    check_forgery(forgery, store, scheme)


@pytest.mark.parametrize(("forgery", "scheme"), FLAWED, ids=str)
def test_forgeries_that_live_on_flaws(forgery, scheme, store):
    check_forgery(forgery, store, scheme)
    kind = type(forgery)
    honest = type(kind.__name__, (kind,), {"exploits": Flaws(), "__doc__": kind.__doc__})(**vars(forgery))
    with pytest.raises(Malformed):
        check_forgery(honest, store, scheme)


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
def test_schemes(scheme, store):
    check_scheme(scheme, store, LONGER.get(name_of(scheme), SMALL))


@pytest.mark.parametrize("role", ROLES, ids=lambda r: type(r).__name__)
def test_roles(role, store):
    check_agent(role, store)


def test_policies():
    for policy in (RarityAndWork(), WatermarkAccuracy()):
        check_strategy(policy)


def test_nothing_built_in_was_left_out():
    tested = {kind: {type(s).__module__.rpartition(".")[2].replace("_", "-") for s in those}
              for kind, those in (("attacks", ATTACKS), ("forgeries",
                                                         [*FORGERIES, *(f for f, *_ in [*FLAWED, *WHITE_BOX])]),
                                  ("schemes", SCHEMES), ("roles", ROLES),
                                  ("policies", [RarityAndWork(), WatermarkAccuracy()]))}
    tested["roles"].add("service")  # needs a model: tests/agents/roles/test_service.py
    tested["schemes"].add(UNRELATED)  # needs a second data set: tests/agents/test_key_samples.py
    assert tested == {kind: set(built_in(kind)) for kind in tested}
    assert all(line for kind in tested for line in built_in(kind).values())


@dataclass(frozen=True)
class Careless(Attack):
    """draws from the global generator"""

    def modify_model(self, model, loot):
        with torch.no_grad():
            next(model.parameters()).add_(torch.randn(1).item())
        return model


@dataclass(frozen=True)
class Rude(Attack):
    """changes the images it was given"""

    def modify_query(self, images, loot):
        images += 1
        return images


@dataclass(frozen=True)
class Floating(Attack):
    """gives floats"""

    def modify_query(self, images, loot):
        return images.astype(np.float32)


@dataclass(frozen=True)
class Own(Rose):
    """rose, under a name of its own"""


@dataclass(frozen=True)
class Faint(Rose):
    """marks with other labels than those it claims"""

    def mark(self, key, workshop):
        return super().mark(replace(key, secret=bytes(32)), workshop)


@dataclass(frozen=True)
class Everybodys(Uchida):
    """claims what every model shows"""

    @classmethod
    def examine(cls, claim, setting):
        return Generous(claim.key, cls.commitment(claim.key, claim.claimant))


@dataclass(frozen=True)
class Generous(WhiteBox):
    key: dict
    commitment: str

    def score(self, model, reference=None):
        return Hits(40, 40, 0.5)

    def forging_cost(self, evidence, setting):
        return Work(99.0, 99.0, "nobody")


def test_a_scheme_of_ones_own_is_granted(store):
    check_scheme(Own(20, 2, 5), store)


@pytest.mark.parametrize(("scheme", "fault"), [(Faint(20, 2, 5), "owner must be granted"),
                                               (Everybodys(64), "innocent's host must not be granted")])
def test_a_match_finds_marks_that_do_not_win_and_those_that_always_do(scheme, fault, store):
    with pytest.raises(AssertionError, match=fault):
        check_verdicts(scheme, store)


@pytest.mark.parametrize(("attack", "fault"), [(Careless(), "global generator"), (Rude(), "changed the images"),
                                               (Floating(), "uint8")])
def test_the_suite_finds_faults(attack, fault, store):
    with pytest.raises(AssertionError, match=fault):
        check_attack(attack, store)
