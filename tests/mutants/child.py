"""A forked child: a changed module, its tests, and what came of it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.mutants.targets import ELSEWHERE, SLOW

MEMORY, LONGEST_FILE = 4 << 30, 256 << 20
QUICK = ["-x", "-q", "-o", "addopts=", "--assert=plain",
         *(f"-pno:{name}" for name in ("cacheprovider", "unraisableexception", "threadexception")),
         "-p_hypothesis_pytestplugin"]
"""Options of pytest that leave out what takes time and finds nothing here."""


@dataclass(frozen=True)
class Outcome:
    """`end`: killed, survived, or timeout; `by`: the test that failed, if one did; seconds of processor time; seconds
    of each test."""

    end: str
    by: str = ""
    seconds: float = 0.0
    durations: dict[str, float] = field(default_factory=dict)


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads a module from a text instead of its file, and stands on sys.meta_path for it."""

    def __init__(self, module: str, path: Path, source: str) -> None:
        super().__init__(module, str(path))
        self.source = source

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, fullname: str) -> object:
        return compile(self.source, self.path, "exec", dont_inherit=True)


class _Watch:
    """A pytest plug-in: leaves out tests of other processes, the quickest first, and notes durations and the first
    failure."""

    def __init__(self, known: dict[str, float]) -> None:
        self.known, self.durations, self.by = known, {}, ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [i for i in items if not SLOW & set(getattr(i, "fixturenames", ()))
                    and i.originalname not in ELSEWHERE]
        items.sort(key=lambda i: self.known.get(i.nodeid, 0.0))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.durations[report.nodeid] = self.durations.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.by = self.by or report.nodeid


def run(path: str, source: str, tests: list[str], known: dict[str, float], processor: float, wall: float) -> Outcome:
    """What the tests say of `source` in the place of the module at `path`; `known`: how long each takes; limits in
    seconds."""
    folder = Path(tempfile.mkdtemp(prefix="mutant"))
    start = os.times()
    child = os.fork()
    if child == 0:
        _in_the_child(folder, path, source, tests, known, processor)
    status = _wait(child, wall)
    end = os.times()
    seconds = end.children_user + end.children_system - start.children_user - start.children_system
    told = folder / "told.json"
    said = json.loads(told.read_text()) if told.is_file() else {}
    shutil.rmtree(folder, ignore_errors=True)
    if status is None or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return Outcome("timeout", "", seconds)
    return Outcome("survived" if status == 0 else "killed", said.get("by", ""), seconds, said.get("durations", {}))


def _wait(child: int, wall: float) -> int | None:
    """The child's exit status; None when it had to be stopped."""
    until = time.monotonic() + wall
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _in_the_child(folder: Path, path: str, source: str, tests: list[str], known: dict[str, float],
                  processor: float) -> None:
    os.setsid()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    status = 1
    try:
        _confine(folder, processor)
        sys.meta_path.insert(0, _Changed(path.removesuffix(".py").replace("/", "."), Path(path).resolve(), source))
        watch = _Watch(known)
        arguments = [*QUICK, f"--basetemp={folder / 'pytest'}", *tests]
        status = int(pytest.main(arguments, plugins=[_Steady(), watch]))
        (folder / "told.json").write_text(json.dumps({"by": watch.by, "durations": watch.durations}))
    finally:
        os._exit(status)


class _Steady:
    """The same examples each time, and no search for the smallest: a failure is enough."""

    def pytest_configure(self, config: pytest.Config) -> None:
        from hypothesis import HealthCheck, Phase, settings

        settings.register_profile("mutants", derandomize=True, database=None, deadline=None,
                                  phases=[Phase.explicit, Phase.generate],
                                  suppress_health_check=list(HealthCheck))
        settings.load_profile("mutants")


def _confine(folder: Path, processor: float) -> None:
    sink = os.open(folder / "output", os.O_WRONLY | os.O_CREAT)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (int(processor) + 1, int(processor) + 5))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LONGEST_FILE, LONGEST_FILE))
