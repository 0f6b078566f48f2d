"""Of which scheme a tournament's forgery makes keys: told without importing it, as the forgery itself says."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from arena.strategies import find
from arena.strategies.catalogue import built_in
from arena.tournament.cells import forged_scheme
from tests.conftest import ROOT


def of(forgery, place=Path("x.yaml")):
    return forged_scheme(SimpleNamespace(forgeries={"it": forgery}, path=place), "it")


@pytest.mark.parametrize("name", sorted(built_in("forgeries")))
def test_the_first_that_it_names(name):
    kind = find("forgeries", name)
    if isinstance(kind.schemes, property):
        assert of(name) == kind().schemes[0]
    else:
        assert of(name) == of({name: {}}) == of({name: None}) == kind.schemes[0]


@pytest.mark.parametrize(("name", "scheme"), [("grind-seed", "negative-correlation"), ("false-claim", "rose")])
def test_the_one_that_it_is_given(name, scheme):
    assert of({name: {"scheme": scheme}}) == scheme != of(name)


@pytest.mark.parametrize(("says", "scheme"), [("schemes = ('adi',)", "adi"), ("pass", "rose")])
def test_of_ones_own(tmp_path, says, scheme):
    (tmp_path / "mine.py").write_text(f"from arena.strategies import Forgery\n\n\nclass Mine(Forgery):\n    {says}\n")
    assert of("mine.py:Mine", tmp_path / "x.yaml") == scheme


def test_pricing_every_match_needs_no_torch():
    code = ("import sys\nfrom pathlib import Path\nfrom arena.tournament.cells import cells, scenario\n"
            "from arena.scenario.prices import price\nfrom arena.tournament.spec import load\n"
            "spec = load(Path('scenarios/tournaments/quick.yaml'))\n"
            "found = [price(scenario(spec, cell, 1).data) for cell in cells(spec)]\n"
            "print(len(found), 'torch' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["91", "False"], done.stderr
