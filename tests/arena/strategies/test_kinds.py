"""Kinds of strategies: one line each, from which all else follows; strategies are found wherever below their kind's
folder they lie."""

import ast
import importlib
from dataclasses import dataclass

import pytest

from arena.base.errors import ArenaError
from arena.strategies import KINDS, Kind, built_in, find
from arena.strategies.agent import Agent
from arena.strategies.catalogue import default, entries, who_say
from tests.conftest import ROOT, command

SOURCE = '"""Why."""\n\nclass {name}:\n    """{line}"""\n{more}'


def write(root, place, name, line="does it", more=""):
    file = root / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(SOURCE.format(name=name, line=line, more=more))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kinds_base_is_there_and_what_is_built_in_derives_from_it(kind):
    """What is written as a text is true: nothing imports it, so nothing else would tell."""
    module, _, name = kind.base.partition(":")
    base = getattr(importlib.import_module(module), name)
    assert kind.takes(base) and (base is Agent or base.kind == kind.name)
    assert built_in(kind.name) and all(kind.takes(find(kind.name, each)) for each in built_in(kind.name))
    assert not any(kind.takes(find(other, each)) for other in KINDS if other != kind.name for each in built_in(other))


def test_a_new_kind_is_one_line(tmp_path):
    solvers = Kind("solvers", "solver", "arena.strategies.policy:Policy")
    write(tmp_path, "solvers/fictitious_play.py", "FictitiousPlay", "plays against what was played")
    write(tmp_path, "solvers/_shared.py", "Shared")
    found = entries(tmp_path, solvers)
    assert {name: entry.line for name, entry in found.items()} == {"fictitious-play": "plays against what was played"}
    assert found["fictitious-play"].module == "agents.solvers.fictitious_play" and not found["fictitious-play"].default


def test_a_strategy_is_called_as_its_file_in_whatever_folder_it_lies(tmp_path):
    write(tmp_path, "attacks/model/deep/prune.py", "Prune")
    write(tmp_path, "attacks/jpeg.py", "Jpeg")
    write(tmp_path, "attacks/_helpers/prune.py", "Prune")
    found = entries(tmp_path, KINDS["attacks"])
    modules = {name: entry.module for name, entry in found.items()}
    assert modules == {"jpeg": "agents.attacks.jpeg", "prune": "agents.attacks.model.deep.prune"}


def test_two_files_of_one_name_are_an_error(tmp_path):
    write(tmp_path, "attacks/model/fine_tune.py", "FineTune")
    write(tmp_path, "attacks/service/fine_tune.py", "FineTune")
    line = r"two attacks are called 'fine-tune': .*model/fine_tune\.py and .*service/fine_tune\.py"
    with pytest.raises(ArenaError, match=line):
        entries(tmp_path, KINDS["attacks"])


def test_the_default_of_a_kind_says_so_itself(tmp_path):
    assert default("policies") == "rarity-and-work"
    assert find("policies", "rarity-and-work").default and not find("policies", "watermark-accuracy").default
    assert not any(default(kind) for kind in KINDS if kind != "policies") and default("") == ""
    write(tmp_path, "policies/mild.py", "Mild", more="    default = True\n")
    write(tmp_path, "policies/strict.py", "Strict", more="    default = False\n")
    assert [name for name, entry in entries(tmp_path, KINDS["policies"]).items() if entry.default] == ["mild"]
    write(tmp_path / "two", "policies/mild.py", "Mild", more="    default = True\n")
    write(tmp_path / "two", "policies/strict.py", "Strict", more="    default = True\n")
    with pytest.raises(ArenaError, match="not both mild and strict"):
        entries(tmp_path / "two", KINDS["policies"])


@dataclass(frozen=True)
class Heir(find("policies", default("policies"))):
    """derives from the default, and is none"""


def test_a_class_is_of_a_kind_by_what_it_derives_from(tmp_path):
    policies = KINDS["policies"]
    assert policies.takes(Heir) and not policies.takes(Heir()) and not policies.takes(3)
    assert not KINDS["attacks"].takes(Heir)
    (tmp_path / "stranger.py").write_text("class Policy:\n    kind = 'policies'\n")
    with pytest.raises(ArenaError, match=r"stranger\.py:Policy is no policy: a class Policy is wanted"):
        find("policies", "stranger.py:Policy", tmp_path)
    code = ("from arena.reproduction.reproduction import Reproduction\nclass Paper(Reproduction):\n    title = 'a "
            "paper'\n")
    (tmp_path / "paper.py").write_text(code)
    assert find("reproductions", "paper.py:Paper", tmp_path).title == "a paper"
    with pytest.raises(ArenaError, match=r"paper\.py:Paper is no role: a class Agent is wanted"):
        find("roles", "paper.py:Paper", tmp_path)


WORDS = {"replay", "verifier", "fine-tune", "owner", "attacker", "usurper", "service"}
"""Words of the arena's own that strategies are called by too: a command, who may say a verdict, a part of the data,
whose payoffs make a game, what is deployed."""


def test_the_arena_names_no_strategy():
    names, found = {name for kind in KINDS for name in built_in(kind)} - WORDS, []
    for path in (ROOT / "arena").rglob("*.py"):
        tree = ast.parse(path.read_text())
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in told]
        found += [(path.name, node.lineno, node.value) for node in texts if node.value in names]
    assert len(names) > 40 and not found


def test_the_command_line_lists_every_kind():
    whole = command("list")
    headings = [line[:-1] for line in whole.stdout.splitlines() if line[:1] != " "]
    assert whole.returncode == 0 and headings == [*KINDS, "solvers", "payoffs", "datasets", "networks", "scenarios",
                                                  "tournaments"]
    one = command("list", "attacks")
    assert [line.split()[0] for line in one.stdout.splitlines()] == list(built_in("attacks"))
    wrong = command("list", "atacks")
    assert wrong.returncode == 2 and wrong.stderr.count("\n") == 1
    assert "there is no list of 'atacks'; did you mean 'attacks'" in wrong.stderr


def test_what_a_class_says_is_true_is_read_from_its_source(tmp_path):
    """Fields are parameters and say nothing; what is said to be false isn't said."""
    said = ("innocent = True", "sells: ClassVar[bool] = True", "opens: bool = True", "forges: ClassVar[bool] = False",
            "judges: ClassVar[bool]", "name = 'True'")
    write(tmp_path, "roles/one.py", "One", more="".join(f"    {line}\n" for line in said))
    found = entries(tmp_path, Kind("roles", "role", "arena.strategies.agent:Agent"))
    assert found["one"].says == {"innocent", "sells"}


def test_roles_say_what_they_do():
    assert who_say("roles", "sells") == {"owner", "seller"} and who_say("roles", "verifies") == {"verifier"}


@pytest.mark.parametrize("word", ["sells", "deploys", "verifies", "forges", "admits"])
def test_what_roles_declare_is_read_from_their_sources_as_their_classes_have_it(word):
    assert who_say("roles", word) == {name for name in built_in("roles") if getattr(find("roles", name), word)} != set()
