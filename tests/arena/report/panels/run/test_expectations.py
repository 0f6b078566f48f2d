"""What the scenario expects, and what came of it."""

from arena.match.result import OutcomeRecord
from arena.report.panels.run import expectations
from tests.arena.report.panels.shape import Shape, same_shape

MET = OutcomeRecord("alice on bob", "denied", ("rarity", "work"), "denied for rarity, work", True)
MISSED = OutcomeRecord("eve on bob", "granted", (), "no verdict", False)


def test_it_applies_where_something_is_expected(run_of):
    assert not expectations.applies(run_of()) and expectations.applies(run_of(outcomes=(MISSED,)))


def test_met_and_not_met(run_of):
    html = expectations.draw(run_of(outcomes=(MET, MISSED)))
    assert Shape(html).rows[1:] == [["alice on bob", "denied for rarity, work", "denied for rarity, work", "met"],
                                    ["eve on bob", "granted", "no verdict", "not met"]]
    assert '<td class="ok">met<' in html and '<td class="no">not met<' in html


def test_hostile_words(run_of):
    same_shape(lambda text: expectations.draw(run_of(outcomes=(OutcomeRecord(text, text, (text,), text, False),))))
