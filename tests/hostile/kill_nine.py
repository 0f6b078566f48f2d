"""kill -9 at many moments of a cold quickstart: every resumed run gives the reference transcript, and no process is
left. Minutes, not a unit test:

    python -m tests.hostile.kill_nine [MOMENTS]
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from arena.game.transcript import read
from tests.conftest import ROOT
from tests.hostile.test_hostile import processes_with


def run(folder: Path, mark: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "arena", "run", "scenarios/quickstart.yaml", "--out", str(folder / "run"),
               "--store", str(folder / "store")]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "ARENA_TEST_MARK": mark}, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def main() -> int:
    moments, draw, bad = int(sys.argv[1]) if len(sys.argv) > 1 else 50, random.Random(1), 0
    with tempfile.TemporaryDirectory() as place:
        start = time.perf_counter()
        assert run(Path(place), "reference").wait() == 0
        whole, reference = time.perf_counter() - start, read(Path(place) / "run").hash
    print(f"reference {reference[:16]} in {whole:.1f} s", flush=True)
    for number in range(moments):
        with tempfile.TemporaryDirectory() as place:
            mark, after = uuid.uuid4().hex, draw.uniform(0, whole)
            playing = run(Path(place), mark)
            time.sleep(after)
            playing.kill()
            playing.wait()
            time.sleep(2)
            left = processes_with(f"ARENA_TEST_MARK={mark}")
            code = run(Path(place), mark).wait()
            same = code == 0 and read(Path(place) / "run").hash == reference
            torn = list((Path(place) / "store").rglob(".part-*"))
            bad += bool(left) or not same
            print(f"{number + 1}: killed after {after:.1f} s: {'the same' if same else f'DIFFERENT ({code})'}, left "
                  f"{left}, unfinished files {len(torn)}", flush=True)
    print(f"{moments - bad} of {moments} fine")
    return bad


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
