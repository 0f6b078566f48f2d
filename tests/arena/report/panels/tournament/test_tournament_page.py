"""The page of a tournament: every panel draws, what the rows say stands in it, and nothing that a file says is code."""

import re

import pytest

from arena.base.yamlfile import parse
from arena.game.evidence import Case, Work
from arena.game.rarity import Stated
from arena.report.outlived import Outlived
from arena.report.panels.tournament import Tournament
from arena.report.panels.tournament.sure import _regret, looks
from arena.report.parts import plain
from arena.report.plots import COLOURS
from arena.report.tournament import render
from arena.tournament import spec
from arena.tournament.answers.analysis import Analysis
from arena.tournament.answers.judging import choice
from arena.tournament.cells import OWNER, THIEF, USURPER, Cell, cells
from arena.tournament.rows import Row

FILE = """
title: Who <keeps> it?
schemes: {rose: rose, uchida: uchida, none: {}}
attacks: {as-is: [], prune: [prune], bystander: [independent-host]}
forgeries: {random: random-key}
policies: {loose: {rarity-and-work: {rarity: 10 bits, work: 0 bits}}, strict: {rarity-and-work: {rarity: 90 bits}}}
"""
RARITY = {("rose", "as-is"): 80.0, ("rose", "prune"): 2.0, ("uchida", "as-is"): 100.0, ("uchida", "prune"): 100.0}
FIGURES = {"unmarked": 0.99, "marked": 0.98, "stolen": 0.98, "deployed": 0.97, "work": 80.0, "owner_ops": 1e9,
           "attacker_ops": 1e6, "queries": 0.0, "verifier_queries": 100.0, "host_ops": 1e10, "train_size": 1000.0,
           "usurper_ops": 0.0}


def claim(claimant, rarity):
    case = Case(9, claimant, THIEF, "shop", "rose", Stated(rarity, "said"), Work(80.0, 80.0), 5, 2)
    return {"case": case.as_data(), "first": True}


def row(cell, seed, fails=False):
    key = f"{hash((cell, seed)) & (1 << 64) - 1:016x}" * 4
    if fails:
        return Row(key, cell, seed, "failed", error="mallory: <b>it broke</b>")
    rarity = RARITY.get((cell.scheme, "as-is" if cell.forgery else cell.thief), 0.0)
    claims = {OWNER: claim(OWNER, rarity)} if cell.scheme != "none" else {}
    if cell.forgery:
        claims[USURPER] = claim(USURPER, 1.0)
    return Row(key, cell, seed, "finished", {**FIGURES, "rarity": rarity}, claims, seconds=1.0)


@pytest.fixture
def analysis(tmp_path):
    found = spec.validate(parse(FILE, "who.yaml"), tmp_path / "who.yaml")
    rows = [row(cell, seed, cell.scheme == "uchida" and cell.thief == "bystander")
            for cell in cells(found) for seed in (1, 2, 3)]
    return Analysis(found, rows)


def test_every_panel_draws_and_says_what_the_rows_say(analysis):
    text = render(analysis.spec.title, analysis)
    assert "can&#39;t be drawn" not in text and "can't be drawn" not in text
    assert "Commit to uchida" in text and "judge by <b>loose</b>" in text
    assert "Who &lt;keeps&gt; it?" in text and "<b>it broke" not in text and "&lt;b&gt;it broke" in text
    loose = re.search(r"judged by <b>loose</b>.*?</details>", text, re.S).group()
    assert len(re.findall(r"3/3", loose)) == 3 and "hatched" in loose
    strict = re.search(r"judged by <b>strict</b>.*?</details>", text, re.S).group()
    assert len(re.findall(r"3/3", strict)) == 2
    assert text.count("<svg") == 6


def test_the_policy_that_recognises_more_marks_is_the_one_to_be_bound_to(analysis):
    """Under both policies the owner commits to uchida, so both are worth the same and the file's first is taken. With
    rose alone, and no pruning, the strict one denies an owner on the thief's model (-1) and half of the other cells,
    those with a usurper (-1/2); a hundred queries cost a hundredth each time."""
    both = choice(analysis, "task")
    assert both.policy == "loose" and both.values["loose"] == pytest.approx(both.values["strict"]) == -0.02
    alone = [each for each in analysis.rows if each.cell.scheme != "uchida" and each.cell.thief != "prune"]
    found = choice(Analysis(analysis.spec, alone), "task")
    assert found.policy == "loose" and found.values == pytest.approx({"loose": -0.02, "strict": -1.52})


def test_cells_link_to_the_matches_that_were_kept(analysis, tmp_path):
    kept = analysis.rows[0]
    page = tmp_path / "matches" / kept.key[:16] / "report.html"
    page.parent.mkdir(parents=True)
    page.write_text("here")
    text = render("t", analysis, tmp_path / "matches")
    links = re.findall(r'href="(matches/[^"]+)"', text)
    assert set(links) == {f"matches/{kept.key[:16]}/report.html"}
    assert 'href="matches' not in render("t", analysis)


def test_who_outlives_what_as_markdown(analysis):
    """Cells by thief and scheme, bits as the rows have them, what failed left out, text that can't become markup."""
    shown = Outlived(analysis, analysis.spec.title, "arena tournament who")
    lines = {line.split(" | ")[0].lstrip("| "): line.split(" | ")[1:] for line in shown.markdown.splitlines()
             if line.startswith("| ")}
    assert lines["thief"][:3] == ["rose", "uchida", "none"]
    assert lines["prune"][0] == "0/3, 2 bits" and lines["as-is"][1] == "3/3, 100 bits"
    assert lines["bystander"][1] == "-" and lines["as-is"][3] == "1.0 (1.0 to 1.0) |"
    assert r"Who \<keeps\> it?" in shown.markdown and "Commit to uchida" in shown.markdown
    assert shown.picture.startswith("<svg") and "xmlns=" in shown.picture[:400] and shown.picture.count("3/3") == 3


def test_nothing_played_is_a_table_too(analysis):
    empty = Outlived(Analysis(analysis.spec, []), "t", "c")
    assert "| prune | - | - | - | - |" in empty.markdown and "-" in empty.picture


def test_nothing_played_is_a_page_too(analysis):
    text = render("t", Analysis(analysis.spec, []))
    assert "No answer yet" in text and "be drawn" not in text


def test_a_forged_cell_shows_the_usurpers_rarity(analysis):
    """Not that of the owner whom he stands against."""
    table = analysis.cell(Cell("task", "rose", forgery="random"), "loose")
    assert table.rarity == 1.0 and analysis.cell(Cell("task", "rose", "as-is"), "loose").rarity == 80.0


def test_of_one_seed_there_is_no_bound(analysis):
    one = Analysis(analysis.spec, [each for each in analysis.rows if each.seed == 1])
    assert "no bound" in render("t", one) and ">-0.0<" not in render("t", one)
    assert [look.sure for look in looks(Tournament(one), "task")] == [False] * len(looks(Tournament(one), "task"))


def test_regret_is_bounded_once_every_cell_was_played_twice(analysis):
    """Seed by seed: until the second seed is through, a point stands for what one match a cell says, which is nothing
    sure, however little regret it shows; it is drawn open."""
    rows = sorted(analysis.rows, key=lambda each: each.seed)
    page = Tournament(Analysis(analysis.spec, rows))
    found = looks(page, "task")
    game = analysis.solvable("task", "loose")
    second = max(n for n, each in enumerate(rows, start=1)
                 if each.seed == 2 and each.cell.scheme in game.rows and each.cell.other in game.columns)
    assert [look.sure for look in found] == [look.matches >= second for look in found]
    assert 0 < sum(look.sure for look in found) < len(found)
    svg, sure = _regret(page, "task"), sum(look.sure for look in found)
    assert svg.count(f'style="fill: {COLOURS[0]}; stroke') == sure + 1, "and one in the legend"
    assert svg.count(f'style="fill-opacity: 0; stroke: {COLOURS[1]}"') == len(found) - sure + 1


def test_what_is_never_played_twice_does_not_keep_the_bound_back(analysis):
    """A cell that broke down all but once."""
    rows = [each for each in analysis.rows if each.cell != analysis.rows[0].cell or each.seed == 1]
    assert looks(Tournament(Analysis(analysis.spec, rows)), "task")[-1].sure


def test_a_zero_has_no_sign():
    assert [str(plain(value)) for value in (-0.0, -0.001, 0.004, -1.236)] == ["0.0", "0.0", "0.0", "-1.24"]
