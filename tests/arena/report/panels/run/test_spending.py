"""The ledger."""

from arena.game.ledger import Spending
from arena.match.books import Clock
from arena.report.panels.run import spending
from tests.arena.report.panels.shape import Shape, same_shape


def test_a_row_an_agent(run_of):
    html = spending.draw(run_of(spending={"alice": Spending(1_234_567, 2, 3, 4, 2**35), "mallory": Spending()},
                                clocks={"alice": Clock(9.54, 7.36)}))
    assert "3.4&thinsp;×&thinsp;10<sup>10</sup>" in html
    alice, mallory = Shape(html).rows[1:]
    assert alice == ["alice", "owner", "1,234,567", "2", "3", "4", "3.4\u2009×\u20091010", "35.0", "9.5", "7.4"]
    assert mallory == ["mallory", "attacker", *"--------"]


def test_hostile_words(run_of):
    same_shape(lambda text: spending.draw(run_of(cast={text: text}, spending={text: Spending(1)})))
