"""What the page on Kakikura et al. says of hosts and of keys that nobody put there."""

import copy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from agents.reproductions import negative_correlation as page
from arena.hosts.architecture import Architecture
from arena.hosts.networks import build
from arena.reproduction.reproduction import Figure, Row, Studio, overclaimed
from arena.testing import small_workshop
from arena.workshop.options import Options


def fake(seed, wrong, right, tests=1000):
    shop = SimpleNamespace(dataset=SimpleNamespace(parts={"test": range(tests)}), accuracy=lambda net: 0.5)
    return SimpleNamespace(shop=shop, seed=seed, plain=None, changed_answers=lambda: (wrong, right))


@pytest.mark.parametrize(("hosts", "holds"), [(((5, 5), (0, 3)), [True, True]), (((5, 4), (0, 30)), [False, True])])
def test_a_gain_is_no_excuse_for_another_hosts_loss(hosts, holds):
    rows = list(page.NegativeCorrelation()._cost([fake(i, *each) for i, each in enumerate(hosts, 1)], "note"))
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
    rows = [row for row in page.NegativeCorrelation()._wrong_keys(m, "note") if isinstance(row, Row)]
    assert examined.count("nobody") == 200 and all(row.holds for row in rows)
    assert 4 < float(rows[1].ours) < 20


def test_the_largest_of_eight_normal_numbers():
    draw = np.random.default_rng(7).standard_normal((20_000, page.REGIONS)).max(1)
    assert stats.kstest(draw, page.best_of_regions).pvalue > 0.01
    assert stats.kstest(draw, "norm").pvalue < 1e-6


def test_the_full_host_is_the_papers_with_a_stem_for_small_images():
    """Nothing is halved before the second group, and the head is one layer."""
    task = page.NegativeCorrelation().task(False)
    network = build(Architecture(task.network, 10, (3, 32, 32)), torch.Generator().manual_seed(1)).eval()
    stem = network.features.conv1
    assert (stem.kernel_size, stem.stride) == ((3, 3), (1, 1))
    assert not any(isinstance(layer, nn.MaxPool2d) for layer in network.modules())
    assert sum("_" in name for name, _ in network.features.named_children()) == 3 + 4 + 6 + 3
    assert isinstance(network.decision, nn.Linear) and network.decision.weight.shape == (10, 2048)
    with torch.no_grad():
        assert network.features[:4](torch.zeros(1, 3, 32, 32)).shape == (1, 256, 32, 32)
        assert network.features[:-2](torch.zeros(1, 3, 32, 32)).shape == (1, 2048, 4, 4)
    assert sum(w.numel() for w in network.parameters()) == 23_520_842  # torchvision's, but for the stem and the head


@pytest.fixture
def sets(tmp_path):
    """cifar10.npz and gtsrb.npz, not as one knows them: noise, darker for some classes."""
    draw = np.random.default_rng(3)
    for name, classes in (("cifar10", 10), ("gtsrb", 3)):
        arrays = {}
        for part, count in (("train", 60), ("test", 20)):
            labels = np.arange(count) % classes
            images = draw.integers(0, 128, (count, 32, 32, 3), dtype=np.uint8) + (10 * labels).astype(
                np.uint8).reshape(-1, 1, 1, 1)
            arrays |= {f"{part}_images": images, f"{part}_labels": labels}
        np.savez(tmp_path / f"{name}.npz", **arrays)
    return tmp_path


def test_the_page_says_what_it_shows_and_under_which_conditions(sets, monkeypatch):
    monkeypatch.setattr(page, "WRONG", 10)
    play = page.NegativeCorrelation()
    task = replace(play.task(True), network="wide-resnet-narrow", limit=0, epochs=1)
    studio = Studio(task, Options(str(sets / "store"), str(sets), threads=1), True, (1, 2), say=lambda line: None)
    found = list(play.rows(studio))
    assert not overclaimed(play.shown(True), found)
    rows = [row for row in found if isinstance(row, Row)]
    assert all(row.differs and row.n for row in rows)
    assert [row.n for row in rows if row.where == "abstract (accuracy)"] == [20, 20]
    assert [row.n for row in rows if row.where == "abstract (transfer)"] == [2, 2]
    assert all("GTSRB for CIFAR-100" in row.differs for row in rows if row.where == "abstract (transfer)")
    assert [f.kind for f in found if isinstance(f, Figure)] == ["histogram", "lines"]
    monkeypatch.setattr(page, "missing", lambda shop: "data set 'gtsrb' is missing")
    told, = (row for row in play.rows(studio) if isinstance(row, Row) and row.where == "abstract (transfer)")
    assert told.n == 0 and "gtsrb" in told.differs
