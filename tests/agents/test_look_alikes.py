"""An owner claims the host of an innocent who has the same images, the same network and the same recipe, and nothing of
his: other initial weights, or the same pretrained ones. Nobody is granted anything, by any scheme; by the papers' own
rule for marks without a draw he is."""

import pytest

import arena
from tests.agents.test_honest_owners import TURNED, WEAK
from tests.benchmarks.owners import TASK

ONE_START = {**TASK, "epochs": 8, "base": {"epochs": 8}}
"""Everybody's features start from the same public host's, on all that isn't marked from scratch."""
FROM_A_HOST = ["`ipguard`", "`frontier-stitching`", "`negative-correlation`"]
HALF = {"watermark-accuracy": {"above": 0.5, "flawed": True}}


def claimed(scheme, seed=1, task=TASK, **how):
    """What comes of an owner's claims on a thief's and on a look-alike's host, by who claims whose before whom."""
    result = arena.play({"title": "A look-alike", "seed": seed, "task": task, "agents": {
        "alice": {"role": "owner", "reference": False, "scheme": scheme}, "mallory": {"role": "attacker"},
        "bob": {"role": "attacker", "attacks": ["independent-host"], "knows": ["training-data"]},
        "victor": {"role": "verifier"}, "felix": {"role": "verifier", "policy": HALF}}}, threads=1, **how)
    assert not result.faults
    return {(verdict.deployer, verdict.verifier): verdict for verdict in result.verdicts}


@pytest.mark.parametrize("name", [name for name in TURNED if name not in WEAK])
def test_a_look_alike_is_no_thief(name, store, turned):
    found = claimed(TURNED[name], store=store, data=turned)
    assert found["mallory", "victor"].granted and not found["bob", "victor"].granted, found["bob", "victor"].reasons
    assert found["bob", "victor"].case.rarity < 16 < found["mallory", "victor"].case.rarity


@pytest.mark.parametrize("name", WEAK)
def test_nor_does_weak_evidence_speak_against_him(name, store):
    found = claimed(TURNED[name], store=store)
    assert not found["bob", "victor"].granted, found["bob", "victor"].reasons
    assert found["bob", "victor"].case.rarity < WEAK[name] <= found["mallory", "victor"].case.rarity


@pytest.mark.parametrize("name", FROM_A_HOST)
def test_nor_is_who_starts_from_the_same_features(name, store):
    found = claimed(TURNED[name], task=ONE_START, store=store)
    assert found["mallory", "victor"].granted and not found["bob", "victor"].granted, found["bob", "victor"].reasons


def test_who_counts_answers_alone_accuses_him(store):
    """Before the border most accurate models answer as the owner's: half of a key, IPGuard's evidence without a null,
    says nothing, and bob is granted to alice by who asks for no more."""
    found = claimed({"ipguard": {"distance": 3.0}}, store=store)
    assert found["bob", "felix"].granted and not found["bob", "victor"].granted
    assert found["bob", "felix"].case.evidence.hits > 70 and found["bob", "victor"].case.rarity < 10
