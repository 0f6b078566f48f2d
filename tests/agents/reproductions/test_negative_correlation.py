"""What the page on Kakikura et al. says of hosts and of keys that nobody put there."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from agents.reproductions import negative_correlation as page
from arena.reproduction.reproduction import Row
from arena.testing import small_workshop


def fake(seed, wrong, right, tests=1000):
    shop = SimpleNamespace(dataset=SimpleNamespace(parts={"test": range(tests)}), accuracy=lambda net: 0.5)
    return SimpleNamespace(shop=shop, seed=seed, plain=None, changed_answers=lambda: (wrong, right))


@pytest.mark.parametrize(("hosts", "holds"), [(((5, 5), (0, 3)), [True, True]), (((5, 4), (0, 30)), [False, True])])
def test_a_gain_is_no_excuse_for_another_hosts_loss(hosts, holds):
    rows = list(page.NegativeCorrelation()._cost([fake(i, *each) for i, each in enumerate(hosts, 1)]))
    assert [row.holds for row in rows] == holds and "sign test" in rows[0].spread


def test_changed_answers_are_counted_both_ways():
    answers = {"before": np.array([1, 1, 0, 0]), "after": np.array([1, 0, 1, 1])}
    test = SimpleNamespace(images=None, labels=SimpleNamespace(numpy=lambda: np.ones(4, int)))
    marked = SimpleNamespace(plain="before", host="after", shop=SimpleNamespace(
        dataset=SimpleNamespace(parts={"test": test}), predict=lambda net, images: answers[net]))
    assert page.Marked.changed_answers(marked) == (1, 2)


def test_wrong_keys_go_through_the_detector(tmp_path, monkeypatch):
    """The best of all regions counts, so the rarest of many wrong keys has about log2 of their number in bits."""
    monkeypatch.setattr(page, "WRONG", 200)
    shop = small_workshop(tmp_path)
    host = page.Marked(shop).host
    examined = []
    detect = page.detect
    monkeypatch.setattr(page, "detect", lambda model, key: examined.append(key.claimant) or detect(model, key))
    m = SimpleNamespace(shop=shop, host=copy.deepcopy(host), keys=page.Marked(shop).keys)
    rows = [row for row in page.NegativeCorrelation()._wrong_keys(m) if isinstance(row, Row)]
    assert examined.count("nobody") == 200 and all(row.holds for row in rows)
    assert 4 < float(rows[1].ours) < 20


def test_the_largest_of_eight_normal_numbers():
    draw = np.random.default_rng(7).standard_normal((20_000, page.REGIONS)).max(1)
    assert stats.kstest(draw, page.best_of_regions).pvalue > 0.01
    assert stats.kstest(draw, "norm").pvalue < 1e-6
