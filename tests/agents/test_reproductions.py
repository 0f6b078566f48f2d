"""What a reproduction makes of its hosts, on a made-up data set: every row asked for, over every seed."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from agents.attacks.autoencoder import Autoencoder
from agents.reproductions import exponential_weighting as namba
from agents.schemes.noise import Noise
from arena.reproduce import Figure, Row, Studio
from arena.workshop import Options

KINDS = ("noise", namba.CHANGED, namba.PROPOSAL)
RESULT = namba.Result(30, 1.0, 0.8, 0.5, 0.4, 0.9, 0.85, 0.88, {"both": 0.2}, 0.1, {"model": {20: 1.0}})


@pytest.fixture
def squares(tmp_path):
    """cifar10.npz, not as one knows it: a bright square in one of ten places."""
    draw, arrays = np.random.default_rng(3), {}
    for part, count in (("train", 100), ("test", 20)):
        labels = np.arange(count) % 10
        images = draw.integers(0, 80, (count, 32, 32, 3), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[label // 5 * 14:][:12, label % 5 * 6:][:, :5] += 150
        arrays |= {f"{part}_images": images, f"{part}_labels": labels}
    np.savez(tmp_path / "cifar10.npz", **arrays)
    return tmp_path


def test_exponential_weighting_plays_every_seed(squares, monkeypatch):
    monkeypatch.setattr(namba, "RIVALS", {"noise": Noise(4)})
    monkeypatch.setattr(namba, "SCHEMES", {"noise": Noise(4), **{name: replace(namba.SCHEMES[name], keys=4) for name in KINDS[1:]}})
    brief = namba.QUICK["cifar10"]
    monkeypatch.setattr(namba, "QUICK", {"cifar10": replace(brief, task={**brief.task, "limit": 0, "epochs": 1}, embedding=1, autoencoder=1)})
    monkeypatch.setattr(namba, "Autoencoder", partial(Autoencoder, folds=2))
    play = namba.ExponentialWeighting()
    studio = Studio(play.task(True), Options(str(squares / "store"), str(squares), threads=1), True, (1, 2), say=lambda line: None)
    found = list(play.rows(studio))
    rows = [item for item in found if isinstance(item, Row)]
    assert sum(isinstance(item, Figure) for item in found) == 2  # two attacks
    accuracy, = (row for row in rows if row.what.startswith("cifar10, label-change: test accuracy"))
    assert accuracy.n == 2 and "s.d." in accuracy.spread
    for kind in KINDS:
        whose = [row for row in rows if row.what.startswith(f"cifar10, {kind}: ")]
        assert [row.where for row in whose[:3]] == ["Table 3", "Table 1", "Table 2"] and whose[1].n == 8
    assert {row.what for row in rows if row.where == "Figure 2"} == {
        f"cifar10, exponential-weighting: AUC at 20, 10, 5 keys under {when}" for when in ("model modification", "query modification (detected ones)")}
    assert rows[-1].what.startswith("rivals above 0.9 under both") and rows[-1].n == 1


def test_hosts_are_averaged_figure_by_figure():
    played = namba.Played([RESULT, replace(RESULT, plain=0.5, detected={"both": 0.4}, auc={"model": {20: 0.5}})])
    assert (played.mean.plain, played.mean.auc["model"][20], played.keys) == (0.75, 0.75, 60)
    assert played.mean.detected["both"] == pytest.approx(0.3) and played.spread(lambda r: r.plain) == "0.50 to 1.00, s.d. 0.35"
