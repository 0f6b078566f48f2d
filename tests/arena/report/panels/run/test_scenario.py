"""What was played, and on what."""

import html as entities
import re

import yaml

from arena.report.panels.run import scenario
from tests.arena.report.panels.shape import HOSTILE, Shape, same_shape

WHO = {"title": "who & <why>", "seed": 7, "agents": {"alice": {"role": "owner"}, "müller": {"role": "attacker"}}}


def test_the_scenario_can_be_played_from_the_page(run_of):
    shown = entities.unescape(re.search('<pre tabindex="0">(.*?)</pre>', scenario.draw(run_of(scenario=WHO)), re.S)[1])
    assert yaml.safe_load(shown) == WHO and list(yaml.safe_load(shown)["agents"]) == ["alice", "müller"]
    assert "müller" in shown


def test_machine_device_threads_and_transcript(run_of):
    text = Shape(
        scenario.draw(
            run_of(machine={"system": "Plan 9"}, options={"device": "cpu", "threads": 3}, transcript="ab" * 32)
        )
    ).text
    for fact in ("systemPlan 9", "devicecpu", "threads3", f"transcript{'ab' * 32}"):
        assert fact in text


def test_a_record_without_options_has_a_page(run_of):
    assert "<pre " in scenario.draw(run_of(options={}))


def test_hostile_words(run_of):
    same_shape(lambda text: scenario.draw(run_of(machine={text: text}, scenario={"title": "x"})))
    shown = scenario.draw(run_of(scenario={"title": HOSTILE, HOSTILE: [HOSTILE]}))
    assert Shape(shown).elements[0] == ("pre", "tabindex") and Shape(shown).count("pre") == 1
    assert not Shape(shown).count("script")
