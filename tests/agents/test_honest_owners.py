"""An honest owner of any scheme, as it is by default, is granted his own network by the default policy; five seeds by
`python -m tests.benchmarks.owners` (docs/calibration.md)."""

import numpy as np
import pytest

from arena.hosts import datasets
from arena.strategies import built_in
from tests.benchmarks.owners import SCHEMES, honest

TURNED = {**SCHEMES, "`unrelated` (mnist)": {"unrelated": {"dataset": "turned"}}}


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """A folder with a second data set: digits upside down."""
    folder, raw = tmp_path_factory.mktemp("turned"), datasets._raw("digits", None)
    images, labels = np.ascontiguousarray(raw["train_images"][:, ::-1]), raw["train_labels"]
    np.savez(folder / "turned.npz", train_images=images[:1500], train_labels=labels[:1500],
             test_images=images[1500:], test_labels=labels[1500:])
    return folder


def test_none_is_missing():
    names = (next(iter(scheme)) if isinstance(scheme, dict) else scheme for scheme in SCHEMES.values())
    assert set(names) == set(built_in("schemes"))


@pytest.mark.parametrize("name", TURNED)
def test_an_honest_owner_is_granted_his_own(name, store, turned):
    result = honest(TURNED[name], 1, reference=False, store=store, data=turned)
    (verdict,) = result.verdicts
    assert not result.faults and verdict.granted, verdict.reasons
    assert verdict.case.rarity >= verdict.case.bounds.rarity and verdict.case.work.cheapest >= verdict.case.bounds.work
