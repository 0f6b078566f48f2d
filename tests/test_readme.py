"""The README is short, and what it shows works as it is written there."""

import re

from tests.conftest import ROOT, arena, command

README = (ROOT / "README.md").read_text()


def test_it_is_short_and_begins_with_how_to_play():
    lines = README.splitlines()
    assert len(lines) <= 120 and max(map(len, lines)) <= 120
    commands = re.findall(r"^    (.+)$", README, re.M)
    assert commands[0].startswith("make demo ") and commands[1].startswith("make test ")


def test_its_picture_is_small():
    picture, = re.findall(r"!\[[^\]]+\]\((\S+)\)", README)
    data = (ROOT / picture).read_bytes()
    assert data.startswith(b"\x89PNG") and len(data) < 200_000


def test_the_scenario_shown_can_be_played(tmp_path):
    text = re.search(r"\n\n((?:    .*\n|\n)+)", README[README.index("## A scenario"):])[1]
    shown = "\n".join(line[4:] for line in text.strip("\n").splitlines())
    (tmp_path / "shown.yaml").write_text(shown)
    assert len(shown.splitlines()) == 10
    done = command("check", tmp_path / "shown.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_top_key_shown_is_explained():
    shown = re.findall(r"^    (\w+):", README[README.index("## A scenario"):], re.M)
    assert shown and all(f"- `{key}`" in README for key in shown if key != "title")


def test_the_lines_of_output_are_the_quickstarts(quickstart):
    """Whose claims on whom, and what became of them; figures differ between processors."""
    lines = re.findall(r"^    ([✓✗]) (\w+) +(\w+) +(\S[^#]*?)  +[\d.]+ of 64 +[\d.]+ of 64 +yes +# \S", README, re.M)
    assert len(lines) == 3
    from arena.face import load

    verdicts = {(v.claimant, v.deployer): v.text for v in load(quickstart[0]).verdicts}
    assert all(verdicts[claimant, deployer] == text and (sign == "✓") == (text == "granted")
               for sign, claimant, deployer, text in lines)


def test_every_command_is_described():
    commands = re.findall(r"^    (\w+)(?: |$)", arena("--help").stdout, re.M)
    assert set(commands) >= {"run", "check", "list", "replay", "report", "schema", "calibrate"}
    assert all(f"`arena {command}" in README for command in commands if command != "COMMAND")


def test_every_scheme_is_listed():
    from arena.strategies.catalogue import built_in

    assert all(f"`{name}`" in README for name in built_in("schemes"))
