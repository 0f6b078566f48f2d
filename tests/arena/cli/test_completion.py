"""A shell that asks is answered with commands, options and names; whoever doesn't ask pays nothing."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("argcomplete")


def completed(line, tmp_path):
    """What bash would offer at the end of a line, as argcomplete's protocol has it."""
    out = tmp_path / "offered"
    settings = {**os.environ, "_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_IFS":
                "\n", "_ARGCOMPLETE_STDOUT_FILENAME": str(out), "_ARGCOMPLETE_COMP_WORDBREAKS": " ", "COMP_TYPE": "9"}
    subprocess.run([sys.executable, "-m", "arena"], env=settings, cwd=tmp_path, timeout=100, check=True)
    return {each.strip() for each in out.read_text().split("\n")}


@pytest.mark.parametrize(("line", "offered"), [
    ("arena ru", {"run"}), ("arena run quick", {"quickstart"}), ("arena run rose/f", {"rose/forgers"}),
    ("arena run --ov", {"--overwrite"}), ("arena show pru", {"prune"}), ("arena list att", {"attacks"}),
    ("arena tournament qu", {"quick"}), ("arena reproduce uch", {"uchida"}), ("arena show nothing-like-it", set()),
])
def test_what_a_shell_is_offered(line, offered, tmp_path):
    found = completed(line, tmp_path) - {""}
    assert offered <= found and all(each.startswith(line.split()[-1]) for each in found)
    assert found if offered else not found
