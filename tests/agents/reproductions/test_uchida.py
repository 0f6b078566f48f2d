"""The page on Uchida et al. on made-up images: every row and figure, from hosts that are made once, side by side."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from agents.reproductions import _uchida_hosts as hosts
from agents.reproductions import _uchida_plots as plots
from agents.reproductions import _uchida_printed as printed
from agents.reproductions import _uchida_rows as rows
from agents.reproductions.uchida import Uchida
from arena.hosts.training import Settings
from arena.report.figure import svg_of
from arena.reproduction.reproduction import Figure, Row, Studio, overclaimed
from arena.workshop.options import Options


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """cifar10.npz and caltech101.npz, not as one knows them: noise, darker for some classes."""
    folder, draw = tmp_path_factory.mktemp("uchida"), np.random.default_rng(3)
    for name, classes, side in (("cifar10", 10, 32), ("caltech101", 3, 16)):
        arrays = {"classes": np.array([f"class {i}" for i in range(classes)])}
        for part, count in (("train", 60), ("test", 20)):
            labels = np.arange(count) % classes
            images = draw.integers(0, 128, (count, side, side, 3), dtype=np.uint8) + (10 * labels).astype(
                np.uint8).reshape(-1, 1, 1, 1)
            arrays |= {f"{part}_images": images, f"{part}_labels": labels}
        np.savez(folder / f"{name}.npz", **arrays)
    return folder


@pytest.fixture(scope="module")
def studio(data):
    task = replace(Uchida().task(True), limit=50, tests=0, epochs=2)
    return Studio(task, Options(str(data / "store"), str(data), threads=1), True, (1, 2), say=lambda line: None)


@pytest.fixture(scope="module")
def found(studio):
    patch = pytest.MonkeyPatch()
    patch.setattr(rows, "fit", lambda host, group, bits: (0, 1e-5))
    patch.setattr(plots, "TABLE_7", {key: printed.TABLE_7[key] for key in (0.0, 100.0)})
    patch.setattr(plots, "RATES", (65, 80, 95))
    yield list(Uchida().rows(studio))
    patch.undo()


def test_every_table_and_figure_is_there(found):
    assert not overclaimed(Uchida().shown(True), found)
    assert {part.where for part in Uchida().shown(True)} == {*(f"Table {n}" for n in range(1, 9)),
                                                            *(f"Figure {n}" for n in range(1, 7))}
    assert [f.where for f in found if isinstance(f, Figure)] == [
        "Figure 1", "Figure 4", "Figure 2 (a)", "Figure 2 (b)", "Figure 2 (c)", "Figure 3", "Figure 5 (a)",
        "Figure 5 (b)", "Figure 6"]
    assert all(svg_of(f).startswith("<svg") for f in found if isinstance(f, Figure))
    json.dumps([asdict(item) for item in found], allow_nan=False)


def test_every_cell_of_the_paper_stands_beside_ours(found):
    said = {(row.where, row.paper) for row in found if isinstance(row, Row)}
    cells = {("Table 4", cell) for row in printed.TABLE_4.values() for cell in row if cell != "N/A"}
    cells |= {("Table 5", cell) for row in printed.TABLE_5.values() for cell in row[2:] if cell != "N/A"}
    cells |= {("Table 8", cell) for row in printed.TABLE_8.values() for cell in row[1:]}
    cells |= {("5.1", cell) for cell in printed.OVERWRITTEN.values()}
    assert cells <= said
    sixth = " ".join(row.paper for row in found if isinstance(row, Row) and row.where == "Table 6")
    assert all(cell in sixth for errors, losses in printed.TABLE_6.values() for cell in (*errors, *losses))


def test_conditions_and_hosts_are_said(found):
    assert all(row.differs and row.n for row in found if isinstance(row, Row))
    seeds = {row.what: row.n for row in found if isinstance(row, Row) and row.where == "Table 4"}
    assert seeds["not embedded: test error, best"] == 2 and seeds["X direct: E_R"] == 1


def test_lambda_100_says_that_the_papers_norm_is_no_optimum(found):
    told = [row for row in found if isinstance(row, Row) and row.where == "Table 7" and "lambda 100" in row.what]
    assert any("7.989 is not the optimum" in row.differs for row in told)
    loss, = (row for row in told if row.what.startswith("the loss"))
    assert float(loss.ours) < float(loss.paper) == 10.889
    assert not any("not the optimum" in row.differs for row in found if isinstance(row, Row) and "lambda 0" in row.what)


def test_nothing_is_trained_twice(studio, found, monkeypatch):
    from arena.hosts import training
    monkeypatch.setattr(training, "fit", lambda *all_, **how: pytest.fail("trained again"))
    one = hosts.Hosts(studio.alone, 1)
    for name in (*hosts.first(True), *hosts.SECOND):
        one[name].figures()


def test_the_paths_of_the_first_and_second_training(studio, found):
    """The other domain comes first, in the paper's direction, with up to 30 images a class; its host has its own
    classes; what is trained afterwards has the task's."""
    one = hosts.Hosts(studio.alone, 1)
    assert one["abroad marked"].host.architecture.classes == 3
    assert one["from abroad marked"].host.architecture.classes == 10
    assert one["conv3 256"].key.layer == "features.conv3.second" and one["conv2 2048"].key.bits == 2048
    rival = one.rival("conv3 over")
    assert rival.layer == one["conv3 over"].key.layer and rival.seed != one["conv3 over"].key.seed
    assert isinstance(one.again, Settings) and one.again.epochs == 2


def test_up_to_thirty_images_a_class(studio, monkeypatch):
    """The task's limit, 50 here, is not that of another data set."""
    parts = hosts.whole(studio.workshop(1)).load_dataset("caltech101").parts
    some = hosts.a_class(parts, (3, 32, 32))
    assert some.images.shape[1:] == (3, 32, 32) and len(some) == 60 and hosts.A_CLASS == 30
    monkeypatch.setattr(hosts, "A_CLASS", 4)
    assert hosts.a_class(parts, (3, 32, 32)).labels.bincount().tolist() == [4, 4, 4]


def test_without_the_other_domain_its_cells_stand_with_the_reason(studio, found, monkeypatch):
    monkeypatch.setattr(rows, "missing", lambda shop: "data set 'caltech101' is missing")
    one = hosts.Hosts(studio.alone, 1)
    told = [row for row in (*rows.table_5(one, "note"), *rows.table_8(one, "note")) if not row.n]
    assert [(row.where, row.differs) for row in told] == [
        (where, "data set 'caltech101' is missing") for where in ("Table 5", "Table 5", "Table 8")]
    assert told[0].paper == "7.93 %; N/A" and not hosts.missing(one.shop)
