"""How to get a run again: command, scenario, files, machine."""

import csv
import html as entities
import io
import re
from base64 import b64decode
from dataclasses import replace

import yaml

from arena.base.shipped import names
from arena.base.yamlfile import read
from arena.match.result import StageRecord
from arena.report.panels.run import again
from tests.arena.report.panels.shape import HOSTILE, Shape, same_shape

WHO = {"title": "who & <why>", "seed": 7, "agents": {"alice": {"role": "owner"}, "müller": {"role": "attacker"}}}


def pres(run):
    """The texts that can be copied."""
    return [entities.unescape(text) for text in re.findall('<pre tabindex="0">(.*?)</pre>', again.draw(run), re.S)]


def test_the_scenario_can_be_played_from_the_page(run_of):
    shown = pres(run_of(scenario=WHO))[-1]
    assert yaml.safe_load(shown) == WHO and list(yaml.safe_load(shown)["agents"]) == ["alice", "müller"]
    assert "müller" in shown


def test_the_command_names_what_was_played(run_of, tmp_path):
    """The file where it still says so; a scenario of Arena's own by its name; else the text below."""
    file = tmp_path / "my who.yaml"
    file.write_text(yaml.safe_dump({**WHO, "seed": 1}))
    run = run_of(scenario=WHO, path=str(file))
    played, replayed = pres(run)[0].splitlines()
    assert played == f"arena run '{file}' --seed 7" and replayed == f"arena replay {run.transcript.run.resolve()}"
    shipped = names()["quickstart"]
    plain = {**read(shipped).data, "seed": 7}
    assert again.commands(run_of(scenario=plain, path=str(shipped)), False)[0] == "arena run quickstart --seed 7"
    assert again.as_filed(run_of(scenario=plain, path=str(shipped)).result)
    changed = run_of(scenario={**WHO, "rounds": 9, "agents": {}}, path=str(file))
    assert pres(changed)[0].startswith("arena run mine.yaml --seed 7\n") and "stands below" in again.draw(changed)
    file.unlink()
    assert not again.as_filed(run.result)
    assert again.commands(run_of(scenario={"title": "being played"}), False) == []


def test_links_lead_to_the_runs_files_from_wherever_the_page_lies(run_of, tmp_path):
    run = run_of(stages=(StageRecord("mallory", 0, 'stolen, "once"', "copying", 0.9, 0.9),))
    for page, above in ((None, ""), (run.transcript.run, ""), (tmp_path / "else where", "../run/")):
        html = again.draw(replace(run, page=page))
        links = dict(reversed(each) for each in re.findall(r'<a href="([^"]+)">(\w+)</a>', html))
        assert links == {"transcript": f"{above}transcript.jsonl", "record": f"{above}result.json"}
    data = b64decode(re.search('href="data:text/csv;base64,([^"]+)"', html)[1]).decode()
    (line,) = csv.DictReader(io.StringIO(data))
    assert {key: value or None for key, value in line.items()} == {
        key: None if value is None else str(value) for key, value in run.result.rows()[0].items()}
    assert "CSV" not in again.draw(run_of())


def test_machine_device_threads_and_transcript(run_of):
    text = Shape(
        again.draw(
            run_of(machine={"system": "Plan 9"}, options={"device": "cpu", "threads": 3}, transcript="ab" * 32)
        )
    ).text
    for fact in ("systemPlan 9", "devicecpu", "threads3", f"transcript{'ab' * 32}"):
        assert fact in text


def test_a_record_without_options_has_a_page(run_of):
    assert "<pre " in again.draw(run_of(options={}))


def test_hostile_words(run_of):
    same_shape(lambda text: again.draw(run_of(machine={text: text}, scenario={"title": "x"})))
    shown = again.draw(run_of(scenario={"title": HOSTILE, HOSTILE: [HOSTILE]}))
    assert Shape(shown).count("pre") == 1  # in which the scenario stands
    assert not Shape(shown).count("script")
