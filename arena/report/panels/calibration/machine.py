"""The command, what it was measured with, and the figures as files."""

from __future__ import annotations

import json
import shlex

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
    plain = dict(part.split("=", 1) for part in found.described.split(" ")[1:] if not part.endswith("="))
    scheme = f"{{{found.scheme}: {{{', '.join(f'{key}: {value}' for key, value in plain.items())}}}}}"
    changed = [f"--set task.{key.replace('_', '-')}={value if isinstance(value, str) else json.dumps(value)}"
               for key, value in found.task.items()
               if key != "dataset" and _listed(value) != _listed(getattr(TASK, key))]
    return " ".join(["arena calibrate", shlex.quote(scheme if plain else found.scheme),
                     f"--dataset {shlex.quote(found.task['dataset'])}", f"--hosts {len(found.hosts)}",
                     f"--keys {found.keys}", f"--seed {found.seed}", *changed])


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
