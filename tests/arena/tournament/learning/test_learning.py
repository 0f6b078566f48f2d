"""Games over parameters whose answers are known, learnt through stub matches."""

from dataclasses import replace

import pytest

from arena.tournament.journal import FILE
from arena.tournament.learning.learnt import mark_of, read
from tests.arena.tournament.learning.stubs import SADDLE, learners, learnt, numbers, spec_of


def test_both_sides_learn_the_saddle_and_it_ends_by_epsilon(tmp_path, workers):
    found, rows = learnt(spec_of(tmp_path), tmp_path, workers)
    assert found.rounds[0].regret > 0.9 and found.rounds[-1].regret <= 0.05 and "more than 0.05" in found.end
    assert all(later <= before for before, later in zip(found.least, found.least[1:], strict=False))
    assert max(numbers(found.schemes).values()) > 0.9 and max(numbers(found.attacks).values()) > 0.8
    last = found.rounds[-1]
    leading = max(last.owners, key=last.owners.get), max(last.thieves, key=last.thieves.get)
    assert numbers(found.schemes)[leading[0]] > 0.8 and numbers(found.attacks)[leading[1]] > 0.7
    assert last.values[0] == pytest.approx(2, abs=0.3) and {row.seed for row in rows} == {1, 2}


def test_the_first_round_is_what_mathematics_says(tmp_path, workers):
    found, _ = learnt(spec_of(tmp_path, SADDLE.replace("rounds: 8", "rounds: 1")), tmp_path, workers)
    first = found.rounds[0]
    owners = [trial for trial in first.trials if trial.side == "schemes"]
    for trial in owners:  # against rate 0, 2p - p^2 is gained; no host is easier than another
        p = trial.setting["triggers"]
        assert trial.gain == pytest.approx(2 * p - p * p, abs=1e-9)
        assert (trial.low, trial.high, trial.seeds) == (pytest.approx(trial.gain), pytest.approx(trial.gain), 2)
    assert len(owners) == 12 and first.best.side == "schemes" and first.joined == (first.best.name,)
    assert found.end == "it ended after 1 round" and "gained 1.000 in round 1; it ended" in found.sentence


def test_a_learner_whose_every_trial_fails_is_said_and_the_rest_goes_on(tmp_path, workers):
    found, rows = learnt(spec_of(tmp_path), tmp_path, workers, "breaks")
    assert len(found.rounds) == 1 and not found.schemes and not found.attacks
    assert all("it can't be played" in trial.reason and trial.gain is None for trial in found.rounds[0].trials)
    assert "no setting could be played" in found.end and found.rounds[0].regret == 0
    assert {row.status for row in rows if "~" in row.cell.scheme + row.cell.thief} == {"failed"}
    other, _ = learnt(replace(spec_of(tmp_path)), tmp_path / "again", workers, "owners_break")
    assert not other.schemes and "12 of 24 failed" in other.end  # at p = 0 the thief has nothing to gain


def test_what_is_in_the_journal_is_not_played_again(tmp_path, workers):
    whole, rows = learnt(spec_of(tmp_path), tmp_path, workers)
    again, none = learnt(spec_of(tmp_path), tmp_path, workers)
    assert again == whole and not none and len(rows) == len({row.key for row in rows})
    journal = tmp_path / "played" / FILE
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[: len(lines) // 3]))
    after, rest = learnt(spec_of(tmp_path), tmp_path, workers)
    assert after == whole and len(rest) == len(lines) - len(lines) // 3


def test_the_matches_allowed_end_it(tmp_path, workers):
    found, rows = learnt(spec_of(tmp_path), tmp_path, workers, games=20)
    assert len(rows) == 20 and "used up" in found.end


def test_small_spaces_are_tried_out(tmp_path, workers):
    only, = learners("attacks")
    few = replace(only, dimensions=(replace(only.dimensions[0], values=(0.25, 0.5, 1.0), kind="choice"),))
    found, _ = learnt(spec_of(tmp_path), tmp_path, workers, who=[few])
    assert len(found.rounds) == 1 and len(found.rounds[0].trials) == 3 and not found.attacks


def test_what_was_learnt_is_read_again_but_not_for_another_file(tmp_path, workers):
    mine = spec_of(tmp_path)
    found, _ = learnt(mine, tmp_path, workers)
    found.save(tmp_path)
    assert read(tmp_path, mine) == found
    grown = found.grown(mine)
    assert {*grown.schemes} == {"flat", *found.schemes} and {*grown.attacks} == {"still", *found.attacks}
    other = spec_of(tmp_path, SADDLE.replace("rate: [0, 1]", "rate: [0, 0.5]"))
    assert read(tmp_path, other) is None and mark_of(other) != mark_of(mine) and read(tmp_path / "no", mine) is None
    assert mark_of(spec_of(tmp_path, SADDLE + "title: Another\n")) == mark_of(mine)
