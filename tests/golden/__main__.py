"""`make golden`: plays every scenario that can be played here and writes down what happened; look at the difference
before you commit it."""

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.conftest import ROOT, arena
from tests.golden.record import golden_file, of_run, scenarios


def main() -> None:
    wanted = sys.argv[1:]
    for path in scenarios():
        if wanted and not any(word in str(path) for word in wanted):
            continue
        with tempfile.TemporaryDirectory() as folder:
            done = arena("run", path, "--out", Path(folder) / "run", "--threads", 1,
                         **({"ARENA_DATA": os.environ["ARENA_DATA"]} if "ARENA_DATA" in os.environ else {}))
            if done.returncode:
                print(f"{path.relative_to(ROOT)}: not written: {(done.stderr or done.stdout).splitlines()[-1]}")
                continue
            golden_file(path).write_text(json.dumps(of_run(Path(folder) / "run"), indent=1) + "\n")
            print(f"{golden_file(path).relative_to(ROOT)}: written")


if __name__ == "__main__":
    main()
