"""An installed wheel is whole: in a fresh environment and an empty folder everything that comes with Arena is found by
name, and the quickstart is played."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from arena.base.shipped import names
from tests.conftest import ROOT

PARTS = ("arena", "agents", "scenarios", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built where nothing was built before."""
    pytest.importorskip("wheel")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copyfile
        copy(ROOT / part, source / part)
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(out)]
    done = subprocess.run([*pip, str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """(the `arena` of an environment with the wheel and, beneath it, the libraries of this one; an empty folder)."""
    place, empty = tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("empty")
    venv.create(place, with_pip=False)
    site = next(place.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    libraries = [folder for folder in sys.path if folder.endswith("-packages")]
    (site / "beneath.pth").write_text("\n".join(libraries))
    return place / "bin" / "python", empty


def arena(installed, *arguments, **environment):
    python, empty = installed
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([python, "-m", "arena", *map(str, arguments)], cwd=empty, capture_output=True, text=True,
                          env={**settings, **environment}, timeout=600)


def test_the_wheel_has_every_scenario_and_nothing_of_the_tests(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = archive.namelist()
    shipped = {f"arena/scenarios/{name}.yaml" for name in names()}
    assert shipped <= set(held) and len(shipped) > 20
    tops = {name.split("/")[0] for name in held}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"arena", "agents"}
    assert "arena/report/templates/page.html.j2" in held


def test_quickstart_from_the_wheel_in_an_empty_folder(installed, store):
    python, empty = installed
    code = "import arena; print(arena.__file__)"
    where = subprocess.run([python, "-c", code], cwd=empty, capture_output=True, text=True).stdout
    assert str(python.parent.parent) in where and str(ROOT) not in where
    done = arena(installed, "run", "quickstart", "--threads", 1, ARENA_STORE=str(store))
    assert done.returncode == 0 and "✓ alice" in done.stdout, done.stdout + done.stderr
    report = empty / "runs" / "quickstart-seed7" / "report.html"
    assert "<svg" in report.read_text() and str(report.relative_to(empty)) in done.stdout


@pytest.mark.parametrize(("words", "shown"), [
    (["list", "scenarios"], "rose/forgers"), (["list", "tournaments"], "quick"),
    (["check", "rose/level-3"], "fine: Level 3"), (["check", "quick"], "fine: Who keeps his mark?"),
    (["tournament", "quick", "--plan"], "91 cells"), (["sweep", "uchida/table-4", "--plan", "--seeds", "1"], "1 "),
    (["new", "mine.yaml", "--from", "rose/forgers"], "next: arena run mine.yaml"),
], ids=lambda words: words[0] if isinstance(words, list) else "")
def test_names_from_the_wheel(installed, words, shown):
    done = arena(installed, *words)
    assert done.returncode == 0 and shown in done.stdout, done.stdout + done.stderr


def test_forge_and_reproduce_from_the_wheel(installed, store):
    """A forgery's host is the quickstart's; a paper's scenarios are found (its rows are another test's)."""
    forged = arena(installed, "forge", "--budget", "1", "--memory", "4", "--set", "task.epochs=1", "--set",
                   "task.limit=300", ARENA_STORE=str(store))
    assert forged.returncode == 0 and (installed[1] / "runs" / "forge.json").is_file(), forged.stderr
    code = ("from pathlib import Path\nfrom arena.face import papergames\n"
            "papergames._played = lambda path, run, options: print(path.stem)\n"
            "from arena.base.shipped import shipped\nfrom arena.workshop.options import Options\n"
            "list(papergames.scenario_rows(shipped() / 'rose', Options('', threads=1), None))")
    found = subprocess.run([installed[0], "-c", code], cwd=installed[1], capture_output=True, text=True)
    assert found.stdout.split() == sorted(Path(name).name for name in names("rose")), found.stderr
