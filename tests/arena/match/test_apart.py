"""The arena's own work in a process apart: what it gives, what it raises, and that nothing of it stays."""

import os
import signal
import time
from pathlib import Path

import pytest

from arena.base.errors import ArenaError
from arena.isolation.apart import Apart
from arena.scenario.brief import Misplaced


def asked(what):
    if what == "raise":
        raise ArenaError("no")
    if what == "misplaced":
        raise Misplaced(("agents", "eve"), "is wrong")
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid(), what


def gone(pid):
    for _ in range(100):
        try:
            if "Z" in Path(f"/proc/{pid}/stat").read_text().split(")")[1]:
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_it_works_in_another_process_as_often_as_it_is_asked():
    with Apart(asked) as apart:
        (pid, one), (again, two) = apart("a"), apart("b")
    assert (one, two) == ("a", "b") and pid == again != os.getpid() and gone(pid)


def test_what_it_raises_is_raised_here():
    with Apart(asked) as apart:
        with pytest.raises(ArenaError, match=r"^no$"):
            apart("raise")
        with pytest.raises(Misplaced) as raised:
            apart("misplaced")
    assert (raised.value.path, raised.value.text, str(raised.value)) == (("agents", "eve"), "is wrong", "is wrong")


def test_its_sudden_end_is_one_line():
    with Apart(asked) as apart, pytest.raises(ArenaError, match="ended without a word"):
        apart("die")


def test_nothing_stays_when_the_work_is_given_up():
    with pytest.raises(KeyboardInterrupt), Apart(asked) as apart:
        pid, _ = apart("a")
        raise KeyboardInterrupt
    assert gone(pid)
