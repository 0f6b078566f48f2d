"""A run's report opens in the browser, or its path is told."""

import webbrowser

from tests.conftest import command


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
