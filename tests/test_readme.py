"""What the README shows works as it is written there."""

import re
import subprocess
import sys

from tests.conftest import ROOT, TINY, arena, command

README = (ROOT / "README.md").read_text()
EXAMPLES = dict(re.findall(r"<!-- example: (\S+) -->\n```python\n(.*?)```", README, re.S))


def test_an_attack_in_ten_lines_from_a_scenario_beside_it(tmp_path, store):
    (tmp_path / "blur.py").write_text(EXAMPLES["blur.py"])
    assert len([line for line in EXAMPLES["blur.py"].splitlines() if line.strip()]) <= 11
    snippet = re.search(r'`(attacks: \[\{"blur.py:Blur".*?\])`', README)[1]
    scenario = tmp_path / "blurred.yaml"
    scenario.write_text(TINY.replace("{role: attacker}", "{role: attacker, " + snippet + "}"))
    done = command("run", scenario, "--out", tmp_path / "run", store=store)
    assert done.returncode == 0 and "blur.py:Blur size=3: test accuracy" in done.stdout, done.stderr


def test_its_conformance_test(tmp_path):
    for name, text in EXAMPLES.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_blur.py"],
                          cwd=tmp_path, capture_output=True, text=True)
    assert "1 passed" in done.stdout, done.stdout


def test_a_network_in_ten_lines_from_a_scenario_beside_it(tmp_path, store):
    (tmp_path / "mynet.py").write_text(EXAMPLES["mynet.py"])
    assert len([line for line in EXAMPLES["mynet.py"].splitlines() if line.strip()]) <= 10
    network = re.search(r'`task: \{(network: "mynet.py:Net")\}`', README)[1]
    marked = TINY.replace(
        "scheme: {rose: {triggers: 10, oversample: 3}}",
        re.search(r"`(uchida: \{layer: conv\})`", README)[1].join(["scheme: {", "}"]),
    )
    for text in (TINY, marked):
        (tmp_path / "own.yaml").write_text(text.replace("{dataset: digits,", f"{{dataset: digits, {network},"))
        done = command("run", tmp_path / "own.yaml", "--out", tmp_path / "run", store=store)
        assert done.returncode == 0 and "left the play" not in done.stdout, done.stdout + done.stderr


def test_a_networks_conformance_test(tmp_path, monkeypatch):
    from arena.testing import check_network

    monkeypatch.chdir(tmp_path)
    (tmp_path / "mynet.py").write_text(EXAMPLES["mynet.py"])
    assert '`check_network("mynet.py:Net", tmp_path)`' in README
    check_network("mynet.py:Net", tmp_path)


def test_its_panel_is_on_the_page(tmp_path, tiny, store):
    (tmp_path / "queries.py").write_text(EXAMPLES["queries.py"])
    assert command("run", tiny, "--out", tmp_path / "run", store=store).returncode == 0
    words = re.search(r"`(arena report RUN --panel queries\.py)`", README)[1].split()[1:]
    done = command(*(str(tmp_path / "run") if word == "RUN" else word for word in words), cwd=tmp_path)
    page = (tmp_path / "run" / "report.html").read_text()
    assert done.returncode == 0, done.stderr
    assert '<h2 id="who-asked-most">Who asked most</h2>' in page and "<ol><li>victor: " in page


def test_the_scenario_shown_can_be_played(tmp_path):
    text = re.search(r"\n\n((?:    .*\n|\n)+)", README[README.index("## A scenario"):])[1]
    (tmp_path / "shown.yaml").write_text("\n".join(line[4:] for line in text.splitlines()))
    assert command("check", tmp_path / "shown.yaml").returncode == 0


def test_every_command_is_described():
    commands = re.findall(r"^    (\w+) ", arena("--help").stdout, re.M)
    assert set(commands) >= {"run", "check", "list", "replay", "report", "schema"}
    assert all(f"`arena {command}" in README for command in commands)
