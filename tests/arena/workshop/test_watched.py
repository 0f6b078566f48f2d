"""Accuracy that is watched while a host is trained: it is kept, and changes nothing."""

from dataclasses import replace

import pytest
import torch

from arena.hosts import training
from arena.hosts.networks import build
from arena.hosts.training import Training
from arena.testing import small_workshop
from arena.workshop.kept import noted


@pytest.fixture
def watching(tmp_path):
    def made(watched):
        shop = small_workshop(tmp_path)
        return replace(shop, options=replace(shop.options, watched=watched, alone=True), _done=[])

    return made


def test_watching_changes_no_bit_and_ends_with_what_is_measured(watching):
    plain, watched = watching(0), watching(60)
    one, two = plain.unmarked_host(), watched.unmarked_host()
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))
    assert plain.trainings[0].watched == () and len(watched.trainings[0].watched) == watched.task.epochs
    test = watched.dataset.parts["test"].take(torch.arange(60))
    assert watched.trainings[0].watched[-1] == pytest.approx(watched.accuracy(two, test), abs=1e-6)


def test_it_is_read_from_the_store_with_the_host(watching):
    first = watching(60)
    first.unmarked_host()
    again = watching(60)
    again.unmarked_host()
    assert again.trainings == first.trainings and again.trainings[0].watched
    curves, = noted(again.trainings).curves.values()
    assert set(curves) == {"loss", "accuracy"}  # an agent's note keeps its form


def test_who_does_not_watch_reads_what_was_watched_but_not_the_other_way_round(watching, monkeypatch):
    trained, fit = [], training.fit
    monkeypatch.setattr(training, "fit", lambda *all_, **how: trained.append(1) or fit(*all_, **how))
    for watched, times in ((0, 1), (60, 2), (0, 2), (60, 2), (50, 3)):
        shop = watching(watched)
        shop.unmarked_host()
        assert len(trained) == times and (not watched or len(shop.trainings[0].watched) == shop.task.epochs)


def test_a_host_for_other_classes_is_not_watched(watching):
    shop = watching(60)
    wider = build(replace(shop.architecture, classes=12), torch.Generator().manual_seed(1))
    shop.fit(wider, shop.samples, Training("elsewhere", replace(shop.task.settings, epochs=1)))
    assert shop.trainings[-1].watched == ()
