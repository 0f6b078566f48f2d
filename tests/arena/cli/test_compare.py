"""`arena compare`: results side by side on the screen and on a page, and one line for what holds none."""

import pytest

import arena
from arena.cli.compare import lines
from tests.conftest import TINY, command

ATTACKS = "agents.mallory.attacks"


@pytest.fixture(scope="module")
def runs(store, tmp_path_factory):
    """Two runs of one scenario: what was stolen as it was, and pruned."""
    folder = tmp_path_factory.mktemp("compared")
    (folder / "who.yaml").write_text(TINY)
    for name, attacks in (("as-is", []), ("pruned", [{"prune": {"rate": 0.9}}])):
        arena.play(folder / "who.yaml", changes={ATTACKS: attacks}, out=folder / name, store=store, threads=1)
    return folder


def test_two_results_side_by_side(runs):
    done = command("compare", runs / "as-is", runs / "pruned" / "result.json", "--out", runs / "page.html",
                   COLUMNS="150")
    assert done.returncode == 0, done.stderr
    results = [arena.load(runs / name) for name in ("as-is", "pruned")]
    said = {" ".join(line.split()) for line in done.stdout.splitlines()}
    assert f"* {ATTACKS} [] [{{prune: {{rate: 0.9}}}}]" in said and "seed 5 5" in said
    words = [f"{v.text}, {v.rarity:.1f}/{v.work:.1f} bits" for v in (result.verdicts[0] for result in results)]
    assert words[0] != words[1] and f"* alice on mallory {words[0]} {words[1]}" in said
    stolen, pruned = results[1].stages
    assert f"mallory 0 {100 * stolen.accuracy:.1f} % stolen {100 * stolen.accuracy:.1f} % stolen" in said
    assert any(line.startswith(f"* mallory 1 - {100 * pruned.accuracy:.1f} % prune rate=0.9") for line in said)
    page = (runs / "page.html").read_text()
    assert "can&#39;t be drawn" not in page and "as-is, pruned: side by side" in page
    assert page.count("class=differs") == sum(line.startswith("* ") for line in done.stdout.splitlines()) - 1


def test_what_is_too_wide_is_told_run_by_run(runs):
    found = arena.compare([runs / "as-is", runs / "pruned"])
    wide, narrow = list(lines(found, 1000)), list(lines(found, 40))
    assert max(map(len, narrow)) < max(map(len, wide)) and len(narrow) > len(wide)
    at = next(number for number, line in enumerate(narrow) if line.startswith("* alice on mallory"))
    assert narrow[at + 1].startswith("    as-is   denied") or narrow[at + 1].startswith("    as-is   granted")
    assert narrow[at + 2].startswith("    pruned  denied")


def test_the_same_scenario_is_said_to_be_the_same(runs):
    assert list(lines(arena.compare([runs / "as-is", runs / "as-is"])))[-1] == "* differs; the scenarios are the same"


def test_what_holds_no_result_is_one_line(runs, tmp_path):
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "result.json").write_text("[]")
    for other, told in ((tmp_path, "there is no result.json: this is no run"), (runs / "nobody", "there is no result"),
                        (tmp_path / "damaged", "result.json: a result of version 1 is wanted")):
        done = command("compare", runs / "as-is", other)
        assert done.returncode == 2 and told in done.stderr and done.stderr.count("\n") == 1 and not done.stdout
    done = command("compare", runs / "as-is")
    assert done.returncode == 2 and done.stderr == "arena: two runs at least are compared\n"
