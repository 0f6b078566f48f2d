"""False claims: keys that were committed to before anybody released a model, made of images that fool many models."""

import numpy as np
import pytest
import torch

from agents.attacks.theft.independent_host import IndependentHost
from agents.forgeries.labels.adversarial import Adversarial
from agents.forgeries.labels.false_claim import FalseClaim, Together
from agents.policies.rarity_and_work import RarityAndWork
from agents.policies.watermark_accuracy import WatermarkAccuracy
from agents.roles.attacker import Attacker
from agents.roles.owner import Owner
from agents.roles.usurper import Usurper
from agents.roles.verifier import Verifier
from agents.schemes.triggers.rose import Rose
from arena.game.evidence import Case
from arena.game.messages import Commitment, Deployment, Release, Verdict
from arena.game.rarity import binomial_rarity
from arena.hosts.task import Task
from arena.testing import check_agent, rehearse_match, small_host, small_workshop
from arena.workshop.specimen import Specimen

TASK = Task(dataset="digits", network="digits-cnn", epochs=8, rate=2e-3, schedule="one-cycle")


def played(store, usurper, policy=None):
    """What is said where eve accuses mallory, who is innocent: he trained a host of his own."""
    cast = {"eve": usurper, "alice": Owner(Rose(20)), "mallory": Attacker([IndependentHost()]),
            "victor": Verifier(policy or RarityAndWork())}
    return rehearse_match(cast, store, TASK, admitted=["rose", "frontier-stitching"])


def verdict_on(said, claimant):
    return next(m.body for m in said if isinstance(m.body, Verdict) and m.body.claimant == claimant
                and m.body.deployer == "mallory")


@pytest.mark.parametrize("scheme", ["frontier-stitching", "rose"])
def test_a_false_claim_has_its_date_and_is_denied_all_the_same(store, scheme):
    """The images speak for the accused too: most of them are answered as the key says, far beyond chance, and the
    commitment is older than every model."""
    said = played(store, Usurper(FalseClaim(scheme, 40, epsilon=0.3), scheme, "mallory", "early"))
    first = {kind: next(m.number for m in said if isinstance(m.body, kind)) for kind in (Release, Deployment)}
    committed = next(m.number for m in said if isinstance(m.body, Commitment) and m.sender == "eve")
    assert committed < min(first.values())
    verdict = verdict_on(said, "eve")
    case = Case.from_data(verdict.case)
    assert not verdict.granted and verdict.checks["commitment"], verdict.reasons
    naive = binomial_rarity(case.evidence.hits, case.evidence.trials, 1 / 10)
    assert naive > 20, "who counts answers alone would believe it"
    assert not verdict.checks["rarity" if scheme == "frontier-stitching" else "work"]


def test_a_verifier_who_counts_answers_believes_it(store):
    """Half of the answers as claimed is the toolbox's rule."""
    said = played(store, Usurper(FalseClaim("rose", 40, epsilon=0.3), "rose", "mallory", "early"),
                  WatermarkAccuracy(above=0.5, flawed=True))
    assert verdict_on(said, "eve").granted


def test_he_who_commits_early_claims_one_service_unless_he_says_so(store):
    check_agent(Usurper(Adversarial(20), "rose", commits="early"), store)


def test_several_models_together_answer_by_their_mean():
    class Says(torch.nn.Module):
        def __init__(self, *logits):
            super().__init__()
            self.logits = torch.tensor(logits)

        def forward(self, images):
            return self.logits.expand(len(images), -1)

    one, two = Says(2.0, 0.0, 0.0), Says(0.0, 0.0, 5.0)
    both = Together([one, two])(torch.zeros(3, 1))
    assert torch.allclose(both, (one.logits.log_softmax(0) + two.logits.log_softmax(0)) / 2)


@pytest.mark.parametrize("surrogates", [0, 2])
def test_more_surrogates_carry_further(store, surrogates):
    """The key's answers on the copy are nearly all as claimed; and the images stay near what they were."""
    shop = small_workshop(store, "eve", TASK)
    specimen = Specimen("eve", small_host(store, TASK), shop)
    forged = FalseClaim(surrogates=surrogates, triggers=20, epsilon=0.3).forge(specimen)
    before, _ = specimen.some_images(20)
    assert np.abs(forged["images"].astype(int) - before).max() <= round(0.3 * 255)
    assert (specimen.predict(forged["images"]) == forged["truth"]).mean() >= 0.8
