"""Which model came from which."""

from arena.game.messages import Release
from arena.match.result import TrainingRecord
from arena.report.panels.run import lineage
from arena.report.plots import training_curves
from tests.arena.report.panels.shape import HOSTILE, Shape, same_shape

MODEL = "b" * 64
RELEASED = [("alice", "all", Release(MODEL))]


def stage(name, by="copying", source=MODEL):
    return "stage", {"stage": name, "model": "c" * 64, "from": source, "by": by, "before": 0.9, "after": 0.9}


def test_it_applies_where_a_model_was_made_or_trained(run_of):
    assert not lineage.applies(run_of()) and not lineage.applies(run_of(RELEASED))
    assert not lineage.applies(run_of(trainings=(TrainingRecord("alice", "host", ()),)))
    assert lineage.applies(run_of(RELEASED, [("mallory", *stage("stolen"))]))
    assert lineage.applies(run_of(trainings=(TrainingRecord("alice", "host", (1.0,)),)))


def test_from_by_to(run_of):
    html = lineage.draw(
        run_of(RELEASED, [("mallory", *stage("stolen")), ("mallory", *stage("pruned", "prune rate=0.2"))])
    )
    assert Shape(html).rows[1:] == [["alice: released", "copying", "mallory: 0. stolen"],
                                    ["mallory: 0. stolen", "prune rate=0.2", "mallory: 1. pruned"]]
    assert "<svg" not in html


def test_curves_alone(run_of):
    html = lineage.draw(
        run_of(trainings=(TrainingRecord("alice", "marked host", (1.0, 0.5)), TrainingRecord("bob", "x", ())))
    )
    assert "<table" not in html and "alice: marked host" in html and "bob" not in html


def test_a_logarithmic_axis_has_figures_not_formulas():
    for losses in ([10.0, 0.001], [0.9, 0.4], [0.95, 0.9], [0.9, 0.15], [1.0], [3e-7, 2e-9], [0.0, 1.0]):
        svg = training_curves([("alice: host", losses)])
        assert "mathdefault" not in svg and "$" not in svg
        labels = [label for label in Shape(svg).text.split("epoch")[1].split("training")[0].split() if label != "0"]
        assert len(labels) == len(set(labels)) >= 2 and all(float(label.replace("−", "-")) > 0 for label in labels), (
            labels
        )
    labels = Shape(training_curves([("alice: host", [10.0, 0.001])])).text.split()
    assert {"10", "1", "0.1", "0.01", "0.001"} <= set(labels)


def test_epochs_are_whole():
    for epochs in (1, 2, 3, 7, 30, 400):
        ticks = Shape(training_curves([("a", [0.9] * epochs)])).text.split("butt}")[1].split("epoch")[0].split()
        assert ticks and all(tick.isdigit() for tick in ticks), ticks


def test_hostile_words(run_of):
    def draw(text):
        return lineage.draw(run_of(RELEASED, [("mallory", *stage(text, text))],
                                   trainings=(TrainingRecord(text, text, (1.0, 0.5)),)))

    same_shape(draw)
    assert "script" not in training_curves([(HOSTILE, [1.0, 0.5])]).replace("&lt;script&gt;", "").replace(
        "&lt;/script&gt;", ""
    )
