"""What comes with Arena is called by name; a file of one's own goes before it."""

import pytest

from arena.base.errors import ArenaError
from arena.base.shipped import TOURNAMENTS, located, names, shipped
from tests.conftest import ROOT


def test_every_scenario_of_the_checkout_has_a_name():
    assert shipped() == ROOT / "scenarios"
    assert set(names().values()) == set((ROOT / "scenarios").rglob("*.yaml"))
    assert names()["rose/forgers"] == ROOT / "scenarios" / "rose" / "forgers.yaml"


def test_a_file_goes_before_a_name_and_a_folder_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rose").mkdir()
    (tmp_path / "quickstart").mkdir()
    assert located("quickstart") == located("quickstart.yaml") == ROOT / "scenarios" / "quickstart.yaml"
    (tmp_path / "quickstart.yaml").write_text("title: mine")
    assert located("quickstart.yaml").read_text() == "title: mine"


def test_a_folder_of_names_is_looked_into_first():
    assert located("quick", TOURNAMENTS) == located("tournaments/quick") == names(TOURNAMENTS)["quick"]


@pytest.mark.parametrize("wrong", [
    "quikstart", "", ".", "..", "../scenarios/quickstart", "/quickstart", "a\0b", "x" * 5000,
])
def test_nothing_else_is_found(wrong, tmp_path, monkeypatch):
    """Whatever is written, what is found is a file that the user has, or one that comes with Arena."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArenaError, match="no such file"):
        located(wrong)


def test_a_misspelt_name_is_told():
    with pytest.raises(ArenaError, match="did you mean 'quickstart'"):
        located("quikstart")
