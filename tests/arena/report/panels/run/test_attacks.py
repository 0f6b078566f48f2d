"""Accuracy and keys along the attacks."""

import re
from dataclasses import replace

import pytest

from arena.game.rarity import Hits
from arena.match.result import AccuracyRecord, MarkRecord, StageRecord
from arena.report.panels.run import attacks
from arena.report.plots import COLOURS
from tests.arena.report.panels.shape import Shape, same_shape

MARK = MarkRecord("alice", 100.0, "32 of 32")
STAGE = StageRecord(
    "mallory", 0, "stolen", "copying", 0.9, 0.875, evidence={"alice": Hits(8, 8, 0.5), "eve": Hits(1, 1, 0.5)}
)


def test_it_applies_where_something_was_measured(run_of):
    assert not attacks.applies(run_of())
    assert attacks.applies(run_of(stages=(STAGE,))) and attacks.applies(run_of(accuracies=(AccuracyRecord("a", 0.5),)))


def test_a_row_a_stage_and_a_column_a_key(run_of):
    """The owner's key first; a stage that no key was tried on has dashes."""
    mixed = replace(STAGE, evidence=dict(reversed(STAGE.evidence.items())))
    bare = StageRecord("bob", 1, "prune rate=0.3", "prune rate=0.3 order=ascending", 0.9, 0.5)
    html = attacks.draw(run_of(stages=(mixed, bare), marks=(MARK,)))
    assert Shape(html).rows == [
        ["deployer", "stage", "test accuracy", "key of alice, bits", "key of eve, bits"],
        ["mallory", "0. stolen", "87.5 %", "8.08 of 8 answers as claimed", "1.01 of 1 answers as claimed"],
        ["bob", "1. prune rate=0.3", "50.0 %", "-", "-"]]


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
    assert "bound 64 bits" in html and "rarity (bits)" in html and "test accuracy (%)" in html
    assert "<svg" not in attacks.draw(run_of(stages=(STAGE,), marks=()))
    assert "<table" not in attacks.draw(run_of(accuracies=(AccuracyRecord("alice", 0.9),)))


def heights(svg, colour):
    """(across, up) of the marks of lines of that colour, in points of the plot."""
    uses = re.findall(rf'<use [^>]*x="([\d.]+)" y="([\d.]+)" style="fill: {colour}', svg)
    return [(float(across), float(up)) for across, up in uses]


def test_points_stand_where_their_numbers_say():
    """Alice's key at 8, 4 and 0 bits: equal steps down, one place across each; bob's alone, a place left free."""
    hits = [Hits(n, n, 0.5) for n in (8, 4)] + [Hits(0, 4, 0.5)]
    stages = [StageRecord("mallory", n, f"s{n}", "x", 0.9, 0.9 - n / 10, evidence={"alice": each})
              for n, each in enumerate(hits)]
    stages.append(StageRecord("bob", 0, "own", "x", 0.9, 0.9, evidence={"alice": Hits(8, 8, 0.5)}))
    svg = attacks.along(stages, ["alice"], 4.0)
    (a, high), (b, middle), (c, low), (d, again) = heights(svg, COLOURS[0])
    assert middle - high == pytest.approx(low - middle, abs=1e-4) and again == high < low  # up is less in SVG
    assert b - a == pytest.approx(c - b, abs=1e-4) and d - c == pytest.approx(2 * (b - a), abs=1e-4)
    below = [up for _, up in heights(svg, COLOURS[5])]
    assert below[1] - below[0] == pytest.approx(below[2] - below[1], abs=1e-4) and below[3] == below[0] > low
    bound = re.search(r'd="M [\d.]+ ([\d.]+) \nL [\d.]+ \1 \n" [^>]*stroke-dasharray', svg)
    assert float(bound[1]) == pytest.approx(middle, abs=1e-4)


def test_deployments_stand_beside_each_other_whatever_the_order_of_their_stages():
    stages = [StageRecord(who, number, "s", "x", 0.9, 0.9) for number in (0, 1) for who in ("one", "other")]
    assert [(place, stage.deployer, stage.number) for place, stage in attacks.placed(stages)] == [
        (0, "one", 0), (1, "one", 1), (3, "other", 0), (4, "other", 1)]


@pytest.mark.parametrize(("names", "aslant"), [(["stolen", "prune rate=0.3", "jpeg"], False),
                                               (["stolen", "jpeg"] * 9, True),
                                               (["stolen", "jpeg", "smooth", "tuned attack=(prune retrain=5)"], True)])
def test_names_that_would_run_into_each_other_stand_aslant(names, aslant):
    stages = [StageRecord("mallory", n, name, "x", 0.9, 0.9, evidence={"alice": Hits(8, 8, 0.5)})
              for n, name in enumerate(names)]
    svg = attacks.along(stages, ["alice"], None)
    turned = re.findall(r'rotate\(([-\d.]+)[^>]*>(\d+\. [^<]+)<', svg)
    assert [name for _, name in turned] == [f"{n}. {name}" for n, name in enumerate(names)]
    assert {float(angle) for angle, _ in turned} == {-25.0 if aslant else 0.0}


def test_hostile_words(run_of):
    def draw(text):
        stage = StageRecord(text, 0, text, text, 0.9, 0.8, evidence={text: Hits(3, 8, 0.5, what=text)})
        return attacks.draw(run_of(stages=(stage,), marks=(MarkRecord(text, 1.0, text),),
                                   accuracies=(AccuracyRecord(text, 0.9),)))

    same_shape(draw)
