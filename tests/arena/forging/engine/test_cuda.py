"""The scalar functions of the graphics kernel, run on the host, against the construction; and their PTX through the
assembler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.arena.forging.engine.conftest import Case, cases

pytest.importorskip("llvmlite")

from arena.forging.engine.code.cuda import ptx
from arena.forging.engine.code.stages import LIMIT
from arena.forging.engine.devices.gpu import DeviceSearch, HostDevice, device_layout
from arena.forging.engine.devices.run import context


def compare(case: Case, first: int, count: int, cache: Path) -> None:
    problem = case.problem()
    plan = device_layout(problem)
    search = DeviceSearch(problem, HostDevice(problem.tail_blocks, plan, cache), plan, size=200)
    search.run(first, count)
    assert (search.hits, search.counts.compressions) == case.brute_force(first, count)
    assert search.counts.tries == count


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases(), data=st.data())
def test_scalar_functions(cache: Path, case: Case, data: st.DataObject) -> None:
    tries = 1 << len(case.free)
    first = data.draw(st.integers(0, tries - 1))
    compare(case, first, data.draw(st.integers(0, min(500, tries - first))), cache)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases(classes=st.integers(2, 40)))
def test_doubtful_tries(cache: Path, case: Case) -> None:
    def lowered(problem: object) -> np.ndarray:
        table = context(problem)  # type: ignore[arg-type]
        table[LIMIT] = 2**31
        return table

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arena.forging.engine.devices.gpu.context", lowered)
        compare(case, 0, min(300, 1 << len(case.free)), cache)


@pytest.mark.parametrize(("blocks", "start"), [(1, 13), (1, 0), (2, 15)])
def test_ptx_assembles_without_spills(tmp_path: Path, blocks: int, start: int) -> None:
    path = Path("/usr/local/cuda/bin/ptxas")
    tool = shutil.which("ptxas") or (str(path) if path.exists() else None)
    if tool is None:
        pytest.skip("no ptxas")
    source = tmp_path / "kernel.ptx"
    source.write_text(ptx(blocks, start))
    done = subprocess.run(
        [tool, "-arch=sm_90", "-v", str(source), "-o", str(tmp_path / "kernel.cubin")], capture_output=True, text=True,
        check=True
    )
    assert done.stderr.count("0 bytes spill stores, 0 bytes spill loads") >= 2
    assert (tmp_path / "kernel.cubin").stat().st_size > 10_000
