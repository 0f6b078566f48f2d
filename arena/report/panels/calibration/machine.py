"""The command, what it was measured with, and the figures as files."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict

from arena.calibration.calibration import Calibration
from arena.calibration.plan import TASK
from arena.report.panels import drawn
from arena.report.panels.calibration import Calibrated

HEADING = "How to get it again"
ORDER = 30
TEMPLATE = """\
<pre tabindex="0">{{ command }}</pre>
{{ facts("machine", known) }}
<p>{{ links(files) }}</p>
"""


def draw(page: Calibrated) -> str:
    found = page.found
    task = {f"task.{key}": value for key, value in found.task.items()}
    return drawn(TEMPLATE, command=command(found), files=page.files,
                 known={"scheme": found.described, "seed": found.seed, **task, **found.machine})


def command(found: Calibration) -> str:
    """What measures it again."""
    given = (part.partition("=") for part in found.described.split(" ")[1:])
    values = ", ".join(f"{name}: {value}" for name, _, value in given if value)
    scheme = f"{{{found.scheme}: {{{values}}}}}" if values else found.scheme
    task, usual = (json.loads(json.dumps(each)) for each in (found.task, asdict(TASK)))
    words = ["arena", "calibrate", scheme, "--dataset", task["dataset"], "--hosts", len(found.hosts),
             "--keys", found.keys, "--seed", found.seed]
    for name, value in task.items():
        if name != "dataset" and value != usual.get(name):
            text = value if isinstance(value, str) else json.dumps(value)
            words += ["--set", f"task.{name.replace('_', '-')}={text}"]
    return shlex.join(map(str, words))
