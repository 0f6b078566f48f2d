"""Who plays what."""

from arena.report.panels.run import cast
from tests.arena.report.panels.shape import Shape, same_shape

AGENTS = {"alice": {"role": "owner", "scheme": {"rose": {"level": 2}}}, "mallory": {"role": "attacker"},
          "victor": {"role": "verifier", "policy": {"rarity": "64 bits"}, "knows": ["keys"]}}


def test_it_applies_where_a_scenario_names_agents(run_of):
    assert not cast.applies(run_of()) and cast.applies(run_of(scenario={"agents": AGENTS}))


def test_a_row_an_agent_with_what_he_was_given(run_of):
    html = cast.draw(run_of(scenario={"agents": AGENTS}, bounds={"victor": 64.0, "vera": None}))
    assert Shape(html).rows[1:] == [["alice", "owner", "scheme: {rose: {level: 2}}"],
                                    ["mallory", "attacker", "as his role does by default"],
                                    ["victor", "verifier", "policy: {rarity: 64 bits}; knows: [keys]"]]
    assert "victor asks for a" in html and "2<sup>-64</sup>" in html and "vera" not in html
    assert 'href="#word-rarity"' in html and 'href="#word-bits"' in html


def test_a_record_that_lacks_an_agent_has_a_row_for_him(run_of):
    assert ["alice", "owner", "as his role does by default"] in Shape(
        cast.draw(run_of(scenario={"agents": {"mallory": 5}}))).rows


def test_hostile_words(run_of):
    same_shape(lambda text: cast.draw(run_of(cast={text: text}, bounds={text: 3.0},
                                             scenario={"agents": {text: {"role": text, text: text}}})))
