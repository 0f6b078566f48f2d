"""An honest owner of any scheme, as it is by default, is granted his own network by the default policy; five seeds by
`python -m tests.benchmarks.owners` (docs/calibration.md)."""

import pytest

from arena.strategies import built_in
from tests.benchmarks.owners import SCHEMES, honest

TURNED = {**SCHEMES, "`unrelated` (mnist)": {"unrelated": {"dataset": "turned"}}}


def test_none_is_missing():
    names = (next(iter(scheme)) if isinstance(scheme, dict) else scheme for scheme in SCHEMES.values())
    assert set(names) == set(built_in("schemes"))


WEAK = {"`dataset-inference`": 7}
"""Those that a host which hardly overfits doesn't take to their bound (docs/calibration.md), and the bits that it must
reach: here the paper's p = 0.01."""


@pytest.mark.parametrize("name", [name for name in TURNED if name not in WEAK])
def test_an_honest_owner_is_granted_his_own(name, store, turned):
    result = honest(TURNED[name], 1, reference=False, store=store, data=turned)
    (verdict,) = result.verdicts
    assert not result.faults and verdict.granted, verdict.reasons
    assert verdict.case.rarity >= verdict.case.bounds.rarity and verdict.case.work.cheapest >= verdict.case.bounds.work


@pytest.mark.parametrize("name", WEAK)
def test_weak_evidence_is_evidence(name, store):
    assert honest(TURNED[name], 1, reference=False, store=store).verdicts[0].case.rarity >= WEAK[name]
