"""What it was measured with, and the figures as files."""

from __future__ import annotations

from arena.report.panels import drawn
from arena.report.panels.calibration import Calibrated

HEADING = "How to get it again"
ORDER = 30
TEMPLATE = """\
{{ facts("machine", known) }}
<p>{{ links(files) }}</p>
"""


def draw(page: Calibrated) -> str:
    found = page.found
    task = {f"task.{key}": value for key, value in found.task.items()}
    return drawn(TEMPLATE, known={"scheme": found.described, "seed": found.seed, **task, **found.machine},
                 files=page.files)
