"""A journal of matches as they were before the file changed: none of them counts as one of now."""

from arena import Tournament
from tests.conftest import command

FILE = """title: Small
base: {dataset: digits, network: digits-cnn, epochs: 2, rate: 2e-3, schedule: one-cycle, limit: 400}
seeds: {first: 1, least: 2, most: 2}
schemes: {adi: {adi: {keys: 10}}}
attacks: {as-is: [], prune: [{prune: {rate: 0.5}}]}
policies: {default: {rarity-and-work: {rarity: 32 bits, work: 20 bits}}}
"""


def test_what_was_played_as_the_file_was_is_played_again_and_not_counted(tmp_path, store):
    file, out = tmp_path / "small.yaml", tmp_path / "out"
    file.write_text(FILE)
    assert "matches are in" not in command("tournament", file, "--out", out, store=store).stdout
    first = Tournament.load(file, out=out, store=store)
    assert [len(first.analysis.by_cell[cell]) for cell in first.analysis.by_cell] == [2, 2]
    file.write_text(FILE.replace("keys: 10", "keys: 12"))  # both cells are others now
    changed = Tournament.load(file, out=out, store=store)
    changed.plan()
    assert changed.results() == [] and len(first.results()) == 4
    rows = list(changed.play())
    assert len(rows) == 4 and all(len(mine) == 2 for mine in changed.analysis.by_cell.values())
    trials = [row.claims["alice"]["case"]["evidence"]["trials"] for row in changed.results()]
    assert trials == [12] * 4
    unplanned = Tournament.load(file, out=out, store=store)  # reading alone takes them as they were last
    assert [row.key for row in unplanned.results()] == [row.key for row in changed.results()]
    file.write_text(FILE.replace("prune: {rate: 0.5}", "prune: {rate: 0.6}"))  # one as it was first, one new
    some = Tournament.load(file, out=out, store=store)
    some.plan()
    assert [row.cell.thief for row in some.results()] == ["as-is", "as-is"]
    said = command("tournament", file, "--plan", "--out", out, store=store).stdout
    assert "4 matches at least" in said
