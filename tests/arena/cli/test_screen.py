"""Off a terminal progress is a line now and then, with the time left."""

import io

from rich.console import Console

from arena.cli import show
from arena.cli.show import Screen


def test_a_line_every_ten_seconds_off_a_terminal(monkeypatch):
    clock, out = [0.0], io.StringIO()
    monkeypatch.setattr(show.time, "monotonic", lambda: clock[0])
    screen = Screen(Console(file=out, soft_wrap=True))
    for second in range(0, 100):
        clock[0] = float(second)
        screen.progress("alice", {"what": "host", "done": second, "total": 100, "text": ""})
    lines = out.getvalue().splitlines()
    assert lines[0] == "  alice: host: 11 of 100, about 89 s left" and len(lines) == 9
