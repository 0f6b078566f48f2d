"""A reproduction's page: rows as they were yielded, exit code by what holds, scenarios of the folder played."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import arena as arena_
from arena.base.errors import ArenaError
from arena.face import load, onrecord, papergames, papers, play, reproducing
from arena.face.papergames import scenario_rows
from arena.hosts.task import Task
from arena.pricing import lower
from arena.pricing.forge import Setting
from arena.report.panels.reproduction.rows import sections
from arena.report.plots import lines
from arena.reproduction.reproduction import Figure, Reproduction, Row, Shown, average, borne_out, spread
from arena.testing import small_host, small_workshop
from arena.workshop.options import Options
from tests.conftest import TINY, arena, command

OWN = """
from dataclasses import dataclass
from arena.reproduction.reproduction import Figure, Reproduction, Row
from arena.report.plots import lines
from arena.hosts.task import Task
import numpy as np


def twice(studio, item):
    return item * 2 + str(studio.options.threads)


@dataclass(frozen=True)
class Mine(Reproduction):
    \"\"\"a test's\"\"\"
    title = "Nobody: On Nothing"

    def task(self, quick):
        return Task(epochs=1 if quick else 9)

    def rows(self, studio):
        shop = studio.workshop(studio.seeds[0])
        accuracy = shop.accuracy(shop.host(shop.dataset.parts["train"], "host"))
        name = "accuracy <quick>" if studio.quick else "accuracy"
        yield Row("Table 1", name, "99 %", f"{accuracy:.2f}", 1, holds=np.bool_(accuracy > WANTED))
        yield Row("Table 2", "side by side", "-", " ".join(studio.together(twice, ["a", "b"])), 2)
        yield Figure("Figure 1", "nothing", lines({"a": ([0, 1], [0, 1])}, "x", "y"))
"""


@pytest.mark.parametrize(("wanted", "code"), [("0.1", 0), ("2.0", 1)])
def test_a_page_and_its_exit_code(tmp_path, store, wanted, code):
    (tmp_path / "mine.py").write_text(OWN.replace("WANTED", wanted))
    done = command("reproduce", f"{tmp_path / 'mine.py'}:Mine", "--seeds", "1", "--out", tmp_path / "out", "--threads",
                 "2", store=store, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    data = json.loads((tmp_path / "out" / "rows.json").read_text())
    assert data["rows"][0]["holds"] is (code == 0) and data["task"]["epochs"] == 1
    assert data["rows"][1]["ours"] == "aa1 bb1"
    assert len(data["rows"]) == 2  # a user's own has no scenarios
    page = (tmp_path / "out" / "page.html").read_text()
    assert ("Nobody: On Nothing" in page and "accuracy &lt;quick&gt;" in page and "<svg" in page
            and ("does not hold" in page) is (code == 1))


def test_a_page_goes_by_the_papers_order():
    rows = [Row(where, "", "", "", 1) for where in ("scenario", "4.2", "-", "Table 10", "Figure 2", "Table 2",
                                                    "Table 10")]
    assert [(heading, len(found)) for heading, found in sections(rows)] == [
        ("Table 2", 1), ("Table 10", 2), ("Figure 2", 1), ("Section 4.2", 1), ("Not in the paper", 1), ("Scenarios", 1)]


def test_scenarios_that_are_not_at_hand_are_said(tmp_path):
    row, = scenario_rows(Path("scenarios/nobody"), Options(str(tmp_path)), None)
    assert (row.what, row.differs) == ("none played", "there is no folder scenarios/nobody here")


def test_a_page_from_python_leaves_nothing_behind(tmp_path, store, monkeypatch):
    (tmp_path / "mine.py").write_text(OWN.replace("WANTED", "2.0"))
    monkeypatch.chdir(tmp_path)
    heard = []
    page = arena_.reproduce(f"{tmp_path / 'mine.py'}:Mine", seeds=1, store=store, threads=1, observer=heard.append)
    assert not page.holds and page.paper == "Nobody: On Nothing" and page.profile == "quick"
    assert [row["where"] for row in page.rows()] == ["Table 1", "Table 2"] == [
        row.where for row in heard if isinstance(row, Row)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.py"]
    assert "Nobody: On Nothing" in page.report(tmp_path / "page.html").read_text()


def test_a_papers_scenarios_are_played_into_the_pages_folder(tmp_path, store):
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper" / "tiny.yaml").write_text(TINY)
    (tmp_path / "paper" / "wrong.yaml").write_text("title: wrong")
    options = Options(str(store), threads=1)
    played, refused = scenario_rows(tmp_path / "paper", options, tmp_path / "out")
    assert played.n == 1 and (tmp_path / "out" / "tiny" / "report.html").is_file()
    assert refused.ours == "not played" and "wrong.yaml:1:1" in refused.differs


def test_scenarios_side_by_side_are_the_rows_of_one_after_another(tmp_path, store):
    """On two threads: two at once with one each, and what can't be played is a row in its place."""
    (tmp_path / "paper").mkdir()
    for name, text in (("a", TINY), ("b", "title: wrong"), ("c", TINY.replace("seed: 5", "seed: 6"))):
        (tmp_path / "paper" / f"{name}.yaml").write_text(text)
    both = [list(scenario_rows(tmp_path / "paper", Options(str(store), threads=threads), tmp_path / f"out{threads}"))
            for threads in (1, 2)]
    told = [[(row.what, row.ours, row.n) for row in rows] for rows in both]
    assert told[0] == told[1] and [row.n for row in both[1]] == [1, 0, 1]
    assert "b.yaml:1:1" in both[1][1].differs and "out2" not in both[1][0].differs
    one, two = (load(tmp_path / out / "c").transcript for out in ("out1", "out2"))
    assert one == two and one


def test_what_is_on_record_is_not_played_again(tmp_path, store, monkeypatch):
    """The same match by the same code is read; another file, other options, other code or a run cut off are played."""
    paper, out, options = tmp_path / "paper", tmp_path / "out", Options(str(store), threads=1)
    paper.mkdir()
    (paper / "tiny.yaml").write_text(TINY)
    plays = []
    monkeypatch.setattr(papergames, "play", lambda path, **how: plays.append(path) or play(path, **how))

    def times(options=options):
        before = len(plays)
        row, = scenario_rows(paper, options, out)
        assert row.ours == "0 of 0 verdicts as expected", row
        return len(plays) - before

    assert [times(), times(), times(replace(options, threads=2)), times()] == [1, 0, 1, 1]
    (paper / "tiny.yaml").write_text(TINY.replace("seed: 5", "seed: 6"))
    assert [times(), times()] == [1, 0]
    record = json.loads((out / "tiny" / "result.json").read_text())
    (out / "tiny" / "result.json").write_text(json.dumps({**record, "status": "cancelled"}))
    assert [times(), times()] == [1, 0]
    record["machine"]["arena"] = "0.1.0, sources 000000000000"
    (out / "tiny" / "result.json").write_text(json.dumps(record))
    assert [times(), times()] == [1, 0]


class Counted(Reproduction):
    """A built-in one, as far as the face can tell, that counts how often it is asked."""

    title, asked = "Nobody: On Counting", 0

    def task(self, quick):
        return Task(epochs=1 if quick else 9)

    def rows(self, studio):
        type(self).asked += 1
        yield Row("Table 1", "times asked", "1", str(self.asked), len(studio.seeds), holds=np.bool_(True))
        yield Figure("Figure 1", "nothing", lines({"a": ([0, 1], [0, 1])}, "x", "y"))


def test_rows_on_record_are_read_and_not_found_again(tmp_path, monkeypatch):
    """Until anything changes that they hang on: how many seeds, the profile, threads, data at hand, the code."""
    monkeypatch.setattr(reproducing, "find", lambda kind, name: Counted)
    monkeypatch.delenv("ARENA_DATA", raising=False)
    data = tmp_path / "data"
    data.mkdir()

    def page(**how):
        how = {"seeds": 1, "threads": 1, "data": data, "store": tmp_path / "store", **how}
        return arena_.reproduce("counted", scenarios=tmp_path / "none", **how)

    first, again = page(), page()
    assert Counted.asked == 1 and again.found == first.found and again.figures == first.figures and again.holds
    assert page(seeds=2).found[0].n == 2 and page(quick=False).profile == "full" and page(threads=2).found
    assert Counted.asked == 4
    for content in (1, 2):
        np.savez(data / "cifar10.npz", train_images=np.full(1, content))
        assert [page().found[0].ours for _ in range(2)] == [str(4 + content)] * 2
    monkeypatch.setattr(onrecord, "machine", lambda: {"arena": "other sources"})
    assert page().found[0].ours == "7" == page().found[0].ours and page(store=tmp_path / "other").found[0].ours == "8"


def test_a_run_on_record_is_put_into_another_folder(tmp_path, store, monkeypatch):
    paper, options = tmp_path / "paper", Options(str(store), threads=1)
    paper.mkdir()
    (paper / "tiny.yaml").write_text(TINY.replace("seed: 5", "seed: 51"))
    plays = []
    monkeypatch.setattr(papergames, "play", lambda path, **how: plays.append(path) or play(path, **how))
    rows = [next(scenario_rows(paper, options, tmp_path / out)) for out in ("one", "two")]
    one, two = ({file.relative_to(run): file.read_bytes() for file in run.rglob("*") if file.is_file()}
                for run in (tmp_path / out / "tiny" for out in ("one", "two")))
    assert len(plays) == 1 and one == two and {"report.html", "transcript.jsonl"} <= {str(name) for name in one}
    assert rows[0].ours == rows[1].ours and load(tmp_path / "two" / "tiny") == load(tmp_path / "one" / "tiny")
    (tmp_path / "three" / "tiny").mkdir(parents=True)
    (tmp_path / "three" / "tiny" / "thesis.tex").write_text("x")
    row, = scenario_rows(paper, options, tmp_path / "three")
    assert row.ours == "not played" and "holds something else" in row.differs
    assert next(scenario_rows(paper, options, None)).n == 1 and len(plays) == 3  # without a folder it is played


def test_forging_from_python(tmp_path, store):
    (tmp_path / "tiny.yaml").write_text(TINY)
    heard = []
    priced = arena_.forge(tmp_path / "tiny.yaml", budget=1.0, memory=16, store=store, threads=1, observer=heard.append,
                          changes={"agents.alice.scheme.rose.triggers": 32})
    assert {point.level for point in priced.points} == {0, 1, 2, 3}
    assert [each for each in heard if not isinstance(each, str)] == list(priced.points)
    assert priced.advice.startswith("R >= 20 is forged here in")
    data, plot, page = priced.report(tmp_path / "priced.png")
    assert "What forging" in page.read_text() and page.name == "priced.html"
    assert json.loads(data.read_text())["points"] and plot.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ArenaError, match="0 seconds"):
        arena_.forge(tmp_path / "tiny.yaml", budget=0, store=store)


def test_unknown_papers_are_one_line(tmp_path):
    done = arena("reproduce", "uchidda", cwd=tmp_path)
    assert (done.returncode == 2 and "unknown reproduction 'uchidda'; did you mean 'uchida'" in done.stderr
            and "Traceback" not in done.stderr)
    missing = command("reproduce", "uchida", cwd=tmp_path, ARENA_DATA=str(tmp_path))
    assert (missing.returncode == 2 and "data set 'cifar10' is missing" in missing.stderr
            and "Traceback" not in missing.stderr)


def test_spread_and_average():
    assert spread([1.0]) == "-" and average([1.0, 2.0]) == "1.5" and spread([1.0, 3.0]) == "1 to 3, s.d. 1.41"
    assert Row("a", "b", "c", "d", 1, holds=np.bool_(False)).holds is False


def test_lower_levels_are_forged_for_real(store):
    shop, host = small_workshop(store, "forger"), small_host(store)
    setting = Setting(16, 10, (1, 8, 8), 2)
    zero, one = lower.points(setting, host, shop, 0.0)
    assert (zero.level, one.level) == (0, 1) and one.matches >= 14 and zero.matches >= 10
    assert 60 < one.tries < 400  # ten hashes an image on average
    shown = []
    (hard,) = lower.hard_points(setting, 16, 2.0, shown.append)
    assert shown == [hard] and hard.level == 3 and hard.rarity >= 3 and 0.2 < hard.ratio < 5
    assert lower.hard_points(setting, 1 << 16, 0.01, shown.append) == []
    assert 12 < lower.added_bits(setting, 1 << 16) < 20


def test_planned_and_measured_work_stand_side_by_side(tmp_path, store):
    scenario = tmp_path / "forged.yaml"
    scenario.write_text(TINY.replace("  victor:",
                                     "  eve: {role: usurper, forgery: {grind: {tries: 2^14}}}\n  ivan: {role: usurper, "
                                     "forgery: {natural: {level: 1}}}\n  victor:"))
    done = command("run", scenario, "--out", tmp_path / "run", store=store)
    assert done.returncode in (0, 1), done.stderr
    forged = {record.forger: record for record in load(tmp_path / "run").forgeries}
    for agent in ("eve", "ivan"):
        assert forged[agent].measured > 10 and forged[agent].planned > 10
    # a grinder who used all his tries gets about what they are worth
    assert abs(forged["eve"].planned - forged["eve"].measured) < 6
    assert "Forgeries: planned and measured" in (tmp_path / "run" / "report.html").read_text()


def test_impossible_white_box_schemes_are_one_line(tmp_path):
    scenario = tmp_path / "bad.yaml"
    scenario.write_text(TINY.replace("{rose: {triggers: 10",
                                     "{uchida: {bits: 10, code: true, layer: x").replace("triggers: 10", "bits: 10"))
    done = command("check", scenario)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_find_of_a_missing_class(tmp_path):
    (tmp_path / "mine.py").write_text("x = 1\n")
    done = command("reproduce", f"{tmp_path / 'mine.py'}:Nothing", cwd=tmp_path)
    assert done.returncode == 2 and "is no reproduction" in done.stderr
    assert issubclass(ArenaError, Exception)


def test_the_page_is_written_for_docs_too(tmp_path, store):
    (tmp_path / "mine.py").write_text(OWN.replace("WANTED", "0.1"))
    done = command("reproduce", f"{tmp_path / 'mine.py'}:Mine", "--seeds", "1", "--out", tmp_path / "out", "--docs",
                   tmp_path / "docs", "--threads", "1", store=store, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "docs" / "mine.md").read_text()
    assert "Nobody: On Nothing" in text and "mine/1-figure-1.svg" in text
    assert (tmp_path / "docs" / "mine" / "1-figure-1.svg").is_file()


def test_a_claim_that_nothing_bears_out_is_none_on_the_page(tmp_path, store):
    claims = "\n    def shown(self, quick):\n        return [Shown(f'Table {n}', 'reproduced') for n in (1, 9)]\n"
    own = OWN.replace("WANTED", "0.1").replace("import Figure", "import Shown, Figure")
    (tmp_path / "mine.py").write_text(own + claims)
    page = arena_.reproduce(f"{tmp_path / 'mine.py'}:Mine", seeds=1, store=store, threads=1)
    assert page.shown == (Shown("Table 1", "reproduced"), Shown("Table 9", "not", "nothing of it was found"))


def test_why_nothing_was_found_is_said():
    row = Row("Table 2", "another domain", "8 %", "-", 0, differs="data set 'x' is missing")
    assert borne_out([Shown("Table 2", "reproduced")], [row]) == (Shown("Table 2", "not", "data set 'x' is missing"),)


def test_all_papers_make_an_index(tmp_path, monkeypatch):
    """Each with its page; one that can't be played is said and the others are."""
    def fake(name, *, out, docs, observer):
        if name == "rose":
            raise ArenaError("data set 'mnist' is missing\nmore")
        page = reproducing.Reproduced(f"On {name}", "quick", Task(), 1.0, "", (Row("Table 1", "a", "1", "2", 1),), (),
                                      name, f"arena reproduce {name} --quick")
        page.save(out)
        page.document(docs)
        return page

    monkeypatch.setattr(papers, "reproduce", fake)
    found = papers.reproduce_all(out=tmp_path / "out", docs=tmp_path / "docs")
    index = (tmp_path / "out" / "index.html").read_text()
    assert not found.holds and set(found.refused) == {"rose"} and "data set &#39;mnist&#39; is missing" in index
    for name in ("uchida", "exponential-weighting", "negative-correlation"):
        assert f'href="{name}/page.html"' in index and (tmp_path / "out" / name / "page.html").is_file()
        assert f"({name}.md)" in (tmp_path / "docs" / "README.md").read_text()
        assert (tmp_path / "docs" / f"{name}.md").is_file()
