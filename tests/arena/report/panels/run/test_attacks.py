"""Accuracy and keys along the attacks."""

import re
from itertools import pairwise

from arena.game.rarity import Hits
from arena.match.result import AccuracyRecord, MarkRecord, StageRecord
from arena.report.panels.run import attacks
from tests.arena.report.panels.shape import Shape, same_shape

MARK = MarkRecord("alice", 100.0, "32 of 32")
STAGE = StageRecord(
    "mallory", 0, "stolen", "copying", 0.9, 0.875, evidence={"alice": Hits(8, 8, 0.5), "eve": Hits(1, 1, 0.5)}
)


def test_it_applies_where_something_was_measured(run_of):
    assert not attacks.applies(run_of())
    assert attacks.applies(run_of(stages=(STAGE,))) and attacks.applies(run_of(accuracies=(AccuracyRecord("a", 0.5),)))


def test_a_row_a_stage_and_key(run_of):
    bare = StageRecord("bob", 1, "prune", "prune", 0.9, 0.5)
    html = attacks.draw(run_of(stages=(STAGE, bare), marks=(MARK,)))
    assert Shape(html).rows[1:] == [["mallory", "0. stolen", "87.5 %", "alice", "8 of 8 answers as claimed", "8.0"],
                                    ["mallory", "0. stolen", "87.5 %", "eve", "1 of 1 answers as claimed", "1.0"],
                                    ["bob", "1. prune", "50.0 %", "-", "-", "-"]]


def test_accuracies_as_they_were_measured(run_of):
    text = Shape(
        attacks.draw(run_of(accuracies=(AccuracyRecord("alice", 0.98, 0.991), AccuracyRecord("bob", 0.5))))
    ).text
    text = " ".join(text.split())
    assert (
        "alice's host: test accuracy 99.1 % unmarked, 98.0 % marked." in text
        and "bob's host: test accuracy 50.0 %" in text
    )


def test_a_plot_of_owners_keys_alone(run_of):
    html = attacks.draw(run_of(stages=(STAGE,), marks=(MARK,), bounds={"victor": 64.0}))
    assert "mallory (key of alice)" in html and "key of eve" not in html and "bound 64 bits" in html
    assert "<svg" not in attacks.draw(run_of(stages=(STAGE,), marks=()))
    assert "<table" not in attacks.draw(run_of(accuracies=(AccuracyRecord("alice", 0.9),)))


def test_points_that_look_the_same_share_a_label():
    points = [(100.0, 98.61), (100.2, 98.62), (53.1, 96.0), (99.9, 98.6), (100.0, 98.7)]
    assert attacks.numbered(points) == {(100, 98.6): "0, 1, 3", (53, 96.0): "2", (100, 98.7): "4"}
    labels = [label for text in attacks.numbered(points).values() for label in text.split(", ")]
    assert sorted(labels) == ["0", "1", "2", "3", "4"]


def test_labels_of_several_thieves_at_one_place_do_not_cover_each_other():
    """Each label has a place of its own: seven thieves who all sold the same copy."""
    stages = [
        StageRecord(f"thief{n}", 0, "stolen", "copying", 0.9, 0.9, evidence={"alice": Hits(8, 8, 0.5)})
        for n in range(7)
    ]
    svg = attacks.accuracy_against_recovery(stages, ["alice"], None)
    labels = re.findall(r'anchor: start; fill: #\w+" x="([\d.]+)" y="([\d.]+)"[^>]*>0</text>', svg)
    ups = sorted(float(up) for _, up in labels)
    assert len(ups) == 7 and len({across for across, _ in labels}) == 1
    assert min(b - a for a, b in pairwise(ups)) > 8.5, "lower than a line of their font"


def test_hostile_words(run_of):
    def draw(text):
        stage = StageRecord(text, 0, text, text, 0.9, 0.8, evidence={text: Hits(3, 8, 0.5, what=text)})
        return attacks.draw(run_of(stages=(stage,), marks=(MarkRecord(text, 1.0, text),),
                                   accuracies=(AccuracyRecord(text, 0.9),)))

    same_shape(draw)
