"""A scenario of one's own begins with a copy, which nothing overwrites unasked."""

import pytest

from tests.conftest import ROOT, command


def test_a_copy_and_the_next_command(tmp_path):
    done = command("new", "mine.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "mine.yaml: a copy of quickstart; next: arena run mine.yaml\n")
    assert (tmp_path / "mine.yaml").read_bytes() == (ROOT / "scenarios" / "quickstart.yaml").read_bytes()
    assert command("check", "mine.yaml", cwd=tmp_path).returncode == 0
    played = command("new", "sub/t t.yaml", "--from", "quick", cwd=tmp_path)
    assert played.stdout.endswith("next: arena tournament 'sub/t t.yaml'\n")


@pytest.mark.parametrize("words", [["mine.yaml"], ["folder", "--overwrite"], ["other.yaml", "--from", "nobody"]])
def test_nothing_is_replaced_unasked(tmp_path, words):
    (tmp_path / "mine.yaml").write_text("my work")
    (tmp_path / "folder").mkdir()
    done = command("new", *words, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert (tmp_path / "mine.yaml").read_text() == "my work" and not (tmp_path / "other.yaml").exists()
    assert command("new", "mine.yaml", "--overwrite", cwd=tmp_path).returncode == 0
    assert "my work" not in (tmp_path / "mine.yaml").read_text()
