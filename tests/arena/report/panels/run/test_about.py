"""Which match it was."""

import pytest

from arena.report.panels.run import about
from tests.arena.report.panels.shape import Shape, same_shape


def test_seed_status_and_transcript(run_of):
    text = " ".join(Shape(about.draw(run_of(transcript="0123456789abcdef" * 4))).text.split())
    assert text == "Seed 7 · finished · transcript 0123456789abcdef"


@pytest.mark.parametrize("status", ["cancelled", "failed", "unfinished"])
def test_what_is_not_finished_says_so(run_of, status):
    assert f"{status} (what follows is as far as it got)" in about.draw(run_of(status=status))


def test_a_seed_that_was_not_told_yet_is_left_out(run_of):
    text = Shape(about.draw(run_of(status="running", scenario={}))).text
    assert "Seed" not in text and "None" not in text and "running" in text


def test_hostile_words(run_of):
    same_shape(lambda text: about.draw(run_of(status=text)))
