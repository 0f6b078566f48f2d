"""`arena show` says of everything that is listed what it does; its examples are valid; a user's file is read and never
imported."""

from pathlib import Path

import pytest
import yaml

from arena.base.errors import ArenaError
from arena.cli.explain import example, explained
from arena.cli.listing import FILES, LISTED
from arena.scenario.brief import Sheet
from arena.scenario.builder import Builder, form_of
from arena.strategies.catalogue import built_in, find
from arena.strategies.kinds import KINDS
from tests.conftest import command

EVERY = [(kind, name) for kind in KINDS for name in built_in(kind)]
MINE = '''
from dataclasses import dataclass
import arena
from agents.attacks.model.prune import Prune
open("imported", "w").close()


@dataclass(frozen=True)
class Blur(arena.Attack):
    """averages

    More of it."""
    size: int = 3
    rate_after: float


@dataclass(frozen=True)
class More(Blur):
    """more"""
    times: int = 2


class Pruned(Prune):
    """prunes"""


class Nothing:
    """no strategy"""
'''


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_examples_parameters_are_valid(kind, name):
    """Its line is YAML, and what it holds is built as a scenario's is."""
    line = example(kind, name)
    if kind == "reproductions":
        assert line == f"arena reproduce {name}"
        return
    data = next(iter(yaml.safe_load(line).values()))
    builder = Builder(Sheet(), Path())
    if kind == "roles":
        params = {key: value for key, value in data["someone"].items() if key != "role"}
        made = builder.dataclass(find("roles", data["someone"]["role"]), params, ())
    else:
        made = builder.strategy(kind, data[0] if isinstance(data, list) else data, ())
    assert type(made) is find(kind, name)


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_parameter_is_told(kind, name):
    cls = find(kind, name)
    shown = "\n".join(explained(name))
    assert " ".join(cls.__doc__.split("\n")[0].split()) in shown
    for word in form_of(cls).names:
        assert any(line.split()[:1] == [word] and len(line.split()) >= 3 for line in shown.splitlines()), word


def test_everything_else_that_is_listed_is_shown():
    for kind in ("solvers", "payoffs", "datasets", "networks"):
        for name in LISTED[kind]():
            assert name in next(explained(name)) and len(list(explained(name))) >= 2
    assert not set(FILES) - set(LISTED)


def test_ranges_are_told_of_quantities_with_units_too():
    rate, = (line for line in explained("prune") if line.strip().startswith("rate "))
    assert ">= 0" in rate and "<= 1" in rate and rate.split()[-1] == "0.2"


def test_a_name_that_nothing_has():
    with pytest.raises(ArenaError, match=r"nothing is called 'prun'; did you mean 'prune'"):
        list(explained("prun"))


def test_a_file_of_ones_own_is_read_and_not_imported(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    done = command("list", "--file", "mine.py", cwd=tmp_path)
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["mine.py:Blur", "attacks:"], ["mine.py:More", "attacks:"], ["mine.py:Pruned", "attacks:"]]
    shown = command("show", "mine.py:More", cwd=tmp_path).stdout
    assert all(word in shown for word in ("size", "rate-after", "(must be given)", "times", "mine.py:More (attacks)"))
    wrong = command("show", "mine.py:Mora", cwd=tmp_path)
    assert wrong.returncode == 2 and "did you mean 'More'" in wrong.stderr
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize("text", ["class (", "\0", "x" * 10 + "\xff("])
def test_a_file_that_is_no_python(tmp_path, text):
    (tmp_path / "mine.py").write_text(text, encoding="latin-1")
    done = command("list", "--file", "mine.py", cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "no Python file" in done.stderr
