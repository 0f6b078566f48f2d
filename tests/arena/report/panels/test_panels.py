"""Panels are found by their files, stand in their order, and none of them can cost the page."""

import os
import shutil
import subprocess
import sys

import pytest

from arena.base.errors import ArenaError
from arena.match.result import write
from arena.report import html, page
from arena.report.panels import HOME, Panel, drawn, found, own
from tests.arena.report.panels.shape import HOSTILE, Shape, same_shape
from tests.conftest import ROOT, command

NEW = '''"""How many agents there were."""

from arena.report.panels import drawn

HEADING = "Head <count>"
ORDER = 15
STYLE = ".heads { color: teal }"


def applies(run):
    return len(run.result.roles) > 2


def draw(run):
    return drawn('<p class="heads">{{ n }} agents, {{ title }}</p>', n=len(run.result.roles), title=run.result.title)
'''


def copied(folder):
    """The two packages in another place, as a newcomer's checkout has them."""
    for package in ("arena", "agents"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def report(home, run):
    """`arena report RUN` of that checkout; the page."""
    done = subprocess.run([sys.executable, "-m", "arena", "report", str(run)], cwd=home, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(home)}, timeout=120)
    assert done.returncode == 0, done.stderr
    return (run / "report.html").read_text()


@pytest.fixture
def played(run_of):
    run = run_of()
    write(run.result, run.transcript.run)
    return run.transcript.run


def test_a_new_panel_is_one_file_and_no_other_edit(tmp_path, played):
    home = copied(tmp_path / "checkout")
    before = report(home, played)
    (home / "arena" / "report" / "panels" / "run" / "heads.py").write_text(NEW)
    after = report(home, played)
    assert "heads" not in before
    assert '<h2 id="head-count">Head &lt;count&gt;</h2>' in after and ".heads { color: teal }" in after
    places = [after.index(text) for text in (
        '<h2 id="verdicts"', '<h2 id="head-count"', "3 agents, by hand", '<h2 id="messages"')]
    assert places == sorted(places)
    rest = after.replace('<h2 id="head-count">Head &lt;count&gt;</h2>', "").replace(
        '<li><a href="#head-count">Head &lt;count&gt;</a></li>', "").replace(
        '<p class="heads">3 agents, by hand</p>', "")
    assert rest.replace(".heads { color: teal }", "").split() == before.split()


@pytest.mark.parametrize(("text", "wrong"), [
    (NEW.replace("len(run.result.roles),", "run.result.nothing,"), "heads.py:15: AttributeError: "),
    (NEW.replace("> 2", "> {}"), "heads.py:11: TypeError: "),
    (NEW.replace("def draw(run):", "def draw(run:"), "SyntaxError: "),
    ("1 / 0\n", "heads.py:1: ZeroDivisionError: division by zero"),
    ("raise SystemExit('enough')\n", "SystemExit: enough"),
    ("import no_such_module\n", "ModuleNotFoundError: "),
    (NEW.replace("draw(run)", "drew(run)"), "is no panel: functions draw"),
    (NEW.replace("ORDER = 15", "ORDER = 'first'"), "ORDER must be a number, not 'first'"),
])
def test_a_file_that_is_broken_costs_its_own_place_alone(tmp_path, played, text, wrong):
    home = copied(tmp_path / "checkout")
    before = report(home, played)
    (home / "arena" / "report" / "panels" / "run" / "heads.py").write_text(text)
    after = report(home, played)
    line, = [line for line in Shape(after).text.splitlines() if "can't be drawn" in line]
    assert line.startswith("The panel heads can't be drawn: ") and wrong in line
    assert set(before.splitlines()) <= set(after.splitlines())


def broken(error):
    def draw(subject):
        raise error

    return Panel("broken", draw, heading="Broken", order=2)


GOOD = (Panel("first", lambda s: drawn("<p>one</p>"), order=1), Panel("last", lambda s: drawn("<p>three</p>"), order=3))


@pytest.mark.parametrize("error", [ValueError(HOSTILE), KeyError(HOSTILE), RecursionError(HOSTILE), SystemExit(HOSTILE),
                                   ArenaError(f"{HOSTILE}\n{HOSTILE}"), GeneratorExit(HOSTILE)])
def test_what_a_panel_raises_is_said_in_one_line_in_its_place(error):
    text = page.render("title", [*GOOD, broken(error)], None)
    lines = text.splitlines()
    at = next(n for n, line in enumerate(lines) if "can't be drawn" in line)
    assert lines[at - 1] == '<h2 id="broken">Broken</h2>'
    assert type(error).__name__ in lines[at] and lines[at].endswith("</p>")
    assert text.index("<p>one") < text.index("Broken") < text.index("<p>three")
    assert "script" not in [element[0] for element in Shape(text).elements]


def test_whoever_interrupts_is_heard():
    with pytest.raises(KeyboardInterrupt):
        page.render("title", [broken(KeyboardInterrupt())], None)


@pytest.mark.parametrize("given", [None, 5, b"<p>", ["<p>"]])
def test_what_is_no_text_is_no_html(given):
    text = page.render("title", [Panel("odd", lambda s: given)], None)
    assert f"draw must give text, not {type(given).__name__}" in text


def test_only_what_a_template_drew_is_html():
    """A panel that puts its HTML together by hand can't let an agent's words through."""
    text = page.render("title", [Panel("hand-made", lambda s: f"<b>{HOSTILE}</b>")], None)
    assert HOSTILE in Shape(text).text and not {"b", "img"} & {element[0] for element in Shape(text).elements}


def test_values_are_escaped_wherever_they_stand():
    same_shape(
        lambda text: drawn(
            '<p title="{{ t }}">{{ t }}{% for a in all %}<b>{{ a.x }}</b>{% endfor %}</p>', t=text, all=[{"x": text}]
        )
    )
    same_shape(lambda text: page.render(text, [Panel("p", lambda s: drawn("<p>x</p>"), heading=text)], None))


def test_panels_stand_in_their_order_those_of_one_order_by_name():
    panels = [Panel(name, lambda s, name=name: drawn("<i>{{ n }}</i>", n=name), order=order)
              for name, order in (("d", 2), ("c", float("inf")), ("b", 2), ("a", 9.5), ("e", -1))]
    text = page.render("title", panels, None)
    assert Shape(text).text.split()[-5:] == ["e", "b", "d", "a", "c"]


def test_a_panel_that_does_not_apply_leaves_nothing_not_even_its_style():
    panel = Panel(
        "p", lambda s: drawn("<i>here</i>"), applies=lambda s: s, heading="Heading", style=".p { color: red }"
    )
    assert all(text in page.render("title", [panel], True) for text in ("<i>here", "Heading", ".p {"))
    assert not any(text in page.render("title", [panel], False) for text in ("<i>here", "Heading", ".p {"))


@pytest.mark.parametrize("name", ["run", "reproduction"])
def test_every_file_of_a_page_is_a_panel_with_a_place_of_its_own(name):
    panels = found(name)
    assert {panel.name for panel in panels} == {file.stem for file in (HOME / name).glob("[!_]*.py")}
    orders = [panel.order for panel in panels]
    assert len(set(orders)) == len(orders) > 3 and min(orders) == 0 and float("inf") not in orders
    assert all(panel.draw.__module__ == f"arena.report.panels.{name}.{panel.name}" for panel in panels)


def test_every_panel_has_a_test_of_its_own():
    for folder in ("run", "reproduction"):
        tests = {file.stem for file in (ROOT / "tests" / "arena" / "report" / "panels" / folder).glob("test_*.py")}
        assert {f"test_{panel.name}" for panel in found(folder)} == tests


class TestAUsersOwn:
    """A panel in a file of one's own, for one report."""

    def test_from_the_command_line(self, tmp_path, played):
        (tmp_path / "heads.py").write_text(NEW)
        done = command("report", played, "--panel", tmp_path / "heads.py")
        assert done.returncode == 0 and "3 agents, by hand" in (played / "report.html").read_text()
        assert command("report", played).returncode == 0 and "heads" not in (played / "report.html").read_text()

    def test_from_python(self, tmp_path, played):
        import arena

        (tmp_path / "heads.py").write_text(NEW)
        text = arena.load(played).report(tmp_path / "page.html", panels=[tmp_path / "heads.py"]).read_text()
        assert "3 agents, by hand" in text and text.index("Verdicts") < text.index("3 agents")

    @pytest.mark.parametrize(("text", "wrong"), [
        (None, r"heads\.py: no such file"), ("1 / 0", r"heads\.py: can't be imported: ZeroDivisionError"),
        ("draw = 5", r"heads\.py is no panel"), ("applies = 5\ndef draw(run): ...", r"heads\.py is no panel"),
        ("HEADING = 5\ndef draw(run): ...", r"heads\.py: HEADING must be a text, not 5"),
        ("STYLE = None\ndef draw(run): ...", r"heads\.py: STYLE must be a text"),
        ("ORDER = float('nan')\ndef draw(run): ...", r"heads\.py: ORDER must be a number")])
    def test_what_is_no_panel_is_one_line_and_the_old_page_stays(self, tmp_path, played, text, wrong):
        if text is not None:
            (tmp_path / "heads.py").write_text(text)
        before = html.write(played).read_bytes()
        with pytest.raises(ArenaError, match=wrong) as error:
            html.write(played, panels=[tmp_path / "heads.py"])
        assert "\n" not in str(error.value) and (played / "report.html").read_bytes() == before
        done = command("report", played, "--panel", tmp_path / "heads.py")
        assert done.returncode == 2 and "Traceback" not in done.stderr

    def test_the_same_name_in_another_folder_is_another_panel(self, tmp_path):
        for place in ("a", "b"):
            (tmp_path / place).mkdir()
            (tmp_path / place / "keys.py").write_text(f"def draw(run): return '{place}'")
        assert [own(tmp_path / place / "keys.py").draw(None) for place in ("a", "b")] == ["a", "b"]
