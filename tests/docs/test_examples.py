"""Each example of the docs works as it is written there; parts of every kind are played by tests/test_extensions.py."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys

import pytest
import yaml

from arena.base.userfiles import part_called
from arena.testing import check_attack, check_network, check_solver
from tests.conftest import TINY, command
from tests.docs.pages import DOCS, examples, pages

EXTENDING, OWN, PYTHON = (DOCS / f"{name}.md" for name in ("extending", "own-models", "python"))
EXAMPLES = {**examples(EXTENDING), **examples(OWN)}
PLAYED_ELSEWHERE = {"scheme.py", "forgery.py", "policy.py", "role.py", "page.py", "network.py", "who.yaml"}
PLAYED_HERE = {"blur.py", "test_blur.py", "jitter.py", "mynet.py", "queries.py", "payoffs.yaml", "solver.py",
               "stripes.py", "make_data.py", "three_lines.py", "swept.py", "mnist.yaml", "tournament.yaml",
               "learn.yaml"}


def test_no_example_is_without_a_test():
    shown = [name for page in pages() for name in examples(page)]
    assert sorted(shown) == sorted(PLAYED_ELSEWHERE | PLAYED_HERE)


def test_an_attack_in_ten_lines_from_a_scenario_beside_it(tmp_path, store):
    (tmp_path / "blur.py").write_text(EXAMPLES["blur.py"])
    assert len([line for line in EXAMPLES["blur.py"].splitlines() if line.strip()]) <= 11
    snippet = re.search(r'`(attacks: \[\{"blur.py:Blur".*?\])`', EXTENDING.read_text())[1]
    scenario = tmp_path / "blurred.yaml"
    scenario.write_text(TINY.replace("{role: attacker}", "{role: attacker, " + snippet + "}"))
    done = command("run", scenario, "--out", tmp_path / "run", store=store)
    assert done.returncode == 0 and "blur.py:Blur size=3: test accuracy" in done.stdout, done.stderr


def test_its_conformance_test(tmp_path):
    for name in ("blur.py", "test_blur.py"):
        (tmp_path / name).write_text(EXAMPLES[name])
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_blur.py"],
                          cwd=tmp_path, capture_output=True, text=True)
    assert "1 passed" in done.stdout, done.stdout


def test_an_attack_on_the_model(tmp_path):
    (tmp_path / "jitter.py").write_text(EXAMPLES["jitter.py"])
    check_attack(part_called("jitter.py:Jitter", tmp_path)(), tmp_path)


def test_a_network_in_ten_lines_from_a_scenario_beside_it(tmp_path, store):
    (tmp_path / "mynet.py").write_text(EXAMPLES["mynet.py"])
    assert len([line for line in EXAMPLES["mynet.py"].splitlines() if line.strip()]) <= 10
    network = re.search(r'`task: \{(network: "mynet.py:Net")\}`', OWN.read_text())[1]
    marked = TINY.replace(
        "scheme: {rose: {triggers: 10, oversample: 3}}",
        re.search(r"`(uchida: \{layer: conv\})`", OWN.read_text())[1].join(["scheme: {", "}"]),
    )
    for number, text in enumerate((TINY, marked)):
        (tmp_path / "own.yaml").write_text(text.replace("{dataset: digits,", f"{{dataset: digits, {network},"))
        done = command("run", tmp_path / "own.yaml", "--out", tmp_path / f"run {number}", store=store)
        assert done.returncode == 0 and "left the play" not in done.stdout, done.stdout + done.stderr


def test_a_networks_conformance_test(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mynet.py").write_text(EXAMPLES["mynet.py"])
    assert '`check_network("mynet.py:Net", tmp_path)`' in OWN.read_text()
    check_network("mynet.py:Net", tmp_path)


def test_a_panel_is_on_the_page(tmp_path, tiny, store):
    (tmp_path / "queries.py").write_text(EXAMPLES["queries.py"])
    assert command("run", tiny, "--out", tmp_path / "run", store=store).returncode == 0
    words = re.search(r"`(arena report RUN --panel queries\.py)`", EXTENDING.read_text())[1].split()[1:]
    done = command(*(str(tmp_path / "run") if word == "RUN" else word for word in words), cwd=tmp_path)
    page = (tmp_path / "run" / "report.html").read_text()
    assert done.returncode == 0 and "Who asked most</h2>" in page and "<ol><li>victor: " in page, done.stderr


def test_payoffs_are_computed(tmp_path):
    """What a mark that costs nothing and is granted is worth to its owner, and a pruned one to the thief."""
    from arena.tournament.games.columns import COLUMNS
    from arena.tournament.games.expression import compiled

    payoffs = yaml.safe_load(EXAMPLES["payoffs.yaml"])["payoffs"]
    row = {name: [0.0] for name in COLUMNS} | {"granted": [1.0], "unmarked": [0.9], "marked": [0.9], "host_ops": [1.0]}
    assert compiled(payoffs["owner"]).of(row) == [1.0] and compiled(payoffs["attacker"]).of(row) == [0.0]
    assert compiled(payoffs["owner"]).of({**row, "marked": [0.8]}) == pytest.approx([0.5])
    assert compiled(payoffs["attacker"]).of({**row, "granted": [0.0]}) == [1.0]


def test_a_solver_of_ones_own(tmp_path):
    from arena.tournament.parts import solver

    (tmp_path / "solver.py").write_text(EXAMPLES["solver.py"])
    check_solver(solver("solver.py:solve", tmp_path), exact=False)
    with pytest.raises(AssertionError, match="regret"):
        check_solver(solver("solver.py:solve", tmp_path))


def test_a_data_source(tmp_path, monkeypatch, store):
    """Asked in its turn, its images are split and learnt."""
    from arena.hosts import datasets
    from arena.hosts.data import finding

    (tmp_path / "stripes.py").write_text(EXAMPLES["stripes.py"])
    spec = importlib.util.spec_from_file_location("stripes", tmp_path / "stripes.py")
    source = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(source)
    before = finding.sources()
    monkeypatch.setattr(finding, "sources", lambda: tuple(sorted((*before, source), key=lambda each: each.ORDER)))
    found = datasets.load("stripes", None, seed=1)
    assert found.classes == ("standing", "lying") and found.shape == (1, 8, 8)
    rows = [samples.images.float().mean(3).std((1, 2)) for samples in found.parts.values()]
    assert all(((each > 50) == (part.labels == 1)).all() for each, part in zip(rows, found.parts.values(), strict=True))


def test_images_of_ones_own(tmp_path):
    (tmp_path / "who.yaml").write_text(TINY)
    subprocess.run([sys.executable, "-"], input=EXAMPLES["make_data.py"], text=True, cwd=tmp_path, check=True)
    words = re.search(r"`arena (check who\.yaml .*?)`", OWN.read_text())[1].split()
    done = command(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert command(*[word.replace("mine", "yours") for word in words], cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(("name", "said"), [
    ("three_lines.py", "alice mallory denied True\n2 tiny.html\n"),
    ("swept.py", "1 finished\n2 finished\n1 finished\n2 finished\n2 lines\n")])
def test_python(tmp_path, store, name, said, monkeypatch):
    (tmp_path / "tiny.yaml").write_text(TINY)
    (tmp_path / name).write_text(examples(PYTHON)[name])
    monkeypatch.setenv("ARENA_STORE", str(store))
    done = subprocess.run([sys.executable, name], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.stdout == said, done.stdout + done.stderr


def test_the_tutorials_scenario(tmp_path, real_data):
    (tmp_path / "mnist.yaml").write_text(examples(DOCS / "tutorial.md")["mnist.yaml"])
    done = command("check", tmp_path / "mnist.yaml", "--data", real_data)
    assert done.returncode == 0, done.stderr


def test_a_tournament_and_who_tunes_in_it(tmp_path):
    from arena.tournament.spec import load

    shown = examples(DOCS / "tournaments.md")
    (tmp_path / "who.yaml").write_text(shown["tournament.yaml"] + shown["learn.yaml"])
    assert len(list(load(tmp_path / "who.yaml").learn.asks())) == 2
    (tmp_path / "who.yaml").write_text(shown["tournament.yaml"])
    done = command("tournament", tmp_path / "who.yaml", "--plan")
    assert done.returncode == 0 and done.stdout.startswith("12 cells"), done.stdout + done.stderr


def test_every_command_is_in_the_table_of_commands():
    page = (DOCS / "command-line.md").read_text()
    commands = re.findall(r"^    (\w+)(?: |$)", command("--help").stdout, re.M)
    assert len(commands) > 10 and not [name for name in commands
                                       if name != "COMMAND" and f"\n| `arena {name}" not in page]
