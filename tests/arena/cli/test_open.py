"""Small commands around a run: a report opens in the browser, or its path is told; a check tells the price."""

import webbrowser

from tests.conftest import TINY, command


def test_the_page_is_opened_or_its_path_told(tmp_path, monkeypatch):
    asked = []
    (tmp_path / "runs" / "one").mkdir(parents=True)
    page = tmp_path / "runs" / "one" / "report.html"
    page.write_text("page")
    monkeypatch.setattr(webbrowser, "open", lambda address: asked.append(address) or True)
    assert command("open", "runs/one", cwd=tmp_path).stdout == "runs/one/report.html\n" and asked == [page.as_uri()]
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    assert "runs/one/report.html (there is no browser" in command("open", "runs/one", cwd=tmp_path).stdout
    wrong = command("open", "runs/on", cwd=tmp_path)
    assert wrong.returncode == 2 and "did you mean 'runs/one'" in wrong.stderr


def test_a_page_beside_and_a_page_by_its_name_are_opened(tmp_path, monkeypatch):
    """`arena forge` writes runs/forge.html and no folder; `arena reproduce all` an index."""
    asked = []
    monkeypatch.setattr(webbrowser, "open", lambda address: asked.append(address) or True)
    (tmp_path / "all").mkdir()
    for page in ("forge.html", "all/index.html"):
        (tmp_path / page).write_text("page")
    assert [command("open", name, cwd=tmp_path).stdout for name in ("forge", "forge.html", "all")] == [
        "forge.html\n", "forge.html\n", "all/index.html\n"] and len(asked) == 3
    assert command("open", "nothing.html", cwd=tmp_path).returncode == 2


def test_check_prices_what_it_read(tmp_path):
    (tmp_path / "who.yaml").write_text(TINY)
    shown = command("check", "who.yaml", cwd=tmp_path).stdout.splitlines()
    assert shown[2].startswith("  trains digits-cnn for digits, 2 epochs of 320 images: hosts: 1 for alice; about ")
    (tmp_path / "free.yaml").write_text("agents: {mallory: {role: attacker}, victor: {role: verifier}}")
    done = command("check", "free.yaml", cwd=tmp_path)
    assert done.returncode != 0 or "trains" not in done.stdout
